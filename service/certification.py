"""Where this installation's certificates are signed: its key, how it is changed, and the half that others need."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from crypto_shredding import Certificate, SigningKey, SigningKeyDiffers, key_id_of, sync_folder
from ledger import Certificates, find_certificate, signer_of_next
from service.settings import Settings

SIGNING_KEY = "certificate.key"
NEXT_KEY = "certificate.key.next"


def open_certificates(settings: Settings, dsn: str, issuer: UUID) -> Certificates:
    """Who issues this installation's certificates. A change of the key that a crash interrupted is finished first.

    Raises SigningKeyDiffers where the key is not there, or another: before anything is destroyed that nobody could
    certify.
    """
    new = settings.data_dir / NEXT_KEY
    if new.exists() and find_certificate(dsn, "key-change", _request(SigningKey.from_file(new))):
        _put_in_place(settings)
    signer, path = signer_of_next(dsn), settings.data_dir / SIGNING_KEY
    if signer is not None and not (path.exists() and SigningKey.from_file(path).key_id == signer):
        raise SigningKeyDiffers(issuer, signer)
    return Certificates(dsn, issuer=issuer, key=_signing_key(settings))


def change_signing_key(
    settings: Settings, dsn: str, issuer: UUID, *, reason: str, actor: str, at: datetime
) -> Certificate:
    """Make a new key, certify it with the old one, and put it in the old one's place. Finishes what a crash left."""
    certificates = Certificates(dsn, issuer=issuer, key=_signing_key(settings))
    new = SigningKey.from_file(settings.data_dir / NEXT_KEY)
    issued = certificates.change_key(new, request=_request(new), reason=reason, actor=actor, at=at)
    _put_in_place(settings)
    return issued


def public_key(settings: Settings) -> bytes:
    """The public key; the pair is made where there is none yet."""
    return _signing_key(settings).public_bytes


def own_public_key(settings: Settings) -> bytes | None:
    """The public key of the installation on this machine; None if it has none yet."""
    path = settings.data_dir / SIGNING_KEY
    return SigningKey.from_file(path).public_bytes if path.exists() else None


def _signing_key(settings: Settings) -> SigningKey:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SigningKey.from_file(settings.data_dir / SIGNING_KEY)


def _request(new: SigningKey) -> UUID:
    """Of a change to a key there is one, however often it is tried."""
    return UUID(bytes=key_id_of(new.public_bytes)[:16])


def _put_in_place(settings: Settings) -> None:
    folder: Path = settings.data_dir
    (folder / NEXT_KEY).replace(folder / SIGNING_KEY)
    sync_folder(folder)
