"""The appender: batches, order, poisoned entries, lost answers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ledger.store import (
    Appender,
    AppenderClosed,
    EntryRejected,
    EntryTooLarge,
    NewEvent,
    Outcome,
    Status,
    StoreUnavailable,
)
from ledger.store import (
    appender as appender_module,
)
from service.embedded_postgres import EmbeddedPostgres
from tests.ledger.store.making import after, append, entry, event, opening, rows, statuses
from tests.ledger.store.proxy import Proxy

Connection = psycopg.Connection[Any]


@pytest.fixture
async def proxy(server: EmbeddedPostgres) -> AsyncIterator[Proxy]:
    async with Proxy(server.socket_dir) as opened:
        yield opened


@pytest.fixture
async def through_proxy(proxy: Proxy, ledger_database: str) -> AsyncIterator[Appender]:
    async with await Appender.open(proxy.dsn(ledger_database, "ledger_app"), patience=10) as opened:
        yield opened


async def test_what_waits_goes_together_in_the_order_of_submit(appender: Appender) -> None:
    head = event(uuid4())
    submitted = [appender.submit(entry(head))]
    for _ in range(100):
        head = after(head)
        submitted.append(appender.submit(entry(head)))

    answered = await asyncio.gather(*submitted)

    assert statuses(answered) == ["APPENDED"] * 101
    assert [outcome.position for outcome in answered] == list(range(1, 102))


async def test_many_callers_are_answered_each_on_its_own(appender: Appender) -> None:
    async def caller() -> int:
        head = event(uuid4(), boxes=((1, b"box"),))
        for _ in range(20):
            outcome = await appender.submit(entry(head))
            assert outcome.status is Status.APPENDED
            head = after(head)
        return outcome.position

    positions = await asyncio.gather(*(caller() for _ in range(64)))

    assert len(set(positions)) == 64
    assert max(positions) == 64 * 20


async def test_a_batch_has_limits(appender: Appender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender_module, "BATCH_BYTES_MAX", 1_000)
    monkeypatch.setattr(appender_module, "BATCH_ENTRIES_MAX", 3)
    big = [opening(receipt=b"r" * 900) for _ in range(3)]

    answered = await asyncio.gather(*(appender.submit(each) for each in (*big, *(opening() for _ in range(10)))))

    assert statuses(answered) == ["APPENDED"] * 13
    with pytest.raises(EntryTooLarge) as refused:
        appender.submit(opening(receipt=b"r" * 1_001))
    assert refused.value.size > refused.value.size_max == 1_000


async def test_who_decides_ahead_hears_of_a_refusal_before_the_next_batch_goes(app: Connection, app_dsn: str) -> None:
    head = opening()
    append(app, head)
    heard: list[Outcome | None] = []
    async with await Appender.open(app_dsn) as appender:
        appender.submit(entry(event(head.stream, 9)), heard.append)
        await asyncio.sleep(0)
        second = appender.submit(opening(), lambda _: heard.append(Outcome(Status.APPENDED, len(heard), None, None)))
        await second

    assert heard[0] is not None
    assert heard[0].status is Status.CONFLICT
    assert heard[1] is not None
    assert heard[1].position == 1


async def test_who_decides_ahead_hears_of_an_entry_that_was_rejected_too(appender: Appender) -> None:
    heard: list[Outcome | None] = []

    with pytest.raises(EntryRejected):
        await appender.submit(entry(NewEvent(uuid4(), 1, uuid4(), None, "nul\0", b"")), heard.append)

    assert heard == [None]


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(lambda: entry(NewEvent(uuid4(), 1, uuid4(), None, "nul\0", b"")), id="the server cannot store it"),
        pytest.param(lambda: entry(event(uuid4(), 2**63)), id="the driver cannot send it"),
        pytest.param(lambda: opening(reference=secrets.token_hex(20_000)), id="an index cannot hold it"),
        pytest.param(lambda: entry(event(uuid4(), boxes=((1, b""), (1, b"")))), id="it contradicts itself"),
    ],
)
async def test_a_poisoned_entry_does_not_fail_innocent_ones(appender: Appender, poison: Any) -> None:
    head = opening()
    before = [appender.submit(opening()) for _ in range(20)] + [appender.submit(head)]
    poisoned = appender.submit(poison())
    behind = [appender.submit(entry(after(head.events[0])))] + [appender.submit(opening()) for _ in range(20)]

    answered = await asyncio.gather(*before, *behind)

    assert statuses(answered) == ["APPENDED"] * 42
    with pytest.raises(EntryRejected):
        await poisoned


async def test_an_account_cannot_be_linked_twice(appender: Appender) -> None:
    account = uuid4()
    await appender.submit(opening(links=((account, uuid4()),)))

    with pytest.raises(EntryRejected) as refused:
        await appender.submit(opening(links=((account, uuid4()),)))
    assert refused.value.sqlstate == "23505"


async def test_an_answer_that_was_lost_is_found_again(proxy: Proxy, through_proxy: Appender, app: Connection) -> None:
    """The very same batch goes again; what it had appended is reported as appended, the rest as it was."""
    member = uuid4()
    known = opening(closes=((member, 1),))
    append(app, known)
    await through_proxy.submit(opening())
    proxy.answers_to_lose = 1
    head = opening(reference="r")

    answered = await asyncio.gather(
        *(
            through_proxy.submit(each)
            for each in (
                head,
                entry(after(head.events[0])),
                entry(after(head.events[0])),
                entry(after(known.events[0]), key=known.key, receipt=b"of another attempt"),
                entry(event(head.stream, 8), reference="r"),
                opening(guards=((member, 1),)),
                entry(after(known.events[0])),
            )
        )
    )

    assert proxy.connections == 2
    assert statuses(answered) == [
        *("APPENDED", "APPENDED", "CONFLICT", "REPLAYED", "REFERENCE_SEEN", "CLASS_CLOSED", "APPENDED")
    ]
    assert [outcome.position for outcome in answered if outcome.status is Status.APPENDED] == [3, 4, 5]
    assert rows(app, "events") == 5


async def test_an_answer_can_be_lost_over_and_over(proxy: Proxy, through_proxy: Appender, app: Connection) -> None:
    await through_proxy.submit(opening())

    async def caller() -> None:
        head = event(uuid4())
        for _ in range(15):
            assert (await through_proxy.submit(entry(head))).status is Status.APPENDED
            head = after(head)

    callers = asyncio.gather(*(caller() for _ in range(40)))
    for round_ in range(10):
        proxy.lost.clear()
        if round_ % 2:
            proxy.answers_to_lose = 1
        else:
            proxy.requests_to_lose = 1
        lost = asyncio.create_task(proxy.lost.wait())
        either: list[asyncio.Future[Any]] = [callers, lost]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        lost.cancel()
    proxy.answers_to_lose = proxy.requests_to_lose = 0
    await callers

    assert proxy.connections > 3
    assert rows(app, "events") == rows(app, "receipt") == 1 + 40 * 15


async def test_a_session_that_the_server_ends_is_made_again(appender: Appender, owner: Connection) -> None:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ledger appender'"
    for _ in range(3):
        assert (await appender.submit(opening())).status is Status.APPENDED
        owner.execute(ended + " AND datname = current_database()")

    assert (await appender.submit(opening())).status is Status.APPENDED


async def test_a_batch_that_cannot_have_the_lock_in_time_is_sent_again(appender: Appender, owner: Connection) -> None:
    owner.execute("ALTER ROLE ledger_app IN DATABASE " + owner.info.dbname + " SET lock_timeout = '50ms'")
    owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'ledger appender' AND datname = current_database()"
    )
    with owner.transaction():
        owner.execute("SELECT pg_advisory_xact_lock(1279541616, 1)")
        waiting = appender.submit(opening())
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()

    assert (await waiting).status is Status.APPENDED


async def test_when_the_store_stays_away_the_caller_is_told_that_the_outcome_is_unknown(
    proxy: Proxy, ledger_database: str, app: Connection
) -> None:
    async with await Appender.open(proxy.dsn(ledger_database, "ledger_app"), patience=0.3) as appender:
        await appender.submit(opening())
        lost, waiting = opening(), opening()
        proxy.answers_to_lose, proxy.refuses = 1, True

        with pytest.raises(StoreUnavailable, match="send the same keys again"):
            await appender.submit(lost)
        with pytest.raises(StoreUnavailable):
            await appender.submit(waiting)

        proxy.refuses = False
        assert (await appender.submit(lost)).status is Status.REPLAYED
        assert (await appender.submit(waiting)).status is Status.APPENDED
    assert rows(app, "events") == 3


async def test_closing_answers_what_was_submitted_and_refuses_more(app_dsn: str) -> None:
    appender = await Appender.open(app_dsn)
    submitted = [appender.submit(opening()) for _ in range(50)]

    await appender.aclose()
    await appender.aclose()

    assert statuses([answer.result() for answer in submitted]) == ["APPENDED"] * 50
    with pytest.raises(AppenderClosed):
        appender.submit(opening())


async def test_a_caller_who_gave_up_does_not_take_its_entry_back(appender: Appender, app: Connection) -> None:
    given_up = appender.submit(opening())
    given_up.cancel()

    assert (await appender.submit(opening())).position == 2
    assert rows(app, "events") == 2
