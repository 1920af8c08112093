"""Checkpoints: signed statements of how far the chain was and what its hash was, kept outside of the database.

Whoever can write to the database can recompute the chain, but cannot change what was written elsewhere and signed.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Self
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg.rows import tuple_row

from crypto_shredding import SigningKey, SigningKeyExposed, key_id_of, sync_folder
from ledger.store.errors import (
    CheckpointsMissing,
    CheckpointUnreadable,
    ShardMissing,
    SigningKeyMissing,
    UnsafeSigningKey,
)
from ledger.store.statements import statement

TAG: Final = b"ledger.checkpoint.v1"
BLOCK_BYTES: Final = 64 * 1024  # some 200 checkpoints; the first line that is read is nearly always the one
NO_LINE: Final = "no line of it is a checkpoint; name the file that checkpoints are appended to"
_INT64_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain of a shard had this hash behind this position when it was made. `signature` is over all the rest."""

    timeline: UUID
    shard: int
    position: int
    hash: bytes
    made_at: datetime
    signature: bytes = b""

    def signed_bytes(self) -> bytes:
        """What the signature is over (docs/spec/chain.md)."""
        microseconds = round(self.made_at.timestamp() * 1_000_000)
        numbers = b"".join(
            number.to_bytes(8, "big", signed=True) for number in (self.shard, self.position, microseconds)
        )
        return TAG + self.timeline.bytes + numbers + self.hash

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "timeline": str(self.timeline),
                "shard": self.shard,
                "position": self.position,
                "hash": self.hash.hex(),
                "made_at": self.made_at.astimezone(UTC).isoformat(),
                "signature": b64encode(self.signature).decode(),
            }
        )

    @classmethod
    def from_line(cls, line: str) -> Self:
        """The checkpoint of a line. Raises ValueError, KeyError, TypeError or RecursionError."""
        told = json.loads(line)
        made_at = datetime.fromisoformat(told["made_at"])
        if made_at.tzinfo is None:
            raise ValueError("made_at has no time zone")
        return cls(
            UUID(told["timeline"]),
            _whole(told["shard"]),
            _whole(told["position"]),
            bytes.fromhex(told["hash"]),
            made_at,
            b64decode(told["signature"], validate=True),
        )


class CheckpointSigner:
    """Holds the private key of one installation."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read the key, or make it where there is none yet. Raises `UnsafeSigningKey`, `SigningKeyUnreadable`."""
        try:
            return cls(SigningKey.from_file(path))
        except SigningKeyExposed as exposed:
            raise UnsafeSigningKey(exposed.path, exposed.mode) from None

    @classmethod
    def existing(cls, path: Path, *, checkpoints: Path) -> Self:
        """Read the key that has signed ``checkpoints``; never make one. Raises also `SigningKeyMissing`."""
        if not path.exists():
            raise SigningKeyMissing(str(path), str(checkpoints))
        return cls.from_file(path)

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What verifies; give it to whoever audits, on another way than the checkpoints."""
        return self._key.public_key

    def sign(self, checkpoint: Checkpoint) -> Checkpoint:
        """The same checkpoint, signed."""
        return replace(checkpoint, signature=self._key.sign(checkpoint.signed_bytes()))


class CheckpointFile:
    """Checkpoints as lines of a file outside of the database; only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, checkpoint: Checkpoint) -> None:
        """Add a line, durable when this returns."""
        new = not self._path.exists()
        with self._path.open("a+b") as file:
            # A line whose end a crash took away must not swallow the next one.
            begin = b"\n" if _is_torn(file) else b""
            file.write(begin + checkpoint.to_line().encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
            if new:
                sync_folder(self._path.parent)

    def read(self) -> tuple[list[Checkpoint], list[int]]:
        """The checkpoints, oldest first, and the numbers of the lines that are none.

        Raises `CheckpointsMissing` (also for an empty file), `CheckpointUnreadable` (also where no line is one: this
        is another file, or nothing is left of it).
        """
        found: list[Checkpoint] = []
        damaged: list[int] = []
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        found.append(Checkpoint.from_line(line.decode("ascii")))
                    except (ValueError, KeyError, TypeError, RecursionError):
                        damaged.append(number)
        except FileNotFoundError:
            raise CheckpointsMissing(str(self._path)) from None
        except OSError as error:
            raise CheckpointUnreadable(str(self._path), error.strerror or type(error).__name__) from None
        if not found and not damaged:
            raise CheckpointsMissing(str(self._path), is_empty=True)
        if not found:
            raise CheckpointUnreadable(str(self._path), NO_LINE)
        return found, damaged

    def newest(self, public_key: Ed25519PublicKey) -> Checkpoint | None:
        """The last line that is a checkpoint signed by the key, looked for from the end; None where there is none.

        Costs the same however long the file is. Raises `CheckpointUnreadable`.
        """
        try:
            with self._path.open("rb") as file:
                for line in _backwards(file):
                    try:
                        found = Checkpoint.from_line(line.decode("ascii"))
                    except (ValueError, KeyError, TypeError, RecursionError):
                        continue  # torn, or no checkpoint: `verify` names it
                    if verify_checkpoints([found], public_key)[0]:
                        return found
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointUnreadable(str(self._path), error.strerror or type(error).__name__) from None
        return None


def make_checkpoint(
    connection: psycopg.Connection[Any], signer: CheckpointSigner, at: datetime, *, shard: int = 1
) -> Checkpoint:
    """A signed checkpoint of the chain's head as it is committed now. Write it to a `CheckpointFile`, and copy that."""
    row = connection.cursor(row_factory=tuple_row).execute(statement("shard"), (shard,)).fetchone()
    if row is None:
        raise ShardMissing(shard)
    timeline, position, hash_ = row
    return signer.sign(Checkpoint(timeline, shard, position, hash_, at))


def verify_checkpoints(checkpoints: Iterable[Checkpoint], public_key: Ed25519PublicKey) -> tuple[list[Checkpoint], int]:
    """Those that are signed by the key, and how many are not."""
    genuine = []
    forged = 0
    for checkpoint in checkpoints:
        try:
            public_key.verify(checkpoint.signature, checkpoint.signed_bytes())
        except InvalidSignature:
            forged += 1
        else:
            genuine.append(checkpoint)
    return genuine, forged


def key_id(public_key: Ed25519PublicKey) -> str:
    """A short name of a key, to compare by eye."""
    return key_id_of(public_key.public_bytes_raw()).hex()[:16]


def _whole(number: object) -> int:
    """A number that the signature can be over and a database can hold. Raises ValueError."""
    if type(number) is not int or not 0 <= number <= _INT64_MAX:
        raise ValueError("not a whole number of 64 bits")
    return number


def _backwards(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, the last one first."""
    end, rest = file.seek(0, os.SEEK_END), b""
    while end > 0:
        start = max(0, end - BLOCK_BYTES)
        file.seek(start)
        first, *lines = (file.read(end - start) + rest).split(b"\n")
        yield from reversed(lines)
        end, rest = start, first
    yield rest


def _is_torn(file: IO[bytes]) -> bool:
    """Whether the last line has no end."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"
