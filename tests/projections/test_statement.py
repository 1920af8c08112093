"""A member's statement: running balance, periods, pages, and texts that are open, shredded or withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from benchmarks.history import History
from crypto_shredding import (
    FileRoot,
    Keyring,
    Opener,
    OpenRequest,
    Place,
    PostgresKeyStore,
    Sealed,
    Sealer,
    SealRequest,
    Shredded,
    Shredder,
    SlotId,
    Tampered,
    Withheld,
    create_installation,
)
from ledger import PointsAccrued, PointsPaid, personal_fields, topics
from ledger.points import commands as c
from ledger.points.movements import Money
from projections import NoSuchAccount, Statement, StatementQuery, rebuild
from projections.movements import MOVEMENTS
from projections.statement.project import HANDED_OVER, TEXTS
from tests.projections.conftest import Pool, Project
from tests.projections.rich_log import RichLog


class NothingToOpen:
    """An opener for statements without texts."""

    def open_each(self, requests: Sequence[OpenRequest]) -> list[str | Shredded | Withheld | Tampered]:
        assert not requests
        return []


@pytest.fixture
def statements(app_pool: Pool) -> StatementQuery:
    return StatementQuery(app_pool, NothingToOpen())


@pytest.fixture
def keyring(keys_dsn: str, tmp_path: Path) -> Iterator[Keyring]:
    create_installation(keys_dsn, id=uuid4(), cache_seconds=0.2)
    store = PostgresKeyStore.connect(keys_dsn, FileRoot(tmp_path / "root"), at=datetime(2024, 3, 7, tzinfo=UTC))
    with Keyring(store) as opened:
        yield opened
    store.close()


def test_every_movement_has_its_korean_word_and_its_sign(
    statements: StatementQuery, project: Project, history: History
) -> None:
    account = history.open()
    history.accrue(account, 1_000, expires_on=date(2017, 6, 30))
    history.accrue(account, 500)
    paid = history.pay(account, 300, store="S7")
    history.exchange(account, 100)
    history.refund(account, paid)
    history.expire(account, date(2017, 7, 1))
    history.leave(account)
    project(history.events)

    page = statements.page(account)

    assert [(line.title, line.points, line.balance) for line in page.lines] == [
        ("적립", 1_000, 1_000),
        ("적립", 500, 1_500),
        ("사용", -300, 1_200),
        ("교환", -100, 1_100),
        ("사용취소", 300, 1_400),
        ("기간만료 소멸", -900, 500),
        ("탈퇴 소멸", -500, 0),
    ]
    assert [line.counterpart for line in page.lines[2:4]] == ["S7", "COFFEE"]
    assert (page.program, page.opening, page.closing, page.next_after) == ("ACME", 0, 0, None)
    assert page.lines[2].event_id == paid


def told(page: Statement) -> list[tuple[object, ...]]:
    """Title, points, balance, and what is beside the lots, where anything is."""
    return [
        (line.title, line.points, line.balance, line.held, line.held_balance, line.pending, line.owed)
        for line in page.lines
    ]


def test_a_hold_is_shown_as_what_it_is_and_apart_from_the_balance(statements: StatementQuery, project: Project) -> None:
    log = RichLog()
    account = log.open()
    log.do(account, c.Accrue[Sealed], points=1_000)
    (held,) = log.do(account, c.Hold, points=300, store="S7")
    log.do(account, c.Authorise, hold_id=held.id)
    captured, _ = log.do(account, c.Capture[Sealed], hold_id=held.id, points=200)
    log.do(account, c.Refund[Sealed], spending_id=captured.id)
    project(log.events)

    page = statements.page(account)

    assert told(page) == [
        ("적립", 1_000, 1_000, 0, 0, 0, 0),
        ("가승인", -300, 700, 300, 300, 0, 0),
        ("승인 중", 0, 700, 0, 300, 0, 0),
        ("승인 확정", 0, 700, -200, 100, 0, 0),
        ("가승인 해제", 100, 800, -100, 0, 0, 0),
        ("사용취소", 200, 1_000, 0, 0, 0, 0),
    ]
    assert [line.counterpart for line in page.lines] == [None, "S7", None, "S7", None, None]
    assert (page.closing, page.held) == (1_000, 0)


def test_what_is_promised_and_what_is_owed_are_shown_beside_the_balance(
    statements: StatementQuery, project: Project
) -> None:
    log = RichLog()
    account = log.open()
    (promised,) = log.do(account, c.Accrue[Sealed], points=50, pending=True)
    log.do(account, c.Confirm, accrual_id=promised.id)
    (again,) = log.do(account, c.Accrue[Sealed], points=20, pending=True)
    log.do(account, c.ClawBack, accrual_id=again.id)
    log.do(account, c.Pay[Sealed], points=40)
    log.do(account, c.ClawBack, accrual_id=promised.id)
    log.do(account, c.Accrue[Sealed], points=100)
    project(log.events)

    page = statements.page(account)

    assert told(page) == [
        ("적립예정", 0, 0, 0, 0, 50, 0),
        ("적립확정", 50, 50, 0, 0, -50, 0),
        ("적립예정", 0, 50, 0, 0, 20, 0),
        ("적립예정 취소", 0, 50, 0, 0, -20, 0),
        ("사용", -40, 10, 0, 0, 0, 0),
        ("적립취소", -10, 0, 0, 0, 0, 40),
        ("적립", 100, 100, 0, 0, 0, 0),
        ("결손 상환", -40, 60, 0, 0, 0, -40),
    ]
    assert (page.closing, page.pending, page.owed) == (60, 0, 0)


class SaysWhose:
    """An opener that says whose field it was asked for."""

    def open_each(self, requests: Sequence[OpenRequest]) -> list[str | Shredded | Withheld | Tampered]:
        return [f"{each.place.event_type} {each.place.field_id}" for each in requests]


def test_the_other_ways_that_points_move_have_their_korean_words_and_each_party_its_own_note(
    app_pool: Pool, project: Project
) -> None:
    statements = StatementQuery(app_pool, SaysWhose())
    log = RichLog()
    giver, receiver, other = log.open(), log.open(), log.open("BLUE")
    log.do(giver, c.Charge[Sealed], points=300, money=Money(300), bonus=30)
    log.do(giver, c.CashOut[Sealed], points=100, payee=log.sealed())
    log.do(giver, c.Adjust[Sealed], points=5, reason="correction")
    log.do(giver, c.Adjust[Sealed], points=-5, reason="correction")
    log.move(giver, receiver, 60)
    log.move(giver, other, 30)
    coupon = {"coupon": "TEA", "coupon_id": log.id(), "code": log.sealed()}
    (bought,) = log.do(giver, c.Exchange[Sealed], points=10, **coupon)
    log.do(giver, c.RedeemCoupon, spending_id=bought.id, store="S1")
    project(log.events)

    assert [line[:3] for line in told(statements.page(giver))] == [
        ("충전", 300, 300),
        ("적립", 30, 330),
        ("환급", -100, 230),
        ("조정(+)", 5, 235),
        ("조정(−)", -5, 230),
        ("선물(보냄)", -60, 170),
        ("전환(보냄)", -30, 140),
        ("교환", -10, 130),
        ("쿠폰 사용", 0, 130),
    ]
    assert [line[:3] for line in told(statements.page(receiver))] == [("선물(받음)", 60, 60)]
    assert [line.texts for line in statements.page(giver).lines if line.texts] == [{"memo": "points.sent.v1 1"}]
    assert [line.texts for line in statements.page(receiver).lines] == [{"memo": "points.received.v1 1"}]
    assert [line[:3] for line in told(statements.page(other))] == [("전환(받음)", 20, 20)]


def test_a_log_from_before_the_ledger_refused_it_may_hold_a_nul(statements: StatementQuery, project: Project) -> None:
    history = History(programs=("A\0B",))
    account = history.open()
    history.accrue(account, 10, funder="f\0")
    project(history.events)  # and what comes later finds program and account by the name that the tables have
    begun = len(history.events)
    history.pay(account, 3, store="S\0\\7")
    history.accrue(history.open(), 10)

    project(history.events[begun:])

    page = statements.page(account)
    assert page.program == "A\ufffdB"
    assert [(line.points, line.counterpart) for line in page.lines] == [(10, None), (-3, "S\ufffd\\7")]


def test_pages_carry_the_balance_on(statements: StatementQuery, project: Project, history: History) -> None:
    account = history.open()
    for points in range(1, 8):
        history.accrue(account, points)
    project(history.events)

    first = statements.page(account, limit=3)
    assert first.next_after is not None
    second = statements.page(account, limit=3, after=first.next_after)
    assert second.next_after is not None
    third = statements.page(account, limit=3, after=second.next_after)

    assert [line.balance for page in (first, second, third) for line in page.lines] == [1, 3, 6, 10, 15, 21, 28]
    assert third.next_after is None
    assert {page.closing for page in (first, second, third)} == {28}


def test_a_period_opens_and_closes_with_what_occurred_until_then(
    statements: StatementQuery, project: Project, history: History
) -> None:
    account = history.open()
    for month in (1, 2, 3):
        history.now = datetime(2017, month, 15, tzinfo=UTC)
        history.accrue(account, 100 * month)
    history.now = datetime(2017, 4, 2, tzinfo=UTC)
    history.accrue(account, 7, occurred_at=datetime(2017, 2, 20, tzinfo=UTC))  # recorded late
    project(history.events)

    page = statements.page(account, since=date(2017, 2, 1), until=date(2017, 2, 28))
    as_known_then = statements.page(
        account, since=date(2017, 2, 1), until=date(2017, 2, 28), recorded_until=datetime(2017, 4, 1, tzinfo=UTC)
    )

    assert (page.opening, page.closing) == (100, 307)
    assert [(line.points, line.balance) for line in page.lines] == [(200, 300), (7, 307)]
    assert (as_known_then.opening, as_known_then.closing) == (100, 300)
    assert [line.points for line in as_known_then.lines] == [200]


def test_the_day_of_a_line_is_the_one_in_the_programs_zone(
    statements: StatementQuery, project: Project, history: History
) -> None:
    account = history.open()
    history.now = datetime(2017, 1, 31, 15, tzinfo=UTC)  # midnight of 1 February in Seoul
    history.accrue(account, 10)
    project(history.events)

    assert statements.page(account, until=date(2017, 1, 31)).lines == ()
    assert len(statements.page(account, since=date(2017, 2, 1)).lines) == 1


@pytest.mark.parametrize("odd", ["tab\tline\nreturn\r", "back\\slash \\N \\.", "\x1f unit", "한글 \u202e \u2028", ""])
def test_free_text_of_the_business_arrives_as_it_was(
    statements: StatementQuery, project: Project, history: History, odd: str
) -> None:
    account = history.open()
    history.accrue(account, 10, reference=odd, funder=odd or "operator")
    history.pay(account, 5, store=odd)
    project(history.events)

    accrued, paid = statements.page(account).lines

    assert accrued.reference == odd
    assert paid.counterpart == (odd or None)


def test_an_account_that_nobody_opened_has_no_statement(statements: StatementQuery, history: History) -> None:
    with pytest.raises(NoSuchAccount):
        statements.page(history.id())


def test_a_page_has_a_bounded_number_of_lines(statements: StatementQuery, history: History) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        statements.page(history.id(), limit=1_001)


def test_every_personal_field_of_a_movement_but_secrets_is_referred_to_in_its_line() -> None:
    for topic in MOVEMENTS:
        declared = {name: mark.field_id for name, mark in personal_fields(topics()[topic]).items()}
        assert dict(TEXTS[topic]) == {name: number for name, number in declared.items() if name not in HANDED_OVER}
    assert {"code", "payee"} == HANDED_OVER


class Story:
    """An account with a memo on an accrual and another on a payment, each under a slot of its own."""

    def __init__(self, history: History, keyring: Keyring) -> None:
        self._sealer = Sealer(keyring)
        self.earning, self.spending = self._sealer.issue_subjects(2)
        self.account = history.open()
        self.boxes: dict[UUID, list[tuple[int, bytes]]] = {}
        accrued, paid = history.id(), history.id()
        memo = self._seal(accrued, PointsAccrued.TOPIC, self.earning, "생일 축하 메모")
        history.accrue(self.account, 100, memo=memo, event_id=accrued)
        memo = self._seal(paid, PointsPaid.TOPIC, self.spending, "점심값")
        history.pay(self.account, 40, memo=memo, event_id=paid)

    def _seal(self, event_id: UUID, topic: str, slot: SlotId, text: str) -> Sealed:
        self._sealer.warm([slot], [])
        box = self._sealer.seal(SealRequest(Place(event_id, topic, 1), text, slot))
        self.boxes[event_id] = [(1, box.data)]
        return box.sealed


def test_texts_are_opened_at_display(app_pool: Pool, project: Project, history: History, keyring: Keyring) -> None:
    story = Story(history, keyring)
    history.accrue(story.account, 5)
    project(history.events, story.boxes)

    page = StatementQuery(app_pool, Opener(keyring, purpose="statement", actor="member")).page(story.account)

    assert [line.memo for line in page.lines] == ["생일 축하 메모", "점심값", None]
    assert [line.detail for line in page.lines] == [None, None, None]
    assert "점심값" not in repr(page)


def test_a_text_whose_key_is_destroyed_is_shredded_and_every_figure_stays(
    ledger_dsn: str, app_pool: Pool, project: Project, history: History, keyring: Keyring
) -> None:
    story = Story(history, keyring)
    project(history.events, story.boxes)
    query = StatementQuery(app_pool, Opener(keyring, purpose="statement", actor="member"))
    before = query.page(story.account)
    shredder = Shredder(keyring)
    at = datetime(2018, 1, 2, tzinfo=UTC)

    doomed = shredder.doom([story.earning], reason="erasure", at=at)
    shredder.wait_until_unreadable(doomed)
    shredder.shred(doomed, at=at)
    after = query.page(story.account)

    assert isinstance(after.lines[0].memo, Shredded)
    assert after.lines[1].memo == "점심값"
    assert [each.balance for each in after.lines] == [each.balance for each in before.lines] == [100, 60]
    assert rebuild(ledger_dsn).equal
    assert query.page(story.account) == after


def test_a_reader_without_the_right_is_told_that_a_text_is_withheld(
    app_pool: Pool, project: Project, history: History, keyring: Keyring
) -> None:
    story = Story(history, keyring)
    project(history.events, story.boxes)

    def not_payments(request: OpenRequest) -> str | None:
        return "분리보관" if request.place.event_type == PointsPaid.TOPIC else None

    opener = Opener(keyring, purpose="support", actor="agent", withhold=not_payments)
    page = StatementQuery(app_pool, opener).page(story.account)

    assert [line.memo for line in page.lines] == ["생일 축하 메모", Withheld("분리보관")]
