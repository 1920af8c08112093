"""Leaving with an account: what is past its day expires, the free rest is forfeited (탈퇴 소멸), then it is left."""

from datetime import datetime

from ledger.calendar import day_of, zone_of
from ledger.errors import PaidPointsLeft
from ledger.points.account import Account
from ledger.points.draws import draw_all, total
from ledger.points.errors import HoldsOpen
from ledger.points.events import AccountEvent, AccountLeft, AccrualCancelled, PointsExpired, PointsForfeited
from ledger.points.expiring import due
from ledger.points.facts import facts
from ledger.points.limits import active, happened, not_before, storable
from ledger.points.movements import Lot
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def forfeits(account: Account, program: Program, at: datetime) -> int:
    """How many points leaving at the instant would forfeit: free ones that have not expired, usable yet or not.

    Raises `InvalidTime` as `leave_account` does.
    """
    at = _not_before_the_rest(account, at)
    return sum(lot.points for lot in _unexpired(account, program, at) if lot.kind == "free")


def leave_account(
    account: Account, program: Program, stamp: Stamp, *, occurred_at: datetime, actor: str
) -> tuple[AccountEvent, ...]:
    """The last events of the account; its books are at zero after them.

    The member's confirmation of `forfeits` is checked where the member leaves, once for all accounts.
    Raises, in this order: `AccountNotActive`, `InvalidTime` (also before anything else of the account), `InvalidText`,
    `HoldsOpen`, `PaidPointsLeft`. Pending accruals are cancelled; a coupon that was issued stays what it is.
    """
    active(account, account.account_id, frozenset({"active", "suspended", "frozen"}))
    happened(occurred_at, stamp.recorded_at)
    occurred_at = _not_before_the_rest(account, occurred_at)
    storable(actor=actor)
    holds = sum(each.is_open for each in account.aside.holds.values())
    if holds:
        raise HoldsOpen(account.account_id, holds)
    rest = _unexpired(account, program, occurred_at)
    paid = sum(lot.points for lot in rest if lot.kind == "paid")
    if paid:
        raise PaidPointsLeft(account.account_id, paid)
    events: list[AccountEvent] = []

    def fields() -> dict[str, object]:
        number = len(events)
        return facts(stamp, occurred_at=occurred_at, actor=actor, rule_version=program.version, number=number)

    today = day_of(occurred_at, zone_of(program.zone))
    gone = draw_all(due(account, today))
    if gone:
        events.append(PointsExpired(**fields(), as_of=today, points=total(gone), draws=gone))
    promised = draw_all(sorted(account.aside.pending.values(), key=lambda lot: lot.sequence))
    if promised:
        events.append(AccrualCancelled(**fields(), points=total(promised), draws=promised, reason="left"))
    given_up = draw_all(rest)
    if given_up:
        events.append(PointsForfeited(**fields(), points=total(given_up), draws=given_up))
    events.append(AccountLeft(**fields()))
    return tuple(events)


def _not_before_the_rest(account: Account, at: datetime) -> datetime:
    """Leaving takes everything, so as of the days before the latest movement the account would have less than nothing.

    The instant may be lifted by the skew: whoever pays by a terminal whose clock runs ahead can leave right after.
    """
    return not_before(account.latest_at, at, "the latest event of the account")


def _unexpired(account: Account, program: Program, at: datetime) -> tuple[Lot, ...]:
    today = day_of(at, zone_of(program.zone))
    return tuple(lot for lot in account.open_lots if lot.expires_on is None or lot.expires_on >= today)
