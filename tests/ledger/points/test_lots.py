"""Open lots in chunks: the same as a plain sorted list, whatever is done to them, however many there are."""

import bisect
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.points.account import Account
from ledger.points.balance import balance, not_usable_yet, spendable, spendable_at
from ledger.points.draws import drawn, in_order
from ledger.points.lot_chunk import CHUNK_LOTS_MIN, NEVER, spending_key
from ledger.points.lots import Lots, NotLying
from ledger.points.movements import Draw, Lot
from ledger.points.returns import RETURNS_A_CHUNK_MAX, Returns
from tests.ledger.points.chunks import assert_is_well_made, make_chunks_small
from tests.ledger.points.given import SLOTS, lot, sealed

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
DAY_ONE = date(2024, 1, 1)

seeds = st.integers(0, 1 << 32)
hard = settings(deadline=None, max_examples=60)


class Plain:
    """Lots in a plain list, by definition rather than by structure."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.terms: dict[UUID, Lot] = {}

    def add(self, new: Lot) -> None:
        for place, each in enumerate(self.lots):
            if (each.lot_id, each.expires_on) == (new.lot_id, new.expires_on):
                self.lots[place] = replace(each, points=each.points + new.points)
                return
        bisect.insort(self.lots, new, key=spending_key)

    def take(self, draw: Draw) -> None:
        [place] = [
            place
            for place, each in enumerate(self.lots)
            if (each.lot_id, each.expires_on) == (draw.lot_id, draw.expires_on)
        ]
        left = self.lots[place].points - draw.points
        self.lots[place : place + 1] = [replace(self.lots[place], points=left)] if left else []


def any_lot(random: Random, number: int) -> Lot:
    """Few different terms, so that ranks, days and places meet."""
    earned_at = BEGAN + timedelta(hours=random.randrange(5))
    return lot(
        random.randint(1, 9),
        lot_id=UUID(int=number),
        sequence=number,
        kind=random.choice(("free", "free", "paid")),
        funder=random.choice(("operator", "p-1")),
        earned_at=earned_at,
        usable_at=earned_at + timedelta(hours=random.choice((0, 0, 0, 7))),
        expires_on=random.choice((None, *(DAY_ONE + timedelta(days=each) for each in range(4)))),
        priority=random.choice((0, 0, 0, 1, 5)),
        own_use=random.choice((None, None, "p-1", "p-2")),
    )


def lived(random: Random, steps: int) -> tuple[Lots, Plain]:
    """Both after the same random life: lots in, parts with other days back, draws of one or many."""
    with pytest.MonkeyPatch.context() as patch:
        make_chunks_small(patch)
        return _lived(random, steps)


def _lived(random: Random, steps: int) -> tuple[Lots, Plain]:
    lots, plain = Lots(), Plain()
    for number in range(steps):
        dice = random.random()
        if dice < 0.55 or not plain.lots:
            new = any_lot(random, number)
            plain.terms[new.lot_id] = new
            lots = lots.with_lot(new)
            plain.add(new)
        elif dice < 0.7:
            terms = random.choice(list(plain.terms.values()))
            points, last = random.randint(1, 9), random.choice((terms.expires_on, DAY_ONE, None))
            lots = lots.with_points(terms, points, last)
            plain.add(terms.part(points, last))
        else:
            first = random.randrange(len(plain.lots))
            chosen = plain.lots[first : first + random.choice((1, 1, 3, 200))]
            if random.random() < 0.3:
                random.shuffle(chosen)
            draws = [replace(drawn(each), points=random.randint(1, each.points)) for each in chosen]
            lots = lots.without(draws, plain.terms)
            for each in draws:
                plain.take(each)
        assert_is_well_made(lots)
    return lots, plain


@given(seed=seeds, steps=st.sampled_from([2, 10, 60, 400]))
@hard
def test_chunked_lots_are_a_sorted_list(seed: int, steps: int) -> None:
    lots, plain = lived(Random(seed), steps)

    assert lots == tuple(plain.lots)
    assert len(lots) == len(plain.lots)
    assert [lots[place] for place in range(-len(lots), len(lots))] == plain.lots * 2
    assert lots[3:7] == tuple(plain.lots[3:7])
    assert hash(lots) == hash(Lots.of(plain.lots))
    assert lots == Lots.of(plain.lots)
    for terms in plain.terms.values():
        assert lots.of_lot(terms) == [each for each in plain.lots if each.lot_id == terms.lot_id]
    for day in range(-1, 6):
        before = DAY_ONE + timedelta(days=day)
        assert list(lots.past(before)) == [each for each in plain.lots if (each.expires_on or NEVER) < before]
        assert lots.are_past(before) == any((each.expires_on or NEVER) < before for each in plain.lots)


@given(seed=seeds, steps=st.sampled_from([2, 10, 60, 400]))
@hard
def test_what_may_be_spent_is_what_its_definition_says(seed: int, steps: int) -> None:
    random = Random(seed)
    lots, plain = lived(random, steps)
    returns = Returns()
    for _ in range(random.randrange(30)):
        chosen = random.choice(plain.lots or [any_lot(random, 0)])
        back = replace(drawn(chosen), points=random.randint(1, chosen.points))
        returns = returns.with_return(BEGAN + timedelta(hours=random.randrange(12)), (back,))
    account = account_of(lots, plain, returns)
    hour, redeemer = random.randrange(13), random.choice((None, "p-1", "p-2"))
    at = BEGAN + timedelta(hours=hour)
    day = DAY_ONE + timedelta(days=random.randrange(5))

    expected = spendable_by_definition(plain.lots, returns, at, day)
    found, points = spendable(account, at, day)
    assert (list(found), points) == (expected, sum(each.points for each in expected))
    assert list(in_order(found, "free_first")) == sorted(expected, key=lambda each: each.kind == "paid")

    here = [each for each in expected if each.own_use in (None, redeemer)]
    found, points = spendable_at(account, at, day, redeemer)
    assert (list(found), points) == (here, sum(each.points for each in here))
    assert list(found.of_kind("paid")) == [each for each in here if each.kind == "paid"]
    assert not_usable_yet(account, at) == sum(each.points for each in plain.lots if each.usable_at > at)


@given(seed=seeds, steps=st.sampled_from([2, 10, 60, 400]))
@hard
def test_the_balance_names_the_soonest_last_day_of_what_may_be_spent(seed: int, steps: int) -> None:
    random = Random(seed)
    lots, plain = lived(random, steps)
    at = datetime(2024, 1, random.randint(1, 4), random.randrange(15), tzinfo=UTC)

    there = spendable_by_definition(plain.lots, Returns(), at, at.date())
    soonest = min((each.expires_on for each in there if each.expires_on is not None), default=None)
    told = balance(account_of(lots, plain, Returns()), at, UTC)  # type: ignore[arg-type]  # a zone like any other

    assert told.available == sum(each.points for each in there)
    assert told.next_expiry_on == soonest
    assert told.next_expiry_points == sum(each.points for each in there if soonest and each.expires_on == soonest)


def spendable_by_definition(lots: list[Lot], returns: Returns, at: datetime, day: date) -> list[Lot]:
    """Lot by lot: usable, not past its day, and less what came back later."""
    left = []
    for each in lots:
        later = sum(
            draw.points
            for back in returns
            if back.at > at
            for draw in back.draws
            if (draw.lot_id, draw.expires_on) == (each.lot_id, each.expires_on)
        )
        if each.usable_at <= at and (each.expires_on or NEVER) >= day and each.points > later:
            left.append(replace(each, points=each.points - later))
    return left


def account_of(lots: Lots, plain: Plain, returns: Returns) -> Account:
    """An account with these lots."""
    account = Account(UUID(int=1), "TEST", sealed(1), SLOTS)
    return account._replace(
        open_lots=lots,
        open_points=sum(each.points for each in plain.lots),
        lots=account.lots.update(plain.terms),
        all_usable_at=max((each.usable_at for each in plain.terms.values()), default=account.all_usable_at),
        returned_at=max((each.at for each in returns), default=account.returned_at),
        aside=replace(account.aside, returns=returns),
    )


def test_a_changed_sequence_leaves_the_one_before_as_it_was() -> None:
    many = [lot(sequence=number, earned_at=BEGAN + timedelta(hours=number)) for number in range(1_000)]
    terms = {each.lot_id: each for each in many}
    before = Lots.of(many)
    after = before.without([drawn(each) for each in many[100:900]], terms)

    assert before == tuple(many)
    assert after == tuple(many[:100] + many[900:])


@pytest.mark.parametrize("step", [1, -1], ids=["from the first", "from the last"])
def test_draws_leave_few_small_chunks(step: int) -> None:
    many = [lot(sequence=number, earned_at=BEGAN + timedelta(hours=number)) for number in range(10_000)]
    terms = {each.lot_id: each for each in many}
    lots = Lots.of(many)
    for number in range(10_000)[::step]:
        if number % 100:
            lots = lots.without([drawn(many[number])], terms)

    assert lots == tuple(many[::100])
    assert len(lots._chunks) <= 2 * len(lots) // CHUNK_LOTS_MIN


def test_points_are_not_taken_where_none_lie() -> None:
    here, gone = lot(10, sequence=1), lot(10, sequence=2)
    terms = {here.lot_id: here, gone.lot_id: gone}
    lots = Lots.of([here])

    for draws, has in (
        ([drawn(gone)], 0),
        ([drawn(lot())], 0),
        ([replace(drawn(here), points=11)], 10),
        ([drawn(here), drawn(here)], 0),
        ([replace(drawn(here), points=6)] * 2, 4),
        ([replace(drawn(here), expires_on=DAY_ONE)], 0),
    ):
        with pytest.raises(NotLying) as wrong:
            lots.without(draws, terms)
        assert wrong.value.has == has


def test_an_accrual_that_is_there_twice_ahead_of_the_store_is_taken_twice() -> None:
    first = lot(9, sequence=1, expires_on=DAY_ONE, priority=1)
    second = replace(first, sequence=2, points=4)
    other = lot(1, sequence=3)
    lots = Lots.of([other, first, second])

    left = lots.without([drawn(each) for each in lots.past(NEVER)], {second.lot_id: second, other.lot_id: other})

    assert left == (other,)


def test_what_came_back_lies_in_the_order_of_when() -> None:
    returns = Returns()
    plain: list[tuple[datetime, tuple[Draw, ...]]] = []
    for number in range(5 * RETURNS_A_CHUNK_MAX):
        at = BEGAN + timedelta(hours=number if number % 3 else number // 2)
        draws = (drawn(lot(number + 1)),)
        returns = returns.with_return(at, draws)
        bisect.insort(plain, (at, draws), key=lambda each: each[0])

    assert [(each.at, each.draws) for each in returns] == plain
    assert all(0 < len(chunk) <= RETURNS_A_CHUNK_MAX for chunk in returns.chunks)
    for at, _ in plain[::50]:
        assert [each.at for each in returns.later_than(at)] == [each for each, _ in reversed(plain) if each > at]


def test_points_that_get_a_later_day_are_known_by_it_the_latest_back_first() -> None:
    mine, other = lot(sequence=1, expires_on=DAY_ONE), lot(sequence=2, expires_on=DAY_ONE)
    returns = Returns()
    for hour, points in enumerate((3, 4)):
        draws = replace(drawn(mine), points=points), replace(drawn(other), points=5)
        returns = returns.with_return(BEGAN + timedelta(hours=hour), draws)
    later = DAY_ONE + timedelta(days=9)
    had = replace(drawn(mine), points=6)

    moved = returns.with_days([had], [replace(had, expires_on=later)])

    assert [[(each.lot_id == mine.lot_id, each.points, each.expires_on) for each in back.draws] for back in moved] == [
        [(True, 2, later), (True, 1, DAY_ONE), (False, 5, DAY_ONE)],
        [(True, 4, later), (False, 5, DAY_ONE)],
    ]
