"""A root in AWS KMS: one key per version whose material we made, imported and did not keep.

KMS deletes its own keys after 7 days at the earliest; imported material it deletes at once. Aliases are unique, so an
alias claims a number and a second one retires it. Unproven here: the tests run on a small fake, never on AWS.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from crypto_shredding.cipher import KEY_BYTES, wipe
from crypto_shredding.errors import RootMissing, RootUnavailable, RootVersionTaken
from crypto_shredding.root import Evidence, binding

PROVIDER = "aws-kms"
_LOOKS_MAX, _LOOK_SECONDS = 40, 0.25  # KMS is eventually consistent, "most changes within seconds"
_FOREIGN = ("InvalidCiphertextException", "IncorrectKeyException")


class AwsKmsRoot:
    """`client` is boto3's client for KMS, with its region, credentials and timeouts; needs `boto3`.

    Nothing is ever scheduled for deletion that held material: its alias keeps the number, and AWS charges for the key.
    An operator who schedules it saves that; then only the keys database remembers the number.
    """

    def __init__(self, client: Any, *, prefix: str = "crypto-shredding-root") -> None:
        self._client, self._prefix = client, prefix

    def __repr__(self) -> str:
        return f"AwsKmsRoot(prefix={self._prefix!r})"

    def create_version(self, version: int) -> None:
        with _answered():
            key_id = self._claim(version)
            if key_id is None:
                raise RootVersionTaken(version)
            self._import_material(key_id)
            if self._state(self._alias(version, "retired")) is not None:  # looked at last: a racing `destroy` wins
                self._delete_material(key_id)
                raise RootVersionTaken(version)
            self._wait(key_id, "Enabled")

    def wrap(self, version: int, key: bytes) -> bytes:
        with _answered():
            bound = {"KeyId": self._usable(version), "EncryptionContext": _context(version)}
            return bytes(self._client.encrypt(Plaintext=key, **bound)["CiphertextBlob"])

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        from botocore.exceptions import ClientError

        with _answered():
            if not blob:  # boto3 refuses to send nothing
                raise RootMissing("nothing is not a wrapped key", version=version)
            bound = {"KeyId": self._usable(version), "EncryptionContext": _context(version)}
            try:
                return bytearray(self._client.decrypt(CiphertextBlob=blob, **bound)["Plaintext"])
            except ClientError as error:
                if _code(error) not in _FOREIGN:
                    raise
                raise RootMissing("this KMS did not wrap these keys: it belongs elsewhere", version=version) from None

    def destroy(self, version: int) -> Evidence:
        with _answered():
            self._claim(version)
            key = self._describe(self._alias(version))
            if key is None:
                raise RootUnavailable(PROVIDER, "an alias that was just made is not to be seen yet")
            self._name(self._alias(version, "retired"), key["KeyId"])
            self._delete_material(key["KeyId"])
        note = (
            "delete_imported_key_material answered, and the key is waiting for an import; no copy of the material was "
            "kept here; unproven here: seen on a fake only, and AWS does not say how long its own copies live"
        )
        return Evidence(PROVIDER, version, None, note)

    def versions(self) -> list[int]:
        ours = re.compile(re.escape(self._alias_head()) + r"(\d{8,})")
        with _answered():
            pages = self._client.get_paginator("list_aliases").paginate()
            names = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
            numbers = sorted(int(match[1]) for name in names if (match := ours.fullmatch(name)))
            here = [number for number in numbers if self._alias(number, "retired") not in names]
            states = {number: self._state(self._alias(number)) for number in here}
            return [number for number, state in states.items() if state not in (None, "PendingImport")]

    def _claim(self, version: int) -> str | None:
        """A new key without material under this number; None if the number has one."""
        if self._describe(self._alias(version)) is not None:
            return None
        made = self._client.create_key(
            Origin="EXTERNAL", KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT", Description=self._alias(version)
        )
        key_id = str(made["KeyMetadata"]["KeyId"])
        if self._name(self._alias(version), key_id):
            return key_id
        self._client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        return None

    def _name(self, alias: str, key_id: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._client.create_alias(AliasName=alias, TargetKeyId=key_id)
        except ClientError as error:
            if _code(error) != "AlreadyExistsException":
                raise
            return False
        return True

    def _import_material(self, key_id: str) -> None:
        wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"}
        parameters = self._client.get_parameters_for_import(KeyId=key_id, **wrapping)
        public = serialization.load_der_public_key(parameters["PublicKey"])
        if not isinstance(public, rsa.RSAPublicKey):
            raise RootUnavailable(PROVIDER, "the key to import with is not the RSA key that was asked for")
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        material = bytearray(os.urandom(KEY_BYTES))
        sealed = public.encrypt(bytes(material), oaep)
        wipe(material)
        self._client.import_key_material(
            KeyId=key_id, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=sealed,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )  # fmt: skip

    def _delete_material(self, key_id: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.delete_imported_key_material(KeyId=key_id)
        except ClientError as error:
            if _code(error) != "KMSInvalidStateException":  # there is none
                raise
        self._wait(key_id, "PendingImport")

    def _wait(self, key_id: str, state: str) -> None:
        for _ in range(_LOOKS_MAX):
            if self._state(key_id) in (state, "PendingDeletion"):
                return
            time.sleep(_LOOK_SECONDS)
        raise RootUnavailable(PROVIDER, f"the key did not become {state}")

    def _usable(self, version: int) -> str:
        key = self._describe(self._alias(version))
        retired = self._describe(self._alias(version, "retired"))
        if key is None or retired is not None or key["KeyState"] == "PendingImport":
            raise RootMissing("KMS holds no such key, or no material of it", version=version)
        if key["KeyState"] != "Enabled":
            raise RootUnavailable(PROVIDER, f"the key of version {version} is {key['KeyState']}")
        return str(key["KeyId"])

    def _state(self, key_id: str) -> str | None:
        key = self._describe(key_id)
        return None if key is None else str(key["KeyState"])

    def _describe(self, key_id: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            return dict(self._client.describe_key(KeyId=key_id)["KeyMetadata"])
        except ClientError as error:
            if _code(error) != "NotFoundException":
                raise
            return None

    def _alias(self, version: int, mark: str = "") -> str:
        return f"{self._alias_head()}{version:08}" + (f"-{mark}" if mark else "")

    def _alias_head(self) -> str:
        return f"alias/{self._prefix}-"


def _context(version: int) -> dict[str, str]:
    """Bound as associated data, and shown in CloudTrail."""
    return {"crypto-shredding": binding(version).decode("ascii")}


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", "?"))


@contextmanager
def _answered() -> Iterator[None]:
    """What KMS or the way to it refuses says nothing about a version."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise RootUnavailable(PROVIDER, f"{error.operation_name}: {_code(error)}") from None
    except BotoCoreError as error:
        raise RootUnavailable(PROVIDER, type(error).__name__) from None
