"""A root kept in files: one directory, one file of 0600 per version. The embedded default.

Overwriting a file is not guaranteed to reach the medium on SSDs and copy-on-write file systems; keep it out of backups.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.cipher import KEY_BYTES, wipe
from crypto_shredding.envelope import NONCE_BYTES, TAG_BYTES
from crypto_shredding.errors import RootExposed, RootMissing, RootUnavailable, RootVersionTaken
from crypto_shredding.root import Evidence, binding

_MAGIC = b"crypto_shredding root v1\n"
_PREFIX, _SUFFIX = "root-", ".key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_RETIRED = ".retired"
# Only these say that a version is not there. Any other error of the system says nothing about it.
_ABSENT = (errno.ENOENT, errno.ELOOP)


class FileRoot:
    """`path` is made on the first `create_version`. Key files are read for every use and never kept in memory.

    A version with a `.retired` file beside it is destroyed, whatever a crash left of its key file.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    def create_version(self, version: int) -> None:
        with _answered():
            self._make_directory()
            draft = self._path / f"{os.getpid()}-{os.urandom(4).hex()}.draft"
            try:
                _write_durably(draft, _MAGIC + os.urandom(KEY_BYTES))
                os.link(draft, self._file(version))  # link, not rename: it refuses a version that another made
            except FileExistsError:
                raise RootVersionTaken(version) from None
            finally:
                draft.unlink(missing_ok=True)
            if self._retired(version).exists():  # looked at after the link, so that a racing `destroy` wins
                self._overwrite_and_unlink(version)
                raise RootVersionTaken(version)
            _sync_directory(self._path)

    def wrap(self, version: int, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(version).encrypt(nonce, key, binding(version))

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        cipher = self._cipher(version)
        key = bytearray(max(0, len(blob) - NONCE_BYTES - TAG_BYTES))
        try:
            cipher.decrypt_into(blob[:NONCE_BYTES], blob[NONCE_BYTES:], binding(version), key)
        except (InvalidTag, ValueError):
            raise RootMissing("this root did not wrap these keys: it belongs elsewhere", version=version) from None
        return key

    def destroy(self, version: int) -> Evidence:
        with _answered():
            self._make_directory()
            # The number stays taken, or a later version could be mistaken for this one.
            _write_durably(self._retired(version), b"", exist_ok=True)
            _sync_directory(self._path)
            self._overwrite_and_unlink(version)
        note = "overwritten, synced and unlinked; SSD and copy-on-write media, snapshots and backups may keep copies"
        return Evidence("file", version, None, note)

    def versions(self) -> list[int]:
        with _answered():
            return sorted(self._numbers(_SUFFIX) - self._numbers(_RETIRED))

    def _overwrite_and_unlink(self, version: int) -> None:
        file = self._file(version)
        with suppress(FileNotFoundError):
            with open(file, "r+b", buffering=0) as stream:
                stream.write(os.urandom(os.fstat(stream.fileno()).st_size))
                os.fsync(stream.fileno())
            file.unlink()
        _sync_directory(self._path)

    def _cipher(self, version: int) -> AESGCM:
        with _answered():
            try:
                self._refuse_exposed_directory()
                descriptor = os.open(self._file(version), os.O_RDONLY | os.O_NOFOLLOW)
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                raise RootMissing(f"{self._file(version)}: {error.strerror}", version=version) from None
            with open(descriptor, "rb", buffering=0) as stream:
                return self._read_cipher(version, stream.fileno())

    def _read_cipher(self, version: int, descriptor: int) -> AESGCM:
        status = os.fstat(descriptor)
        if status.st_mode & _OTHERS or status.st_uid != os.geteuid():
            raise RootExposed(str(self._file(version)), stat.S_IMODE(status.st_mode))
        if self._retired(version).exists():
            raise RootMissing(f"{self._file(version)} is destroyed", version=version)
        content = bytearray(len(_MAGIC) + KEY_BYTES + 1)
        length = os.readv(descriptor, [content])
        if length != len(content) - 1 or not content.startswith(_MAGIC):
            raise RootMissing(f"{self._file(version)} is not a root file", version=version)
        key = content[len(_MAGIC) : -1]
        cipher = AESGCM(key)
        wipe(content)
        wipe(key)
        return cipher

    def _make_directory(self) -> None:
        if not self._path.exists():
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync_directory(self._path.parent)
        self._refuse_exposed_directory()

    def _refuse_exposed_directory(self) -> None:
        mode = self._path.stat().st_mode
        if mode & _OTHERS_WRITE:
            raise RootExposed(str(self._path), stat.S_IMODE(mode))

    def _file(self, version: int) -> Path:
        return self._path / f"{_PREFIX}{version:08}{_SUFFIX}"

    def _retired(self, version: int) -> Path:
        return self._path / f"{_PREFIX}{version:08}{_RETIRED}"

    def _numbers(self, suffix: str) -> set[int]:
        try:
            names = os.listdir(self._path)
        except FileNotFoundError:
            return set()
        ours = (name for name in names if name.startswith(_PREFIX) and name.endswith(suffix))
        return {int(name[len(_PREFIX) : -len(suffix)]) for name in ours}


@contextmanager
def _answered() -> Iterator[None]:
    """A disk that fails, is full or is closed to us tells nothing about a version."""
    try:
        yield
    except OSError as error:
        raise RootUnavailable("file", f"{error.filename or 'root folder'}: {error.strerror}") from None


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
