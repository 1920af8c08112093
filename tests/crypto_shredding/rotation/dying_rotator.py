"""A process that dooms and shreds, killed or stopped right after one action: DSN, root, copy, action, how, slots.

Every statement and commit of a doom and of a rotation, every call of the root and every look of the copy is an action.
One is told by its number or, the first of them, by its name. With 0 nothing happens to the process. At the end it
prints, as JSON, the names of its actions and by which error it was refused.

How: `kill` (SIGKILL), `stop` (SIGSTOP, until somebody wakes it up), or `slip` (the same, without the rotation's lock:
its statements go on where another process may hold it).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from crypto_shredding import Keyring, PostgresKeyStore, Shredder, ShreddingError, SlotId, TreeCopy, rotation
from crypto_shredding.statements import statement
from crypto_shredding.tree_tables import changing
from tests.crypto_shredding.conftest import AT
from tests.crypto_shredding.root_providers import make_root

STATEMENTS = (
    "lock_doom_counter",
    "raise_doom_counter",
    "mark_doomed",
    "lock_rotation",
    "unfinished_rotations",
    "next_root_version",
    "open_rotation",
    "lock_tree",
    "next_change",
    "doomed_waiting",
    "decide_rotation",
    "read_tree",
    "read_nodes",
    "write_nodes",
    "write_tree",
    "place_tombstones",
    "dead_root_versions",
    "end_rotation",
    "unlock_rotation",
)
ROOT_CALLS = ("create_version", "wrap", "unwrap", "destroy", "versions")
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "slip": signal.SIGSTOP}


class Actions:
    """Counts, names, and sends this process a signal right after the action that it was told."""

    def __init__(self, fateful: str, fate: signal.Signals) -> None:
        self.fateful, self.fate = fateful, fate
        self.names: list[str] = []
        self._statements = {statement(name): name for name in STATEMENTS}

    def done(self, name: str) -> None:
        is_first = name not in self.names
        self.names.append(name)
        if self.fateful == str(len(self.names)) or (self.fateful == name and is_first):
            os.kill(os.getpid(), self.fate)

    def watch(self, owner: type[Any], method: str, name_of: Callable[..., str | None]) -> None:
        original = getattr(owner, method)

        def watched(target: Any, *arguments: Any, **named: Any) -> Any:
            result = original(target, *arguments, **named)
            if (name := name_of(*arguments)) is not None:
                self.done(name)
            return result

        setattr(owner, method, watched)

    def watch_all(self, root_type: type[Any]) -> None:
        """Of this process, from here on."""
        self.watch(psycopg.Cursor, "execute", self.statement_name)
        for call in ROOT_CALLS:
            self.watch(root_type, call, lambda *_, name=call: f"root.{name}")
        follows, commits = count(1), count(1)
        self.watch(TreeCopy, "follow", lambda *_: f"copy.follow.{next(follows)}")
        self.watch(Shredder, "doom", lambda *_: "doom")

        @contextmanager
        def committing(connection: psycopg.Connection) -> Iterator[int]:
            with changing(connection) as change:
                yield change
            self.done(f"commit.{next(commits)}")

        put_in_rotation("changing", committing)

    def statement_name(self, query: Any, *_: Any) -> str | None:
        return self._statements.get(query) if isinstance(query, str) else None


def put_in_rotation(name: str, instead: Callable[..., Any]) -> None:
    setattr(rotation, name, instead)


def without_lock() -> None:
    """As if a pool between this process and the server changed its session after every statement."""
    locks = ("lock_rotation", "unlock_rotation")
    put_in_rotation("statement", lambda name: "SELECT 1" if name in locks else statement(name))


def main(dsn: str, root: str, copy: str, fateful: str, how: str, slots: list[SlotId]) -> None:
    made = make_root(json.loads(root))
    store = PostgresKeyStore.connect(dsn, made, at=AT, copies=[TreeCopy(Path(copy))])
    if how == "slip":
        without_lock()
    refused = None
    with Keyring(store) as keyring:
        shredder = Shredder(keyring)
        actions = Actions(fateful, SIGNALS[how])
        actions.watch_all(type(made))
        try:
            shredder.shred(shredder.doom(slots, reason="erasure", at=AT), at=AT)
        except ShreddingError as error:
            refused = type(error).__name__
    json.dump({"actions": actions.names, "refused": refused}, sys.stdout)


if __name__ == "__main__":
    dsn, root, copy, action, how, *slots = sys.argv[1:]
    main(dsn, root, copy, action, how, [SlotId(int(slot)) for slot in slots])
