"""A process that issues certificates, and may be killed before it stores one: DSN, key, issuer, how many, `dies`."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from crypto_shredding import Certificate, Compaction, SigningKey
from ledger import certificates

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def compaction(request: UUID | None = None, boxes: int = 3) -> Compaction:
    """A small body, of a request of its own unless one is given."""
    return Compaction(
        request=request or uuid4(), partitions=("box_0",), boxes_deleted=boxes, boxes_left=0, at=AT, role="compactor"
    )


def sign_and_die(*arguments: Any, **named: Any) -> Certificate:
    """Sign, and then nothing more."""
    sign_next(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


sign_next = vars(certificates)["sign_next"]


def main(dsn: str, key: Path, issuer: UUID, count: int, dies: bool) -> None:
    issuing = certificates.Certificates(dsn, issuer=issuer, key=SigningKey.from_file(key))
    if dies:
        vars(certificates)["sign_next"] = sign_and_die
    for _ in range(count):
        issuing.issue(compaction(), at=AT)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3]), int(sys.argv[4]), sys.argv[5:] == ["dies"])
