"""A process that shreds and is killed right after one action of its rotation: keys DSN, root, copy, action, slots.

Every statement of a rotation, every call of the root and every look of the copy is an action. One is told by its number
or, the first of them, by its name. With 0 nothing kills the process, and it prints the names of its actions.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from crypto_shredding import FileRoot, Keyring, PostgresKeyStore, Shredder, SlotId, TreeCopy
from crypto_shredding.statements import statement
from tests.crypto_shredding.conftest import AT

STATEMENTS = (
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
ROOT_CALLS = ("create_version", "wrap", "unwrap", "destroy")


class Actions:
    """Counts, names, and kills right after the action that it was told."""

    def __init__(self, deadly: str) -> None:
        self.deadly = deadly
        self.names: list[str] = []
        self._statements = {statement(name): name for name in STATEMENTS}

    def done(self, name: str) -> None:
        self.names.append(name)
        if self.deadly in (name, str(len(self.names))):
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner: type[Any], method: str, name_of: Callable[..., str | None]) -> None:
        original = getattr(owner, method)

        def watched(target: Any, *arguments: Any, **named: Any) -> Any:
            result = original(target, *arguments, **named)
            if (name := name_of(*arguments)) is not None:
                self.done(name)
            return result

        setattr(owner, method, watched)

    def statement_name(self, query: Any, *_: Any) -> str | None:
        return self._statements.get(query) if isinstance(query, str) else None


def main(dsn: str, root: str, copy: str, deadly: str, slots: list[SlotId]) -> None:
    store = PostgresKeyStore.connect(dsn, FileRoot(Path(root)), at=AT, copies=[TreeCopy(Path(copy))])
    with Keyring(store) as keyring:
        shredder = Shredder(keyring)
        doomed = shredder.doom(slots, reason="erasure", at=AT)
        actions = Actions(deadly)
        actions.watch(psycopg.Cursor, "execute", actions.statement_name)
        for call in ROOT_CALLS:
            actions.watch(FileRoot, call, lambda *_, name=call: f"root.{name}")
        follows = count(1)
        actions.watch(TreeCopy, "follow", lambda *_: f"copy.follow.{next(follows)}")
        shredder.shred(doomed, at=AT)
        sys.stdout.write("\n".join(actions.names))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], [SlotId(int(slot)) for slot in sys.argv[5:]])
