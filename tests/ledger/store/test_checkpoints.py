"""Checkpoints are lines of a file outside of the database, which a crash may tear and somebody else may write."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.store import (
    Checkpoint,
    CheckpointFile,
    CheckpointSigner,
    CheckpointsMissing,
    CheckpointUnreadable,
    SigningKeyMissing,
    UnsafeSigningKey,
    make_checkpoint,
    verify_checkpoints,
)
from tests.ledger.store.making import append, opening

Connection = psycopg.Connection[Any]
NOON = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner.from_file(tmp_path / "checkpoint.key")


def test_checkpoints_are_kept_as_lines_and_come_back_as_they_were(
    owner: Connection, signer: CheckpointSigner, tmp_path: Path
) -> None:
    kept = CheckpointFile(tmp_path / "checkpoints.jsonl")
    made = []
    for _ in range(3):
        append(owner, opening())
        made.append(make_checkpoint(owner, signer, NOON))
        kept.append(made[-1])

    assert kept.read() == (made, [])
    assert verify_checkpoints(kept.read()[0], signer.public_key) == (made, 0)


def test_a_checkpoint_that_the_key_did_not_sign_is_not_believed(
    owner: Connection, signer: CheckpointSigner, tmp_path: Path
) -> None:
    genuine = make_checkpoint(owner, signer, NOON)
    changed = Checkpoint.from_line(genuine.to_line().replace('"position": 0', '"position": 1'))
    other = make_checkpoint(owner, CheckpointSigner.from_file(tmp_path / "other.key"), NOON)

    assert verify_checkpoints([genuine, changed, other], signer.public_key) == ([genuine], 2)


DAMAGED = {
    "another document": b'{"timeline": 1}',
    "half a line": b'{"timeline": "5d2',
    "not text": b"\xff\xfe\x00",
    "deep nesting": b"[" * 100_000,
    "no number": b'{"position": 1e400, ',
    "a position beyond any": b'{"position": 99999999999999999999, ',
    "a negative shard": b'{"shard": -1, ',
    "a position in quotes": b'{"position": "1", ',
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_lines_of_the_checkpoint_file_are_named_and_the_others_used(
    owner: Connection, signer: CheckpointSigner, tmp_path: Path, what: str
) -> None:
    path, made = tmp_path / "checkpoints.jsonl", make_checkpoint(owner, signer, NOON)
    line = made.to_line().encode()
    damaged = DAMAGED[what]
    if damaged.endswith(b", "):  # the same line otherwise: the last of two values counts
        damaged = line[:-1] + b", " + damaged[1:-2] + b"}"
    path.write_bytes(line + b"\n" + damaged + b"\n" + line + b"\n")

    assert CheckpointFile(path).read() == ([made, made], [2])


def test_a_torn_last_line_does_not_swallow_the_next_checkpoint(
    owner: Connection, signer: CheckpointSigner, tmp_path: Path
) -> None:
    path, made = tmp_path / "checkpoints.jsonl", make_checkpoint(owner, signer, NOON)
    file = CheckpointFile(path)
    file.append(made)
    file.append(made)
    path.write_bytes(path.read_bytes()[:-20])

    file.append(made)

    assert file.read() == ([made, made], [2])


@pytest.mark.parametrize("block", [1, 7, 300, 64 * 1024])
def test_the_newest_checkpoint_is_found_from_the_end_behind_whatever_is_torn_or_forged(
    owner: Connection, signer: CheckpointSigner, tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.checkpoint.BLOCK_BYTES", block)
    path, forger = tmp_path / "checkpoints.jsonl", CheckpointSigner.from_file(tmp_path / "other.key")
    kept = CheckpointFile(path)
    nowhere = kept.newest(signer.public_key)
    made = []
    for _ in range(3):
        append(owner, opening())
        made.append(make_checkpoint(owner, signer, NOON))
        kept.append(made[-1])

    assert nowhere is None
    assert kept.newest(signer.public_key) == made[-1]
    kept.append(make_checkpoint(owner, forger, NOON))
    with path.open("ab") as file:
        file.write(b"\n[[[\xff\n" + made[0].to_line().encode()[:90])  # somebody's, and then a crash
    assert kept.newest(signer.public_key) == made[-1]
    assert kept.newest(CheckpointSigner.from_file(tmp_path / "third.key").public_key) is None
    path.write_bytes(b"")
    assert kept.newest(signer.public_key) is None


def test_a_checkpoint_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointsMissing):
        CheckpointFile(tmp_path / "nowhere.jsonl").read()
    with pytest.raises(CheckpointUnreadable) as refused:
        CheckpointFile(tmp_path).read()

    assert refused.value.why == "Is a directory"


def test_a_key_that_signed_something_is_never_made_anew(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyMissing):
        CheckpointSigner.existing(tmp_path / "checkpoint.key", checkpoints=tmp_path / "checkpoints.jsonl")

    assert list(tmp_path.iterdir()) == []


def test_the_signing_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.key"
    made = CheckpointSigner.from_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert CheckpointSigner.from_file(path).public_key == made.public_key
    path.chmod(0o640)
    with pytest.raises(UnsafeSigningKey):
        CheckpointSigner.from_file(path)
