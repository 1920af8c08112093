"""Leaving with an account: what is past its day expires, the free rest is forfeited (탈퇴 소멸), then it is left.

Points that were bought become a claim to their money, which is settled whenever the member says where to.
"""

from datetime import datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.points.account import Account
from ledger.points.commands import SettleClaim
from ledger.points.draft import Draft
from ledger.points.draws import draw_all, total
from ledger.points.errors import ClaimSettledBefore, HoldsOpen, UnknownClaim
from ledger.points.events import (
    AccountEvent,
    AccountLeft,
    AccrualCancelled,
    ClaimSettled,
    CouponExpired,
    PointsExpired,
    PointsForfeited,
    RefundClaimed,
)
from ledger.points.expiring import due
from ledger.points.limits import ALWAYS, NOT_LEFT, active, happened, not_before, storable
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
    """The last events of the account; no lot has points after them.

    What is promised is cancelled, coupons that were not used end. The member's confirmation of `forfeits` is checked
    where the member leaves, once for all accounts. Raises, in this order: `AccountNotActive`, `InvalidTime` (also
    before anything else of the account), `InvalidText`, `HoldsOpen`.
    """
    active(account, account.account_id, NOT_LEFT)
    happened(occurred_at, stamp.recorded_at)
    at = _not_before_the_rest(account, occurred_at)
    storable(actor=actor)
    holds = len(account.aside.open_holds)
    if holds:
        raise HoldsOpen(account.account_id, holds)
    draft = Draft(account, program, stamp, at=at, actor=actor)
    today = day_of(at, zone_of(program.zone))
    gone = draw_all(due(account, today))
    if gone:
        draft.add(PointsExpired, as_of=today, points=total(gone), draws=gone)
    promised = draw_all(sorted(account.aside.pending.values(), key=lambda lot: lot.sequence))
    if promised:
        draft.add(AccrualCancelled, points=total(promised), draws=promised, reason="left")
    _end_coupons(draft, at)
    bought = draw_all(lot for lot in draft.account.open_lots if lot.kind == "paid")
    if bought:
        money, _ = program.paid_out(total(bought))
        draft.add(RefundClaimed, points=total(bought), draws=bought, money=money)
    given_up = draw_all(draft.account.open_lots)
    if given_up:
        draft.add(PointsForfeited, points=total(given_up), draws=given_up)
    draft.add(AccountLeft)
    return draft.events


def settle_claim(
    account: Account | None, command: SettleClaim[Sealed], program: Program, stamp: Stamp
) -> tuple[ClaimSettled]:
    """The money of a claim is paid to ``payee``, once.

    Raises, in this order: `UnknownAccount`, `UnknownClaim`, `InvalidTime`, `InvalidText`, `ClaimSettledBefore`.
    """
    account = active(account, command.account_id, ALWAYS)
    claim = account.aside.claims.get(command.claim_id)
    if claim is None:
        raise UnknownClaim(command.claim_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = not_before(claim.claimed_at, utc(command.occurred_at), "the claim")
    storable(actor=command.actor)
    if claim.is_settled:
        raise ClaimSettledBefore(command.claim_id)
    draft = Draft.of(account, command, program, stamp, at)
    event = draft.add(
        ClaimSettled,
        claim_id=command.claim_id,
        points=claim.points,
        draws=claim.draws,
        money=claim.money,
        payee=command.payee,
    )
    return (event,)


def _end_coupons(draft: Draft, at: datetime) -> None:
    today = day_of(at, zone_of(draft.program.zone))
    exchanges = [draft.account.spendings[each] for each in draft.account.aside.open_coupons]
    for each in sorted(exchanges, key=lambda exchange: (exchange.occurred_at, exchange.spending_id)):
        draft.add(CouponExpired, spending_id=each.spending_id, points=each.points, draws=each.draws, as_of=today)


def _not_before_the_rest(account: Account, at: datetime) -> datetime:
    """Leaving takes everything, so as of the days before the latest movement the account would have less than nothing.

    The instant may be lifted by the skew: whoever pays by a terminal whose clock runs ahead can leave right after.
    """
    return not_before(account.latest_at, at, "the latest event of the account")


def _unexpired(account: Account, program: Program, at: datetime) -> tuple[Lot, ...]:
    today = day_of(at, zone_of(program.zone))
    return tuple(lot for lot in account.open_lots if lot.expires_on is None or lot.expires_on >= today)
