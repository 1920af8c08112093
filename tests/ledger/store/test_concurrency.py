"""Several writers at once: the order that readers see, the fence, the one account that all want."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg

from ledger.store import Doorbell, Status, beginning, read_feed, verify_chain
from tests.ledger.store.making import after, append, entry, event, opening

Connection = psycopg.Connection[Any]


def test_a_reader_that_tails_two_writing_processes_misses_nothing(app_dsn: str) -> None:
    callers, entries = 16, 60
    command = [sys.executable, "-m", "tests.ledger.store.writer", app_dsn, str(callers), str(entries)]
    writers = [subprocess.Popen(command) for _ in range(2)]
    seen: list[int] = []
    versions: dict[UUID, int] = {}
    with psycopg.connect(app_dsn, autocommit=True) as connection, Doorbell(app_dsn) as bell:
        cursor = beginning(connection)
        while len(seen) < 2 * callers * entries and not all(writer.poll() for writer in writers):
            events = read_feed(connection, cursor, 50)
            for each in events:
                seen.append(each.position)
                assert each.version == versions.get(each.stream, 0) + 1
                versions[each.stream] = each.version
            if events:
                cursor = cursor.at(events[-1].position)
            else:
                bell.wait()
        assert [writer.wait() for writer in writers] == [0, 0]
        assert seen == list(range(1, 2 * callers * entries + 1))
        assert verify_chain(connection).is_intact


def test_nothing_that_guards_a_class_is_appended_after_what_closes_it(app_dsn: str) -> None:
    """Writers race closings from connections of their own; a deadlock would raise."""
    members = [uuid4() for _ in range(12)]

    def write(_: int) -> dict[UUID, int]:
        """The last position that got through before each member's class was closed."""
        last = dict.fromkeys(members, 0)
        open_members = set(members)
        with psycopg.connect(app_dsn, autocommit=True) as connection:
            while open_members:
                for member in list(open_members):
                    [outcome] = append(connection, opening(guards=((member, 1),)))
                    if outcome.status is Status.CLASS_CLOSED:
                        open_members.remove(member)
                    else:
                        assert outcome.status is Status.APPENDED
                        last[member] = outcome.position
        return last

    def close() -> dict[UUID, int]:
        with psycopg.connect(app_dsn, autocommit=True) as connection:
            return {member: append(connection, opening(closes=((member, 1),)))[0].position for member in members}

    with ThreadPoolExecutor(5) as pool:
        writing = [pool.submit(write, number) for number in range(4)]
        closed = pool.submit(close).result()
        for written in writing:
            assert all(position < closed[member] for member, position in written.result().items())


def test_of_those_who_decide_on_one_event_exactly_one_gets_through(app_dsn: str, app: Connection) -> None:
    head = event(uuid4())
    append(app, entry(head))
    rounds, writers = 15, 4

    def spend(head: Any) -> Any:
        mine = after(head)
        with psycopg.connect(app_dsn, autocommit=True) as connection:
            [outcome] = append(connection, entry(mine))
        return mine if outcome.status is Status.APPENDED else None

    with ThreadPoolExecutor(writers) as pool:
        for _ in range(rounds):
            winners = [mine for mine in pool.map(spend, [head] * writers) if mine is not None]
            [head] = winners

    assert head.version == 1 + rounds
