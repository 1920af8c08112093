"""A process that compacts and is killed right after a named step: DSN of the role, DSN of the keys, root, step.

It looks at one box after the other: `delete` is the first of several deletions. With `never` nothing kills it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import ledger.compaction
from crypto_shredding import FileRoot, Keyring, PostgresKeyStore, Shredder
from ledger import Compaction
from tests.ledger.office import MORNING

STEPS = {"survey": "survey", "delete": "_delete", "rewrite": "_rewrite", "wal": "_one", "run": "run"}
vars(ledger.compaction)["PAGE_BOXES"] = 1


def deadly(step: Callable[..., Any], is_the_one: Callable[[Any, tuple[Any, ...]], bool]) -> Callable[..., Any]:
    """The step, and then nothing more."""

    def and_die(self: Any, *arguments: Any) -> Any:
        result = step(self, *arguments)
        if is_the_one(result, arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return and_die


def is_the_one(step: str, result: Any, arguments: tuple[Any, ...]) -> bool:
    if step == "delete":
        return bool(result)
    return step != "wal" or arguments[0] == "turn_over_wal"


def main(dsn: str, keys: str, root: str, step: str) -> None:
    if step != "never":
        name = STEPS[step]
        setattr(Compaction, name, deadly(getattr(Compaction, name), partial(is_the_one, step)))
    with Keyring(PostgresKeyStore.connect(keys, FileRoot(Path(root)), at=MORNING)) as keyring:
        shredder = Shredder(keyring)
        with Compaction(dsn, lambda slots: shredder.states(list(slots))) as compaction:
            compaction.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
