"""One certificate: a body, its place in the issuer's chain, and a signature; one line of canonical JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from crypto_shredding.certificate_bodies import KINDS, Body, KeyChange, kind_of
from crypto_shredding.certificate_fields import from_json, to_json
from crypto_shredding.certificate_json import canonical, parsed
from crypto_shredding.errors import CertificateUnreadable
from crypto_shredding.signing_key import key_id_of, signature_holds

FORMAT: Final = "crypto_shredding/certificate/1"
HASH_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_GENESIS: Final = b"crypto_shredding/certificates"


@dataclass(frozen=True)
class Certificate:
    """`key_id` is the id of the signing key, `previous` the hash of the certificate before.

    Having read one says nothing of who wrote it: see `verify_chain`.
    """

    number: int
    previous: bytes
    issuer: UUID
    key_id: bytes
    issued_at: datetime
    body: Body
    signature: bytes = b""

    @property
    def kind(self) -> str:
        """The name of what is certified."""
        return kind_of(self.body)

    @cached_property
    def signed_bytes(self) -> bytes:
        """What the signature is over. Raises ValueError for a body that cannot be written."""
        return canonical(self._members())

    @property
    def hash(self) -> bytes:
        """SHA-256 over the signed bytes: what the next certificate names."""
        return sha256(self.signed_bytes).digest()

    @property
    def line(self) -> bytes:
        """The certificate as it is handed out, without a line feed. Raises ValueError."""
        return canonical({**self._members(), "signature": self.signature.hex()})

    @property
    def next_key(self) -> bytes:
        """The id of the key that signs the certificate after this one."""
        return key_id_of(self.body.new_public_key) if isinstance(self.body, KeyChange) else self.key_id

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether this key made the signature."""
        return key_id_of(public_key) == self.key_id and signature_holds(public_key, self.signature, self.signed_bytes)

    def _members(self) -> dict[str, Any]:
        return {
            "body": to_json(self.body),
            "format": FORMAT,
            "issued_at": to_json(self.issued_at),
            "issuer": to_json(self.issuer),
            "key": self.key_id.hex(),
            "kind": self.kind,
            "number": self.number,
            "previous": self.previous.hex(),
        }


@dataclass(frozen=True, slots=True)
class _Envelope:
    """The members beside body and kind, with their types."""

    format: str
    issued_at: datetime
    issuer: UUID
    key: bytes
    number: int
    previous: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("certificates are counted from 1")
        if (len(self.key), len(self.previous), len(self.signature)) != (HASH_BYTES, HASH_BYTES, SIGNATURE_BYTES):
            raise ValueError("key, previous or signature has another length than it must")


def genesis(issuer: UUID) -> bytes:
    """What an issuer's first certificate names as the one before it."""
    return sha256(_GENESIS + issuer.bytes).digest()


def read_certificate(line: bytes) -> Certificate:
    """The certificate of a line, which may come from anybody. Raises CertificateUnreadable, and nothing else."""
    try:
        return _read(line)
    except ValueError as refused:
        raise CertificateUnreadable(str(refused)) from None


def _read(line: bytes) -> Certificate:
    told = parsed(line)
    if type(told) is not dict or type(told.get("format")) is not str:
        raise ValueError("not a certificate")
    if told["format"] != FORMAT:
        raise ValueError("a certificate of a format that is not known here")
    rest = {name: value for name, value in told.items() if name not in ("body", "kind")}
    envelope = from_json(_Envelope, rest)
    kind = KINDS.get(told["kind"]) if type(told.get("kind")) is str else None
    if kind is None:
        raise ValueError("not a kind of certificate that is known here")
    return Certificate(
        envelope.number,
        envelope.previous,
        envelope.issuer,
        envelope.key,
        envelope.issued_at,
        from_json(kind, told.get("body")),
        envelope.signature,
    )
