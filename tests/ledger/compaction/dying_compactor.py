"""A process that compacts and is killed right after a named step: DSN of the role, DSN of the keys, root, step."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crypto_shredding import FileRoot, Keyring, PostgresKeyStore, Shredder
from ledger import Compaction
from tests.ledger.office import MORNING

STEPS = {"survey": "survey", "delete": "_delete", "rewrite": "_rewrite", "wal": "_one"}


def deadly(step: Callable[..., Any], only: str | None) -> Callable[..., Any]:
    """The step, and then nothing more."""

    def and_die(self: Any, *arguments: Any) -> Any:
        result = step(self, *arguments)
        if only is None or arguments[0] == only:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return and_die


def main(dsn: str, keys: str, root: str, step: str) -> None:
    name = STEPS[step]
    setattr(Compaction, name, deadly(getattr(Compaction, name), "turn_over_wal" if step == "wal" else None))
    with Keyring(PostgresKeyStore.connect(keys, FileRoot(Path(root)), at=MORNING)) as keyring:
        shredder = Shredder(keyring)
        with Compaction(dsn, lambda slots: shredder.states(list(slots))) as compaction:
            compaction.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
