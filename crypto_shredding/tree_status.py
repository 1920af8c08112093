"""What an operator asks of the key tree: how it stands, without the root and without a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from crypto_shredding.node import CHILDREN
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.statements import statement
from crypto_shredding.tree_copy import TreeCopy


@dataclass(frozen=True, slots=True)
class LastHorizon:
    """The last root version that was destroyed with evidence; since `at` no older copy of the tree opens."""

    destroyed_version: int
    at: datetime
    provider: str
    recoverable_until: datetime | None


@dataclass(frozen=True, slots=True)
class TreeStatus:
    """`epoch` is the root version that wraps the tree. `free_slots` can be issued without a new leaf.

    `dooms_waiting` slots are refused to every load and still open from older copies, until a rotation takes them along.
    `rotation` is the one that is not ended, since it was committed or, before that, since it began.
    """

    epoch: int
    height: int
    slots_issued: int
    free_slots: int
    dooms_waiting: int
    doom_counter: int
    rotation: int | None
    rotation_committed: bool
    rotation_since: datetime | None
    horizon: LastHorizon | None


@dataclass(frozen=True, slots=True)
class CopyStatus:
    """How far a copy of the tree is: None where there is none. `dooms_behind` were made since it last followed."""

    epoch: int | None
    dooms_behind: int

    def follows(self, tree: TreeStatus) -> bool:
        """Whether it holds the tree that the root opens. Dooms reach it with the rotation that takes them along."""
        return self.epoch == tree.epoch


def read_tree_status(dsn: str) -> TreeStatus | None:
    """None where no tree is planted. Raises KeyStoreUnavailable."""

    def ask() -> TreeStatus | None:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            row = connection.execute(statement("tree_status")).fetchone()
        if row is None:
            return None
        epoch, height, last_slot, leaves, waiting, counter, opened, committed, since, *ended = row
        destroyed, at, provider, until = ended
        horizon = None if destroyed is None else LastHorizon(destroyed, at.astimezone(UTC), provider, until)
        free = leaves * CHILDREN - 1 - last_slot
        since = since and since.astimezone(UTC)
        return TreeStatus(epoch, height, last_slot, free, waiting, counter, opened, bool(committed), since, horizon)

    return answering("status", ask)


def read_copy_status(path: Path, tree: TreeStatus) -> CopyStatus:
    """Makes no file. Raises CopyUnavailable."""
    if not path.exists():
        return CopyStatus(None, tree.doom_counter)
    with TreeCopy(path).held() as held:
        return CopyStatus(held.version, tree.doom_counter - held.doom_counter)


def read_newest_witness(dsn: str) -> bytes | None:
    """The greatest witness of all dooms, asked without the root. Raises KeyStoreUnavailable."""

    def ask() -> bytes | None:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            row = connection.execute(statement("newest_witness")).fetchone()
        return None if row is None else bytes(row[0])

    return answering("newest_witness", ask)
