"""Another process of the service, for real: holds keys of its own and does what it is told, one line at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from crypto_shredding import (
    FileRoot,
    Keyring,
    OpenRequest,
    Period,
    Place,
    PostgresKeyStore,
    Sealed,
    Shredded,
    ShreddingError,
    SlotId,
)
from tests.crypto_shredding.conftest import AT, Desk, desk_over

REPOSITORY = Path(__file__).parent.parent.parent


class OtherProcess:
    """The side of the test: `ask` sends a line and waits for the answer, `tell` does not wait."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, command: str, **facts: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"command": command, **facts}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline() or '"died"')

    def ask(self, command: str, **facts: Any) -> Any:
        self.tell(command, **facts)
        return self.answer()

    def open(self, request: OpenRequest) -> Any:
        sealed, place, box = request.sealed, request.place, request.box
        return self.ask(
            "open",
            place=[str(place.event_id), place.event_type, place.field_id],
            sealed=[sealed.subject_slot, sealed.period_slot, sealed.digest.hex()],
            box=box.hex() if box else None,
        )


@contextmanager
def other_process(dsn: str, root: Path) -> Iterator[OtherProcess]:
    command = [sys.executable, "-m", __name__, dsn, str(root)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            other = OtherProcess(process)
            assert other.answer() == "ready"
            yield other
        finally:
            process.kill()


def obey(desk: Desk, facts: dict[str, Any]) -> Any:
    match facts["command"]:
        case "open":
            place, (subject, period, digest) = facts["place"], facts["sealed"]
            request = OpenRequest(
                Place(UUID(place[0]), place[1], place[2]),
                Sealed(SlotId(subject), SlotId(period), bytes.fromhex(digest)),
                bytes.fromhex(facts["box"]) if facts["box"] else None,
            )
            opened = desk.opener.open(request)
            return {"shredded": opened.reason} if isinstance(opened, Shredded) else opened
        case "seal into period":
            period = Period(facts["class_code"], date.fromisoformat(facts["first_day"]))
            return desk.sealed("Ann Lee", SlotId(facts["slot"]), period).sealed.period_slot
        case "doom and die":
            desk.shredder.doom([SlotId(slot) for slot in facts["slots"]], reason="erasure", at=AT)
            os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError(facts)


def main() -> None:
    dsn, root = sys.argv[1:]
    with Keyring(PostgresKeyStore.connect(dsn, FileRoot(Path(root)), at=AT)) as keyring:
        desk = desk_over(keyring)
        sys.stdout.write('"ready"\n')
        sys.stdout.flush()
        for line in sys.stdin:
            try:
                answer = obey(desk, json.loads(line))
            except ShreddingError as refused:
                answer = {"refused": type(refused).__name__}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
