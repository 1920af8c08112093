"""A process that opens values all the time with the keys it holds, until its input ends: DSN of the keys, root, log.

The first line of input names the values, as JSON. Each success is a record in the log: which value, at which reading of
the key clock it was vouched for, and when it was in the caller's hands. It prints a line when all of its keys are in
memory, and at the end, as JSON, what else it saw.
"""

from __future__ import annotations

import json
import random
import struct
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from crypto_shredding import (
    FileRoot,
    Keyring,
    KeyStoreUnavailable,
    Opener,
    OpenRequest,
    Place,
    PostgresKeyStore,
    Sealed,
    SlotId,
)
from crypto_shredding.clock import key_clock
from tests.ledger.storm.instants import now

RECORD = struct.Struct("<Idd")
AT_ONCE = 8
THREADS = 2
PAUSE = 0.002


class NotingClock:
    """The key clock; what it said last to this thread is when the ring vouched for a value, if one came out."""

    def __init__(self) -> None:
        self._said = threading.local()

    def __call__(self) -> float:
        self._said.last = key_clock()
        return float(self._said.last)

    @property
    def said(self) -> float:
        return float(self._said.last)


def named(request: OpenRequest) -> list[Any]:
    """Fits into JSON."""
    place, sealed, box = request.place, request.sealed, request.box
    assert box is not None
    where = [str(place.event_id), place.event_type, place.field_id]
    return [*where, sealed.subject_slot, sealed.period_slot, sealed.digest.hex(), box.hex()]


def _request(facts: list[Any]) -> OpenRequest:
    event_id, event_type, field_id, subject, period, digest, box = facts
    sealed = Sealed(SlotId(subject), SlotId(period), bytes.fromhex(digest))
    return OpenRequest(Place(UUID(event_id), event_type, field_id), sealed, bytes.fromhex(box))


class Reader:
    def __init__(self, keyring: Keyring, clock: NotingClock, requests: list[OpenRequest], log: BinaryIO) -> None:
        self._opener = Opener(keyring, purpose="test", actor="test")
        self._clock, self._requests, self._log = clock, requests, log
        self.over, self.seen = threading.Event(), Counter[str]()
        self._writing = threading.Lock()

    def open(self, numbers: list[int]) -> None:
        try:
            answers = self._opener.open_many([self._requests[number] for number in numbers])
        except KeyStoreUnavailable as error:
            self.seen[type(error).__name__] += 1
            return
        vouched, handed = self._clock.said, key_clock()
        records = [
            RECORD.pack(number, vouched, handed)
            for number, answer in zip(numbers, answers, strict=True)
            if isinstance(answer, str)
        ]
        with self._writing:
            self._log.write(b"".join(records))
            self.seen["opened"] += len(records)
            self.seen["gone"] += len(numbers) - len(records)

    def read(self) -> None:
        try:
            while not self.over.is_set():
                self.open(random.sample(range(len(self._requests)), AT_ONCE))
                time.sleep(PAUSE)
        except Exception as fault:
            self.seen[f"fault: {fault!r}"] += 1


def main(keys: str, root: Path, log: Path) -> None:
    requests = [_request(each) for each in json.loads(sys.stdin.readline())]
    clock = NotingClock()
    with log.open("wb") as file, Keyring(PostgresKeyStore.connect(keys, FileRoot(root), at=now()), clock=clock) as ring:
        reader = Reader(ring, clock, requests, file)
        reader.open(list(range(len(requests))))
        sys.stdout.write("\n")
        sys.stdout.flush()
        threads = [threading.Thread(target=reader.read) for _ in range(THREADS)]
        for each in threads:
            each.start()
        sys.stdin.read()
        reader.over.set()
        for each in threads:
            each.join()
    json.dump(reader.seen, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
