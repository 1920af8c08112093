"""As much of AWS KMS as a root uses, with real cryptography: what an import does not bring, no key can open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError, EndpointConnectionError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

IMPORTER = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # smaller than asked for: it is made each run
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class KmsFake:
    """Answers as boto3's client would; `down` cuts the way to it. States and codes are those of the API's model."""

    def __init__(self) -> None:
        self.materials: dict[str, bytes | None] = {}
        self.aliases: dict[str, str] = {}
        self.deletions: list[str] = []
        self.down = False

    def create_key(self, *, Origin: str, KeySpec: str, KeyUsage: str, Description: str) -> Any:
        assert (Origin, KeySpec, KeyUsage) == ("EXTERNAL", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        key_id = str(uuid4())
        self.materials[key_id] = None
        return {"KeyMetadata": {"KeyId": key_id}}

    def create_alias(self, *, AliasName: str, TargetKeyId: str) -> None:
        if self.aliases.setdefault(AliasName, TargetKeyId) != TargetKeyId:
            raise _error("AlreadyExistsException", "CreateAlias")

    def describe_key(self, *, KeyId: str) -> Any:
        self._reach("DescribeKey")
        key_id = self.aliases.get(KeyId, KeyId)
        if key_id not in self.materials:
            raise _error("NotFoundException", "DescribeKey")
        return {"KeyMetadata": {"KeyId": key_id, "KeyState": "Enabled" if self.materials[key_id] else "PendingImport"}}

    def get_parameters_for_import(self, *, KeyId: str, WrappingAlgorithm: str, WrappingKeySpec: str) -> Any:
        assert (WrappingAlgorithm, WrappingKeySpec) == ("RSAES_OAEP_SHA_256", "RSA_4096")
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = IMPORTER.public_key().public_bytes(serialization.Encoding.DER, form)
        return {"KeyId": KeyId, "PublicKey": public, "ImportToken": KeyId.encode()}

    def import_key_material(self, *, KeyId: str, EncryptedKeyMaterial: bytes, **more: Any) -> None:
        assert more == {"ImportToken": KeyId.encode(), "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        self.materials[KeyId] = IMPORTER.decrypt(EncryptedKeyMaterial, OAEP)

    def delete_imported_key_material(self, *, KeyId: str) -> None:
        if self.materials[KeyId] is None:
            raise _error("KMSInvalidStateException", "DeleteImportedKeyMaterial")
        self.materials[KeyId] = None

    def schedule_key_deletion(self, *, KeyId: str, **_: int) -> None:
        self.deletions.append(KeyId)

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: dict[str, str]) -> Any:
        nonce = os.urandom(12)
        sealed = self._cipher(KeyId, "Encrypt").encrypt(nonce, Plaintext, repr(EncryptionContext).encode())
        return {"CiphertextBlob": KeyId.encode() + nonce + sealed}

    def decrypt(self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> Any:
        cipher, blob = self._cipher(KeyId, "Decrypt"), CiphertextBlob
        if blob[:36] != KeyId.encode():
            known = blob[:36].decode("latin-1") in self.materials
            raise _error("IncorrectKeyException" if known else "InvalidCiphertextException", "Decrypt")
        try:
            return {"Plaintext": cipher.decrypt(blob[36:48], blob[48:], repr(EncryptionContext).encode())}
        except (InvalidTag, ValueError):
            raise _error("InvalidCiphertextException", "Decrypt") from None

    def get_paginator(self, _: str) -> KmsFake:
        return self

    def paginate(self) -> Iterator[Any]:
        self._reach("ListAliases")
        yield from ({"Aliases": [{"AliasName": name}]} for name in list(self.aliases))

    def _cipher(self, key_id: str, operation: str) -> AESGCM:
        self._reach(operation)
        material = self.materials[key_id]
        if material is None:
            raise _error("KMSInvalidStateException", operation)
        return AESGCM(material)

    def _reach(self, operation: str) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url=f"https://kms.example/{operation}")


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said by the fake"}}, operation)
