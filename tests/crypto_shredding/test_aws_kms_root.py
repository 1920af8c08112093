"""A root in AWS KMS, on a fake: what a real one does is not proven here, only that it is asked in its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from crypto_shredding import AwsKmsRoot, RootUnavailable, RootVersionTaken
from tests.crypto_shredding.kms_fake import KmsFake
from tests.crypto_shredding.root_contract import KEY


class ModelChecked:
    """A fake whose every call is checked against AWS's own description of its API, which boto3 carries."""

    def __init__(self, fake: KmsFake) -> None:
        place = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.fake, self.client, self.called = fake, boto3.client("kms", **place), set[str]()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == "get_paginator":
            assert self.client.can_paginate("list_aliases")
            return self.fake.get_paginator
        operation = self.client.meta.service_model.operation_model(self.client.meta.method_to_api_mapping[name])

        def call(**parameters: Any) -> Any:
            validate_parameters(parameters, operation.input_shape)
            self.called.add(operation.name)
            return getattr(self.fake, name)(**parameters)

        return call


def test_every_call_is_one_that_the_api_describes() -> None:
    client = ModelChecked(KmsFake())
    root = AwsKmsRoot(client)

    root.create_version(1)
    assert root.unwrap(1, root.wrap(1, KEY)) == KEY
    root.destroy(1)
    assert root.versions() == []

    assert client.called == {
        "CreateKey", "CreateAlias", "DescribeKey", "GetParametersForImport", "ImportKeyMaterial", "Encrypt", "Decrypt",
        "DeleteImportedKeyMaterial",
    }  # fmt: skip


def test_the_evidence_says_that_it_is_unproven() -> None:
    root = AwsKmsRoot(KmsFake())
    root.create_version(1)

    evidence = root.destroy(1)

    assert evidence.recoverable_until is None
    assert "unproven here" in evidence.note


def test_destruction_takes_the_material_and_keeps_the_number() -> None:
    kms = KmsFake()
    root = AwsKmsRoot(kms)
    root.create_version(1)
    assert [material is not None for material in kms.materials.values()] == [True]

    root.destroy(1)

    assert list(kms.materials.values()) == [None]
    assert kms.deletions == []


def test_who_loses_a_race_for_an_alias_leaves_no_key_behind() -> None:
    class Late(KmsFake):
        """Another creator takes the alias between our look and our claim."""

        def create_alias(self, *, AliasName: str, TargetKeyId: str) -> None:
            self.aliases.setdefault(AliasName, "another's")
            super().create_alias(AliasName=AliasName, TargetKeyId=TargetKeyId)

    kms = Late()
    with pytest.raises(RootVersionTaken):
        AwsKmsRoot(kms).create_version(1)

    assert kms.deletions == list(kms.materials)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "KMSInternalException"])
def test_what_aws_refuses_says_nothing_about_versions(code: str) -> None:
    class Refusing(KmsFake):
        def describe_key(self, *, KeyId: str) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": f"not {KeyId}"}}, "DescribeKey")

    root = AwsKmsRoot(Refusing())

    for call in (lambda: root.wrap(1, KEY), lambda: root.unwrap(1, b"x"), lambda: root.destroy(1)):
        with pytest.raises(RootUnavailable, match=code):
            call()


def test_a_blob_is_bound_to_its_version_by_kms() -> None:
    kms = KmsFake()
    root = AwsKmsRoot(kms)
    root.create_version(1)
    blob, (key_id,) = root.wrap(1, KEY), kms.materials

    def opened(version: int) -> Any:
        context = {"crypto-shredding": f"crypto_shredding/root/{version}"}
        return kms.decrypt(KeyId=key_id, CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]

    assert opened(1) == KEY
    with pytest.raises(ClientError):
        opened(2)


def test_destruction_between_claim_and_import_wins() -> None:
    class Overtaken(KmsFake):
        def import_key_material(self, *, KeyId: str, EncryptedKeyMaterial: bytes, **more: Any) -> None:
            AwsKmsRoot(self).destroy(1)
            super().import_key_material(KeyId=KeyId, EncryptedKeyMaterial=EncryptedKeyMaterial, **more)

    kms = Overtaken()
    with pytest.raises(RootVersionTaken):
        AwsKmsRoot(kms).create_version(1)

    assert list(kms.materials.values()) == [None]
    assert AwsKmsRoot(kms).versions() == []
