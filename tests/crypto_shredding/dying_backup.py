"""A process whose children are killed while they back a tree up, one step later each time, until one is through.

    python -m tests.crypto_shredding.dying_backup DSN FILE

Says after each whether the file is the "old" one, untouched, or else which tree the new one holds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from crypto_shredding import TreeCopy, back_up_tree
from tests.crypto_shredding.dying_root import dies

STEPS_MAX = 2_000
MODULES = ("crypto_shredding/tree_backup.py", "crypto_shredding/tree_copy.py")


class DyingAtStep:
    """A profile hook that kills the process before the n-th call out of the modules that write."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename.endswith(MODULES):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main(dsn: str, file: Path) -> None:
    TreeCopy(file).reach()  # whatever is only done once is done
    told: list[str] = []
    for step in range(1, STEPS_MAX):
        before = file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()
        child = os.fork()
        if child == 0:
            sys.setprofile(DyingAtStep(step))
            back_up_tree(dsn, file)
            os._exit(0)
        died = dies(child)
        is_another = file.stat().st_ino != before[0]
        now = file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()
        assert is_another or now == before, f"written in place by step {step}"
        told.append(str(TreeCopy(file).reach().changes["tree"]) if is_another else "old")
        if not died:
            sys.stdout.write(json.dumps(told))
            return
    raise AssertionError("the backup never ended")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
