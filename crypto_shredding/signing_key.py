"""Ed25519 keys that sign what this installation says: one file of mode 0600, made once, readable by its owner alone."""

from __future__ import annotations

import os
import re
import stat
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto_shredding.errors import SigningKeyExposed, SigningKeyUnreadable

OWNER_ONLY: Final = 0o600
PUBLIC_KEY_BYTES: Final = 32
_FILE_BYTES_MAX: Final = 1024  # a key is 64; whatever is larger is another file
_SPKI: Final = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before an Ed25519 key in a PEM file
_PEM: Final = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]++)-----END PUBLIC KEY-----")
_HEX: Final = re.compile(r"^[ \t]*+([0-9a-f]{64})[ \t]*+\r?$", re.MULTILINE)


class SigningKey:
    """Holds a private key. What it signs must say what it is: a key with two uses needs a tag in front."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read the key, or make it, durably, where there is none yet; racing processes get the same one.

        Raises SigningKeyExposed, SigningKeyUnreadable, and OSError where no file can be made.
        """
        try:
            return cls(_read(path))
        except FileNotFoundError:
            _make(path)
            return cls(_read(path))

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What verifies; give it to whoever audits, on another way than what was signed."""
        return self._key.public_key()

    @property
    def public_bytes(self) -> bytes:
        """The public key, 32 bytes."""
        return self.public_key.public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """SHA-256 of the public key."""
        return key_id_of(self.public_bytes)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes; the same for the same message."""
        return self._key.sign(message)


def key_id_of(public_key: bytes) -> bytes:
    """The name of a public key: SHA-256 over its 32 bytes."""
    return sha256(public_key).digest()


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key signed the message. A text that is no key at all signed nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_keys_in(text: str) -> list[bytes]:
    """Every Ed25519 public key of a text: PEM blocks, and lines of 64 hexadecimal digits; other text is passed over."""
    found = []
    for block in _PEM.findall(text):
        try:
            der = b64decode("".join(block.split()), validate=True)
        except ValueError:
            continue
        if len(der) == len(_SPKI) + PUBLIC_KEY_BYTES and der.startswith(_SPKI):
            found.append(der[len(_SPKI) :])
    return found + [bytes.fromhex(line) for line in _HEX.findall(text)]


def public_key_pem(public_key: bytes) -> str:
    """The form that other programs read (RFC 8410)."""
    return f"-----BEGIN PUBLIC KEY-----\n{b64encode(_SPKI + public_key).decode()}\n-----END PUBLIC KEY-----\n"


def _read(path: Path) -> Ed25519PrivateKey:
    # The mode is that of the file which is read: another one could be put in place between two looks at the path.
    with open(path, "rb", buffering=0) as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode != OWNER_ONLY:
            raise SigningKeyExposed(str(path), mode)
        content = file.read(_FILE_BYTES_MAX)
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content.decode("ascii")))
    except ValueError:
        raise SigningKeyUnreadable(str(path)) from None  # the cause would quote what is in the file


def _make(path: Path) -> None:
    """Written under another name and then linked, so that nobody reads half a key, and the first of two stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex().encode("ascii"))
            os.fsync(descriptor)
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: else a power cut may take a new file's name away."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
