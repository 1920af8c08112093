"""Laws of the desk under random waves of commands: what is stored folds to the books, and a refusal leaves no trace."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledger import Exchange, Expire, Receipt, Refund, Refused, Span, day_of, decode
from ledger.evolution import evolve
from ledger.points.conservation import movements
from tests.ledger.desk.test_refusals import contents
from tests.ledger.office import Addresses, Office

# Each example is a member's whole life in a real database: few by default, since each takes a tenth to half a second.
REAL = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


class Move(NamedTuple):
    """One command; ``again`` sends it from the other desk at the same time."""

    verb: str
    account: int
    desk: int
    points: int
    again: bool


moves = st.builds(
    Move,
    st.sampled_from(["accrue", "accrue", "pay", "pay", "exchange", "refund", "expire"]),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(1, 40),
    st.booleans(),
)
waves = st.lists(st.lists(moves, min_size=1, max_size=8), min_size=1, max_size=5)


def command(move: Move, desk: Office, account: UUID, spent: list[UUID]) -> Any:
    text: dict[str, Any] = {"memo": "a memo"} if move.points % 2 else {}
    match move.verb:
        case "accrue":
            return desk.accrual(account, move.points, **text)
        case "pay":
            return desk.payment(account, move.points, **text)
        case "exchange":
            coupon = desk.payment(account, 1).key
            return Exchange(
                account_id=account, points=move.points, coupon="coffee", coupon_id=coupon, **desk.stamp(), **text
            )
        case "refund":
            spending = spent[move.points % len(spent)] if spent else desk.payment(account, 1).key
            return Refund(account_id=account, spending_id=spending, **desk.stamp(), **text)
        case _:
            return Expire(account_id=account, as_of=day_of(desk.now), **desk.stamp())


async def lives(desks: tuple[Office, Office], plan: list[list[Move]]) -> tuple[UUID, list[UUID], list[Any]]:
    """A member with two accounts to whom the waves happen, days apart; and every answer."""
    member, accounts = await desks[0].member(20, 0)
    spent: dict[UUID, list[UUID]] = {account: [] for account in accounts}
    answers: list[Any] = []
    for wave in plan:
        sent = []
        for move in wave:
            desk, account = desks[move.desk], accounts[move.account]
            one = command(move, desk, account, spent[account])
            sent += [(desk, one)] + ([(desks[1 - move.desk], one)] if move.again else [])
        told = await asyncio.gather(*(desk.do(each) for desk, each in sent), return_exceptions=True)
        for (_, one), answer in zip(sent, told, strict=True):
            assert isinstance(answer, Receipt | Refused), answer
            if isinstance(answer, Receipt) and answer.topic in ("points.paid.v1", "points.exchanged.v1"):
                spent[one.account_id].append(answer.receipt_id)
        answers += zip([one for _, one in sent], told, strict=True)
        for desk in desks:
            desk.now += timedelta(days=4)
    return member, accounts, answers


def folded(dsn: str, stream: UUID) -> tuple[Any, dict[UUID, int], int]:
    """The state, the points of each lot and the number of events, from the bytes that are stored."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT version, topic, state FROM ledger.events WHERE stream = %s ORDER BY version", [stream]
        ).fetchall()
    assert [version for version, _, _ in rows] == list(range(1, len(rows) + 1))
    state, lots = None, dict[UUID, int]()
    for _, topic, data in rows:
        event = decode(topic, data)
        state = evolve(state, event)
        if topic.startswith("points."):
            for lot, points in movements(event):  # type: ignore[arg-type]
                lots[lot] = lots.get(lot, 0) + points
                assert lots[lot] >= 0, "a lot is overdrawn"
    return state, {lot: points for lot, points in lots.items() if points}, len(rows)


@REAL
@given(plan=waves)
async def test_folding_what_is_stored_gives_the_books_of_every_process(
    addresses: Addresses, ledger_dsn: str, plan: list[list[Move]]
) -> None:
    async with await Office.open(addresses) as one, await Office.open(addresses) as another:
        await define(one)
        desks = (one, another)

        member, accounts, answers = await lives(desks, plan)

        for stream in (member, *accounts):
            state, lots, events = folded(ledger_dsn, stream)
            for desk in desks:
                assert await desk.ledger.shelf.stored([stream]) == [state]
                book = desk.ledger.shelf.at_hand(stream)
                assert book is not None
                assert (book.version, book.state, book.is_ahead) == (events, state, False)
            if stream != member:
                assert {lot.lot_id: lot.points for lot in state.open_lots} == lots
        by_key: dict[UUID, set[Any]] = {}
        for sent, answer in answers:
            if isinstance(answer, Receipt):
                by_key.setdefault(sent.key, set()).add(answer)
        assert all(len(receipts) == 1 for receipts in by_key.values()), "one key, one receipt"


@REAL
@given(plan=waves)
async def test_whatever_is_refused_leaves_every_table_as_it_was(
    addresses: Addresses, ledger_dsn: str, plan: list[list[Move]]
) -> None:
    async with await Office.open(addresses) as desk:
        await define(desk)
        _, accounts = await desk.member(20, 0)
        spent: list[UUID] = []
        for move in (each for wave in plan for each in wave):
            before = contents(ledger_dsn)
            try:
                answer = await desk.do(command(move, desk, accounts[move.account], spent))
            except Refused:
                assert contents(ledger_dsn) == before
            else:
                after = contents(ledger_dsn)
                changed = {table for table, content in after.items() if content != before[table]}
                assert (changed == {"receipt"}) is (answer.topic == "nothing"), "of nothing only its receipt is kept"
                if answer.topic == "points.paid.v1":
                    spent.append(answer.receipt_id)
            desk.now += timedelta(days=1)


async def define(desk: Office) -> None:
    """The program, once a database: points live for ten days."""
    try:
        await desk.program(expires_after=Span(days=10))
    except Refused:
        return
