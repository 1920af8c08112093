"""Every command with anything in it, as rules of the machine that gives it to the ledger and to the oracle."""

from typing import Any
from uuid import UUID, uuid5

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from crypto_shredding import Sealed
from ledger.points import commands as say
from ledger.points.decide import convert, leave_account, transfer
from ledger.points.movements import Money
from ledger.points.stamp import first_event_id
from tests.ledger.points.bag import DAY
from tests.ledger.points.given import ACTOR, stamp
from tests.ledger.points.giving import convert as convert_points
from tests.ledger.points.giving import transfer as transfer_points
from tests.ledger.points.machine import RATE, TwoOfEach
from tests.ledger.points.oracle import NEVER, Rules, Terms, day
from tests.ledger.points.telling import day_named, instant, number_of

FUNDERS = ("operator", "p-1")
who = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 1, 2])
"""Mostly one account. The second is of the same program, the third of another."""
back = st.sampled_from([0] * 12 + [30, 30, DAY, DAY, 2 * DAY, -4, -4, -6])
"""Minutes by which an event lies before its record. Four ahead is within the skew of clocks, six is not."""
as_of_days = st.sampled_from([0, 0, 1, -1])
few = st.integers(1, 12)
pick = st.integers(0, 999)
redeemers = st.sampled_from([None, None, "p-1", "p-2"])


class EveryVerb(TwoOfEach):
    """Three accounts, minute by minute; every command is given to the ledger and to the oracle."""

    @initialize(
        free_first=st.booleans(), grace=st.sampled_from([0, 0, 2]), fault_grace=st.sampled_from([None, 0, 4]),
        end=st.sampled_from([None, None, None, 14]), split=st.sampled_from(["pro_rata", "points_first", "cash_first"]),
        policy=st.sampled_from(["deficit", "deficit", "clamp", "offset_refund"]), any_funder=st.booleans(),
        from_accrual=st.booleans(), validity=st.sampled_from([None, 1, 3, 6]), unit=st.sampled_from([1, 1, 3]),
        smallest=st.sampled_from([1, 1, 3]), hold=st.sampled_from([30, 2_000]), fee=st.sampled_from([0, 1_250]),
        activity=st.booleans(), unnoticed=st.sampled_from([0, 0, 2]),
    )  # fmt: skip
    def opens(self, **chosen: Any) -> None:
        self.begin(Rules(**chosen))
        for who, points, funder, valid in (
            (0, 12, "operator", 5), (0, 9, "p-1", 7), (0, 6, "operator", 9), (1, 9, "p-1", 6),
        ):  # fmt: skip
            self.accrues(who, 0, 0, valid, False, points=points, bought=False, funder=funder, rank=0, own=None)

    # Earning.

    @rule(
        who=who, points=few, bought=st.sampled_from([False, False, True]), funder=st.sampled_from(FUNDERS),
        rank=st.sampled_from([0, 0, 0, 1]), back=back, wait=st.sampled_from([0, 0, 0, DAY]),
        validity=st.sampled_from([0, 1, 3, 9, NEVER]), pending=st.sampled_from([False, False, True]),
        own=st.sampled_from([None, None, None, "p-1"]),
    )  # fmt: skip
    def accrues(self, who: int, back: int, wait: int, validity: int, pending: bool, **terms: Any) -> None:
        earned = self.now - back
        last = self.oracles[who].counted(earned) if validity == NEVER else day(earned + wait) + validity
        lot = Terms(earned=earned, usable=earned + wait, last=last, number=0, **terms)
        self.do(
            who, say.Accrue[Sealed], back, lambda of, name: of.accrue(name, lot, pending=pending),
            points=lot.points, kind="paid" if lot.bought else "free", funder=lot.funder, priority=lot.rank,
            usable_at=instant(lot.usable), expires_on=day_named(last), pending=pending, own_use=lot.own,
        )  # fmt: skip

    @rule(who=who, points=few, back=back, pending=st.booleans())
    def accrues_by_the_programs_calendar(self, who: int, points: int, back: int, pending: bool) -> None:
        earned = self.now - back
        lot = Terms(points, False, "operator", 0, earned, earned, self.oracles[who].counted(earned), 0)
        self.do(
            who, say.Accrue[Sealed], back, lambda of, name: of.accrue(name, lot, pending=pending),
            points=points, pending=pending,
        )  # fmt: skip

    @precondition(lambda self: self.has("promised"))
    @rule(pick=pick, back=back)
    def confirms(self, pick: int, back: int) -> None:
        who, accrual = self.one_of(lambda of: [*of.promised, *list(of.terms)[:1], *of.cancelled], pick)
        self.do(who, say.Confirm, back, lambda of, _: of.confirm(accrual, self.now - back), accrual_id=accrual)

    @rule(who=who, points=few, more=st.sampled_from([0, 0, 5, -1]), bonus=st.sampled_from([0, 3]), back=back)
    def charges(self, who: int, points: int, more: int, bonus: int, back: int) -> None:
        money = points * self.chosen.unit + more
        self.do(
            who, say.Charge[Sealed], back,
            lambda of, name: of.charge((name, self.stamp.event_ids[1]), points, money, bonus, self.now - back),
            points=points, money=Money(money), bonus=bonus,
        )  # fmt: skip

    @rule(who=who, points=few, back=back)
    def cashes_out(self, who: int, points: int, back: int) -> None:
        paid: list[int] = []
        pays = lambda of, _: paid.append(of.cash_out(points, self.now - back))  # noqa: E731
        (*events,) = self.do(who, say.CashOut[Sealed], back, pays, points=points)
        assert [event.money.amount for event in events] == paid

    @rule(
        who=who, points=st.sampled_from([-60, -7, -3, 0, 4, 60]), back=back,
        second=st.booleans(), may_owe=st.booleans(),
        bought=st.sampled_from([False, False, True]), funder=st.sampled_from(FUNDERS),
    )  # fmt: skip
    def adjusts(self, who: int, points: int, back: int, second: bool, may_owe: bool, bought: bool, funder: str) -> None:
        self.do(
            who, say.Adjust[Sealed], back,
            lambda of, name: of.adjust(
                name, points, self.now - back, second=second, may_owe=may_owe, bought=bought, funder=funder
            ),
            points=points, reason="test", approver="boss" if second else None, may_owe=may_owe,
            kind="paid" if bought else "free", funder=funder,
        )  # fmt: skip

    @precondition(lambda self: self.has("terms") or self.has("promised"))
    @rule(pick=pick, points=st.none() | few, back=back)
    def claws_back(self, pick: int, points: int | None, back: int) -> None:
        who, accrual = self.one_of(lambda of: [*of.terms, *of.promised, *of.cancelled], pick)
        self.claw_back(who, accrual, points, back)

    def claw_back(self, who: int, accrual: Any, points: int | None, back: int) -> None:
        self.do(
            who, say.ClawBack, back, lambda of, _: of.claw_back(accrual, points, self.now - back),
            accrual_id=accrual, points=points,
        )  # fmt: skip

    # Spending.

    @rule(
        who=who, points=st.none() | st.integers(1, 9), cash=st.sampled_from([0, 7, 20]), back=back, redeemer=redeemers,
        free_first=st.sampled_from([None, None, True, False]),
    )  # fmt: skip
    def pays(
        self, who: int, points: int | None, cash: int, back: int, redeemer: str | None, free_first: bool | None
    ) -> None:
        """So many points, or whatever is there."""
        points = len(self.oracles[who].usable(self.now - back, redeemer)) or 1 if points is None else points
        order = None if free_first is None else "free_first" if free_first else "expiring_first"
        self.do(
            who, say.Pay[Sealed], back,
            lambda of, name: of.pay(name, points, cash, self.now - back, redeemer=redeemer, free_first=free_first),
            points=points, cash=Money(cash) if cash else None, redeemer=redeemer, order=order,
        )  # fmt: skip

    @rule(who=who, points=few, back=back, valid=st.sampled_from([-1, 0, 2, NEVER]))
    def exchanges(self, who: int, points: int, back: int, valid: int) -> None:
        last = min(NEVER, day(self.now - back) + valid)
        self.do(
            who, say.Exchange[Sealed], back, lambda of, name: of.exchange(name, points, last, self.now - back),
            points=points, coupon="COFFEE", coupon_id=uuid5(self.stories[who].account_id, "coupon"),
            expires_on=day_named(last),
        )  # fmt: skip

    @precondition(lambda self: self.has("spent"))
    @rule(
        pick=pick, back=back, amount=st.none() | st.integers(1, 12),
        stated=st.none() | st.tuples(st.integers(0, 4), st.sampled_from([0, 0, 2, 7])),
        split=st.sampled_from([None, "pro_rata", "points_first", "cash_first"]),
        fault=st.sampled_from([None, "customer", "merchant", "operator"]),
    )  # fmt: skip
    def refunds(
        self, pick: int, back: int, amount: int | None, stated: tuple[int, int] | None, split: Any, fault: Any
    ) -> None:
        self.refund(*self.one_of(lambda of: of.spent, pick), back, amount, None if amount else stated, split, fault)

    def refund(
        self, who: int, spending: Any, back: int, amount: int | None, stated: Any, split: Any, fault: Any
    ) -> None:
        points, cash = stated or (None, None)
        self.do(
            who, say.Refund[Sealed], back,
            lambda of, _: of.refund(spending, self.now - back, amount=amount, stated=stated, split=split, fault=fault),
            spending_id=spending, amount=amount, points=points, cash=cash, split=split, fault=fault,
        )  # fmt: skip

    @rule(
        who=who, points=few, cash=st.sampled_from([0, 7]), back=back, redeemer=redeemers,
        lasts=st.sampled_from([None, 1, 3, DAY, 0]),
    )  # fmt: skip
    def holds(self, who: int, points: int, cash: int, back: int, redeemer: str | None, lasts: int | None) -> None:
        ends = None if lasts is None else self.now - back + lasts
        self.do(
            who, say.Hold, back,
            lambda of, name: of.hold(name, points, cash, self.now - back, redeemer=redeemer, ends=ends),
            points=points, cash=Money(cash) if cash else None, redeemer=redeemer,
            times_out_at=None if ends is None else instant(ends),
        )  # fmt: skip

    @precondition(lambda self: self.has("holds"))
    @rule(pick=pick, back=back)
    def authorises(self, pick: int, back: int) -> None:
        who, hold = self.one_of(lambda of: of.holds, pick)
        self.do(who, say.Authorise, back, lambda of, _: of.authorise(hold, self.now - back), twice=True, hold_id=hold)

    @precondition(lambda self: self.has("holds"))
    @rule(pick=pick, back=back, points=st.none() | st.integers(1, 14), cash=st.sampled_from([None, 5]))
    def captures(self, pick: int, back: int, points: int | None, cash: int | None) -> None:
        self.capture(*self.one_of(lambda of: of.holds, pick), back, points, cash)

    def capture(self, who: int, hold: Any, back: int, points: int | None, cash: int | None) -> None:
        self.do(
            who, say.Capture[Sealed], back, lambda of, name: of.capture(hold, name, points, cash, self.now - back),
            twice=True, hold_id=hold, points=points, cash=None if cash is None else Money(cash),
        )  # fmt: skip

    @precondition(lambda self: self.has("holds"))
    @rule(pick=pick, back=back)
    def releases(self, pick: int, back: int) -> None:
        self.release(*self.one_of(lambda of: of.holds, pick), back)

    def release(self, who: int, hold: Any, back: int) -> None:
        self.do(who, say.Release, back, lambda of, _: of.release(hold, self.now - back), twice=True, hold_id=hold)

    @precondition(lambda self: self.has("holds"))
    @rule(who=who, back=st.sampled_from([0, 0, 30, -4]))
    def times_out(self, who: int, back: int) -> None:
        self.do(who, say.TimeOutHolds, back, lambda of, _: of.time_out(self.now - back), twice=True)

    @precondition(lambda self: self.has("spent"))
    @rule(pick=pick, back=back)
    def redeems(self, pick: int, back: int) -> None:
        who, spending = self.one_of(
            lambda of: [name for name, each in of.spent.items() if each.coupon or pick > 900], pick
        )
        self.do(who, say.RedeemCoupon, back, lambda of, _: of.redeem(spending, self.now - back), spending_id=spending)

    # Between accounts.

    @rule(way=st.sampled_from([(0, 1), (1, 0), (0, 2)]), points=st.none() | few, back=back)
    def gives(self, way: tuple[int, int], points: int | None, back: int) -> None:
        giver, taker = (self.oracles[each] for each in way)
        points = len(giver.usable(self.now - back)) or 1 if points is None else points
        story, other = (self.stories[each] for each in way)
        kind: Any = say.Convert if way[1] == 2 else say.Transfer[Sealed]
        command = story.command(kind, instant(self.now - back), to_account_id=other.account_id, points=points)
        name = first_event_id(story.account_id, command.key)
        stamps = stamp(instant(self.now), command), stamp(instant(self.now))

        def act() -> tuple[Any, ...]:
            if way[1] == 2:
                sent, came = convert(story.state, other.state, command, (story.program, other.program), stamps)
            else:
                sent, came = transfer(story.state, other.state, command, story.program, stamps)
            return story.append(sent) + other.append(came)

        def twin() -> None:
            giver.now = taker.now = self.now
            names = lambda number: uuid5(name, str(number))  # noqa: E731
            if way[1] == 2:
                convert_points(giver, taker, points, self.now - back, RATE, names)
            else:
                transfer_points(giver, taker, points, self.now - back, names)

        self.same(way, act, twin)

    # By key, by the calendar, by a person, and the end.

    @precondition(lambda self: self.keys)
    @rule(pick=pick, back=back)
    def voids(self, pick: int, back: int) -> None:
        who, key = self.keys[pick % len(self.keys)] if pick < 960 else (0, UUID(int=pick))
        voided = first_event_id(self.stories[who].account_id, key)
        self.do(who, say.Void, back, lambda of, _: of.void(voided, self.now - back), twice=True, voided_key=key)

    @rule(who=who, back=back, days=as_of_days)
    def sweeps(self, who: int, back: int, days: int) -> None:
        as_of = day(self.now) - days
        self.do(
            who, say.Expire, back, lambda of, _: of.sweep(as_of, self.now - back), twice=True, as_of=day_named(as_of)
        )

    @rule(who=who, back=back, days=as_of_days)
    def notifies(self, who: int, back: int, days: int) -> None:
        as_of = day(self.now) - days
        told: dict[int, int] = {}
        events = self.do(
            who, say.NotifyExpiry, back, lambda of, _: told.update(of.notify(as_of, self.now - back)),
            twice=True, as_of=day_named(as_of),
        )  # fmt: skip
        assert {number_of(each.expires_on): each.points for each in events} == told

    @rule(who=who, back=back, days=as_of_days, kind=st.sampled_from([say.ExpireCoupons, say.Extend]))
    def sweeps_coupons_or_extends(self, who: int, back: int, days: int, kind: type[Any]) -> None:
        as_of, at = day(self.now) - days, self.now - back
        verb = "extend" if kind is say.Extend else "expire_coupons"
        self.do(who, kind, back, lambda of, _: getattr(of, verb)(as_of, at), twice=True, as_of=day_named(as_of))

    @rule(who=who, back=back, kind=st.sampled_from([say.Reinstate] * 4 + [say.Suspend, say.Freeze]))
    def stands(self, who: int, back: int, kind: type[Any]) -> None:
        status = {say.Suspend: "suspended", say.Freeze: "frozen", say.Reinstate: "active"}[kind]
        self.do(who, kind, back, lambda of, _: of.stand(status, self.now - back), twice=True, reason="test")

    @precondition(lambda self: len(self.stories[0].events) > 16)
    @rule(who=st.sampled_from([0, 0, 1]), back=back)
    def leaves(self, who: int, back: int) -> None:
        story, of = self.stories[who], self.oracles[who]

        def act() -> tuple[Any, ...]:
            given, at = stamp(instant(self.now)), instant(self.now - back)
            return story.append(leave_account(story.state, story.program, given, occurred_at=at, actor=ACTOR))

        def twin() -> None:
            of.now = self.now
            of.leave(self.now - back)

        self.same((who,), act, twin)

    @rule(minutes=st.sampled_from([1, 29, 30, 720, DAY]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes

    @rule(days=st.sampled_from([1, 1, 2, 4]))
    def nights_pass(self, days: int) -> None:
        """To 00:00:00, when a day that begins counts."""
        self.now = (day(self.now) + days) * DAY

    @rule()
    def a_night_passes_and_sweeps(self) -> None:
        self.now += DAY
        for each in range(3):
            self.sweeps(each, 0, 0)

    @precondition(lambda self: any(of.status == "left" for of in self.oracles))
    @rule(who=st.sampled_from([0, 1]), pick=st.integers(0, 2), back=back)
    def settles_a_claim(self, who: int, pick: int, back: int) -> None:
        claims = [event.id for event in self.stories[who].events if event.TOPIC == "points.refund-claimed.v1"]
        claim = claims[pick] if pick < len(claims) else UUID(int=pick)
        self.do(
            who, say.SettleClaim[Sealed], back, lambda of, _: of.settle_claim(pick, self.now - back), claim_id=claim
        )
