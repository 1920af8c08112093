"""A root kept in files: one directory, one file of 0600 per version. The embedded default.

Overwriting a file is not guaranteed to reach the medium on SSDs and copy-on-write file systems; keep it out of backups.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.cipher import KEY_BYTES, wipe
from crypto_shredding.envelope import NONCE_BYTES
from crypto_shredding.errors import RootExposed, RootMissing, RootVersionTaken
from crypto_shredding.root import Evidence

_MAGIC = b"crypto_shredding root v1\n"
_PREFIX, _SUFFIX = "root-", ".key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_RETIRED = ".retired"


class FileRoot:
    """`path` is made on the first `create_version`. Key files are read for every use and never kept in memory."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    def create_version(self, version: int) -> None:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._refuse_exposed_directory()
        if self._retired(version).exists():
            raise RootVersionTaken(version)
        draft = self._path / f"{os.getpid()}-{os.urandom(4).hex()}.draft"
        _write_durably(draft, _MAGIC + os.urandom(KEY_BYTES))
        try:
            os.link(draft, self._file(version))  # link, not rename: it refuses a version that another made
        except FileExistsError:
            raise RootVersionTaken(version) from None
        finally:
            draft.unlink()
        _sync_directory(self._path)

    def wrap(self, version: int, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(version).encrypt(nonce, key, _binding(version))

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        cipher = self._cipher(version)
        key = bytearray(max(0, len(blob) - NONCE_BYTES - 16))
        try:
            cipher.decrypt_into(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _binding(version), key)
        except (InvalidTag, ValueError):
            raise RootMissing("this root did not wrap these keys: it belongs elsewhere", version=version) from None
        return key

    def destroy(self, version: int) -> Evidence:
        file = self._file(version)
        self._refuse_exposed_directory()
        # The number stays taken, or a later version could be mistaken for this one.
        _write_durably(self._retired(version), b"", exist_ok=True)
        if file.exists():
            with open(file, "r+b", buffering=0) as stream:
                stream.write(os.urandom(file.stat().st_size))
                os.fsync(stream.fileno())
            file.unlink()
            _sync_directory(self._path)
        note = "overwritten, synced and unlinked; SSD and copy-on-write media may keep copies"
        return Evidence("file", version, None, note)

    def versions(self) -> list[int]:
        return sorted(self._numbers(_SUFFIX))

    def _cipher(self, version: int) -> AESGCM:
        try:
            self._refuse_exposed_directory()
            descriptor = os.open(self._file(version), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise RootMissing(f"{self._file(version)}: {error.strerror}", version=version) from None
        with open(descriptor, "rb", buffering=0) as stream:
            status = os.fstat(descriptor)
            if status.st_mode & _OTHERS or status.st_uid != os.geteuid():
                raise RootExposed(str(self._file(version)), stat.S_IMODE(status.st_mode))
            content = bytearray(len(_MAGIC) + KEY_BYTES + 1)
            length = stream.readinto(content)
        if length != len(content) - 1 or not content.startswith(_MAGIC):
            raise RootMissing(f"{self._file(version)} is not a root file", version=version)
        key = content[len(_MAGIC) : -1]
        cipher = AESGCM(key)
        wipe(content)
        wipe(key)
        return cipher

    def _refuse_exposed_directory(self) -> None:
        mode = self._path.stat().st_mode
        if mode & _OTHERS_WRITE:
            raise RootExposed(str(self._path), stat.S_IMODE(mode))

    def _file(self, version: int) -> Path:
        return self._path / f"{_PREFIX}{version:08}{_SUFFIX}"

    def _retired(self, version: int) -> Path:
        return self._path / f"{_PREFIX}{version:08}{_RETIRED}"

    def _numbers(self, suffix: str) -> list[int]:
        names = [file.name for file in self._path.glob(f"{_PREFIX}*{suffix}")]
        return [int(name[len(_PREFIX) : -len(suffix)]) for name in names]


def _binding(version: int) -> bytes:
    return b"crypto_shredding/root/%d" % version


def _write_durably(file: Path, content: bytes, *, exist_ok: bool = False) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (0 if exist_ok else os.O_EXCL)
    descriptor = os.open(file, flags, 0o600)
    with open(descriptor, "wb", buffering=0) as stream:
        stream.write(content)
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
