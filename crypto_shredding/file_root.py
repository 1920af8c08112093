"""A root kept in files: one directory, one file of 0600 per version. The embedded default.

Overwriting a file is not guaranteed to reach the medium on SSDs and copy-on-write file systems; keep it out of backups.

```
root-00000007.key       a version
root-00000006.retired   destroyed, while an older version lives
root.floor              a number: up to it every version is destroyed, or will never be made
*.draft                 what somebody is writing, or died writing
```
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

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
_RETIRED, _DRAFT, _FLOOR = ".retired", ".draft", "root.floor"
_KEYS = re.compile(rf"^{_PREFIX}([0-9]+)\{_SUFFIX}$", re.MULTILINE)
_MARKS = re.compile(rf"^{_PREFIX}([0-9]+)\{_RETIRED}$", re.MULTILINE)
_DRAFTS = re.compile(rf"^.+\{_DRAFT}$", re.MULTILINE)
_FLOOR_DIGITS_MAX = 19  # of a 64-bit number
# Only these say that a version is not there. Any other error of the system says nothing about it.
_ABSENT = (errno.ENOENT, errno.ELOOP)


class _Listing(NamedTuple):
    """What the folder's names say."""

    keys: set[int]
    marks: set[int]
    drafts: list[Path]


class FileRoot:
    """`path` is made on the first `create_version`. Key files are read for every use and never kept in memory.

    A version at or below the floor, or with a `.retired` file beside it, is destroyed, whatever a crash left of its key
    file. Whoever changes the folder holds a lock on it; whoever reads does not need to. A number below one that was
    destroyed can be taken although it never was: numbers ascend.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    def create_version(self, version: int) -> None:
        with self._changing():
            if self._is_retired(version):
                raise RootVersionTaken(version)
            draft = self._draft()
            _write_durably(draft, _MAGIC + os.urandom(KEY_BYTES))
            try:
                os.link(draft, self._file(version))  # link, not rename: it refuses a version that is there
            except FileExistsError:
                raise RootVersionTaken(version) from None
            finally:
                draft.unlink(missing_ok=True)
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
        with self._changing():
            # The number stays taken, or a later version could be mistaken for this one.
            if not self._is_retired(version):
                _write_durably(self._retired(version), b"")
                _sync_directory(self._path)
            self._overwrite_and_unlink(version)
            self._raise_floor()
        note = "overwritten, synced and unlinked; SSD and copy-on-write media, snapshots and backups may keep copies"
        return Evidence("file", version, None, note)

    def versions(self) -> list[int]:
        with _answered():
            return self._living(self._listing())

    def _living(self, listing: _Listing) -> list[int]:
        """The floor is read after the names: a mark that goes away meanwhile is below it by then."""
        floor = self._floor()
        return sorted([version for version in listing.keys - listing.marks if version > floor])

    def _raise_floor(self) -> None:
        """One number for all marks below the oldest living version, durable before they go; the lock is held.

        Takes along what a crash left: key files of destroyed versions, marks below the floor, drafts.
        """
        listing, floor = self._listing(), self._floor()
        living = self._living(listing)
        raised = max(floor, *listing.marks) if listing.marks else floor
        if living:
            raised = min(raised, living[0] - 1)
        for version in sorted(listing.keys.difference(living)):
            self._overwrite_and_unlink(version)
        if raised > floor:
            draft = self._draft()
            _write_durably(draft, b"%d" % raised)
            draft.replace(self._path / _FLOOR)
            _sync_directory(self._path)
        for version in listing.marks:
            if version <= raised:
                self._retired(version).unlink(missing_ok=True)
        for draft in listing.drafts:  # not overwritten: it may be the same file as a living version
            draft.unlink(missing_ok=True)
        _sync_directory(self._path)

    def _is_retired(self, version: int) -> bool:
        """The mark is looked for first: it goes away only after the floor has reached it."""
        return self._retired(version).exists() or version <= self._floor()

    def _floor(self) -> int:
        """Raises RootUnavailable for a file that holds no number: what is destroyed is not known then."""
        try:
            descriptor = os.open(self._path / _FLOOR, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return 0
        with open(descriptor, "rb", buffering=0) as stream:
            content = stream.read(_FLOOR_DIGITS_MAX + 1)
        if not content.isdigit() or len(content) > _FLOOR_DIGITS_MAX:
            raise RootUnavailable("file", f"{self._path / _FLOOR} holds no number; put the right file back")
        return int(content)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone in the folder, among all processes; a process that dies lets go."""
        with _answered():
            self._make_directory()
            descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

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
        if self._is_retired(version):
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

    def _draft(self) -> Path:
        return self._path / f"{os.getpid()}-{os.urandom(4).hex()}{_DRAFT}"

    def _listing(self) -> _Listing:
        try:
            names = "\n".join(os.listdir(self._path))
        except FileNotFoundError:
            names = ""
        keys, marks = (set(map(int, pattern.findall(names))) for pattern in (_KEYS, _MARKS))
        return _Listing(keys, marks, [self._path / name for name in _DRAFTS.findall(names)])


@contextmanager
def _answered() -> Iterator[None]:
    """A disk that fails, is full or is closed to us tells nothing about a version."""
    try:
        yield
    except OSError as error:
        raise RootUnavailable("file", f"{error.filename or 'root folder'}: {error.strerror}") from None


def _write_durably(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_EXCL, 0o600)
    with open(descriptor, "wb", buffering=0) as stream:
        stream.write(content)
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
