"""The chain of an installation's certificates: signing the next one, and verifying what others handed out.

docs/spec/certificate.md says in which order it fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from crypto_shredding.certificate import Certificate, genesis, read_certificate
from crypto_shredding.certificate_bodies import Body, KeyChange
from crypto_shredding.certificate_json import CERTIFICATE_BYTES_MAX
from crypto_shredding.errors import (
    CertificateChainBroken,
    CertificateForged,
    CertificateRefused,
    CertificateUnreadable,
    SigningKeyDiffers,
)
from crypto_shredding.signing_key import SigningKey, key_id_of


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """Certificates that hold, from `first` to `last`; what came later is unknown. `keys`: ids of the signers."""

    first: Certificate
    last: Certificate
    kinds: dict[str, int]
    keys: tuple[bytes, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it begins with the issuer's first certificate."""
        return self.first.number == 1


class CertificateFile:
    """The lines of a file, however large it and they are; may be read more than once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        """Each line without its line feed; of one that is too long, enough to see that. Raises OSError."""
        with self._path.open("rb") as file:
            while line := file.readline(CERTIFICATE_BYTES_MAX + 2):
                yield line.removesuffix(b"\n")


def sign_next(
    body: Body, *, previous: Certificate | None, issuer: UUID, key: SigningKey, at: datetime
) -> Certificate:
    """The certificate behind `previous` (None: the first of the issuer), signed.

    Raises SigningKeyDiffers when the chain goes on with another key or issuer, and ValueError for a body that cannot be
    written.
    """
    if previous is not None and (previous.issuer != issuer or previous.next_key != key.key_id):
        raise SigningKeyDiffers(previous.issuer, previous.next_key)
    if isinstance(body, KeyChange) and not _changes(body, key.key_id):
        raise ValueError("a key-change names the key that signs it, and another one")
    unsigned = Certificate(
        number=1 if previous is None else previous.number + 1,
        previous=genesis(issuer) if previous is None else previous.hash,
        issuer=issuer,
        key_id=key.key_id,
        issued_at=at,
        body=body,
    )
    signed = replace(unsigned, signature=key.sign(unsigned.signed_bytes))
    read_certificate(signed.line)  # what cannot be read again must not be handed out
    return signed


def verify_chain(lines: Iterable[bytes], trusted: Collection[bytes]) -> VerifiedChain:
    """Verify certificates, one a line, against public keys that came another way. `lines` is read twice.

    Raises, for the first line that fails, in this order: CertificateUnreadable, CertificateForged,
    CertificateChainBroken; and CertificateForged when all hold but none was signed by a trusted key.
    """
    keys = {key_id_of(key): key for key in (*_named(lines), *trusted)}
    anchors = {key_id_of(key) for key in trusted}
    first = before = None
    kinds: Counter[str] = Counter()
    signers: dict[bytes, None] = {}
    for number, line in enumerate(lines, 1):
        try:
            certificate = _verified(line, keys, before)
        except CertificateRefused as refused:
            raise refused.in_line(number) from None
        first, before = first or certificate, certificate
        kinds[certificate.kind] += 1
        signers[certificate.key_id] = None
    if first is None or before is None:
        raise CertificateUnreadable("there is none")
    if not anchors & signers.keys():
        raise CertificateForged("no certificate was signed by a key that is trusted", line=sum(kinds.values()))
    return VerifiedChain(first, before, dict(kinds), tuple(signers))


def _verified(line: bytes, keys: dict[bytes, bytes], before: Certificate | None) -> Certificate:
    certificate = read_certificate(line)
    public_key = keys.get(certificate.key_id)
    if public_key is None:
        raise CertificateForged("signed by a key that is neither trusted nor named by a key-change")
    if not certificate.is_signed_by(public_key):
        raise CertificateForged("its signature does not hold")
    if wrong := _break(certificate, before):
        raise CertificateChainBroken(wrong)
    return certificate


def _break(certificate: Certificate, before: Certificate | None) -> str | None:
    """Why a certificate does not stand behind the one before it; None if it does."""
    if before is not None and certificate.issuer != before.issuer:
        return "of another issuer than the one before it"
    if before is not None and certificate.number != before.number + 1:
        return f"number {certificate.number} stands behind number {before.number}"
    expected = before.hash if before else genesis(certificate.issuer) if certificate.number == 1 else None
    if expected is not None and certificate.previous != expected:
        return "it names another certificate before it than the one that is there"
    if before is not None and certificate.key_id != before.next_key:
        return "signed by a key that does not sign at this place of the chain"
    if isinstance(certificate.body, KeyChange) and not _changes(certificate.body, certificate.key_id):
        return "a key-change that does not name the key that signed it, and another one"
    return None


def _changes(body: KeyChange, signer: bytes) -> bool:
    return key_id_of(body.old_public_key) == signer and body.old_public_key != body.new_public_key


def _named(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Public keys that key-changes name. Nothing is believed of them but that an id belongs to its key."""
    for line in lines:
        if b'"kind":"key-change"' not in line:
            continue
        try:
            body = read_certificate(line).body
        except CertificateUnreadable:
            continue  # told when its turn comes
        if isinstance(body, KeyChange):
            yield from (body.old_public_key, body.new_public_key)
