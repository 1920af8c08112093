"""Clawback (적립취소): the purchase that earned points is cancelled, so they are taken back, if they are there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger.calendar import utc
from ledger.points.account import Account, ClawedBack
from ledger.points.balance import there_since
from ledger.points.commands import ClawBack
from ledger.points.draft import Draft
from ledger.points.draws import drawn, total
from ledger.points.errors import AlreadyClawedBack, PaidForPoints, UnknownAccrual
from ledger.points.events import AccountEvent, AccrualCancelled, PointsClawedBack
from ledger.points.limits import ALWAYS, active, happened, not_before, reason_code, storable, whole_points
from ledger.points.lot_chunk import Nature, nature_of
from ledger.points.movements import Draw, Lot
from ledger.points.program import Program
from ledger.points.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Found:
    """Where the points of a clawback are, or why they are nowhere."""

    draws: tuple[Draw, ...]
    lapsed: int
    missing: int


def claw_back(account: Account | None, command: ClawBack, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """Points of an accrual: of a pending one, without touching anything else; of another, from its own lot first.

    Then from other free lots of its funder, and of other funders where the program reaches so far; points that were
    bought never. The rest is a deficit, dropped, or for the caller to keep back from what it refunds, as the program
    says. Raises, in this order: `UnknownAccount`, `UnknownAccrual`, `InvalidTime` (also before the accrual),
    `InvalidText`, `PaidForPoints`, `InvalidAmount`, `AlreadyClawedBack`.
    """
    account = active(account, command.account_id, ALWAYS)
    terms = terms_of(account, command.accrual_id)
    if terms is None and not is_cancelled(account, command.accrual_id):
        raise UnknownAccrual(command.accrual_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = utc(command.occurred_at)
    if terms is not None:
        at = not_before(terms.earned_at, at, "the accrual")
    storable(actor=command.actor)
    reason_code(command.reason)
    if terms is None:
        raise AlreadyClawedBack(command.accrual_id, 0)
    if terms.kind == "paid":
        raise PaidForPoints(command.accrual_id)
    draft = Draft.of(account, command, program, stamp, at)
    if command.points is None:
        # Everything that an order earned, whoever funds it; nothing that any other accrual did.
        for lot_id in account.aside.orders.get(command.accrual_id, (command.accrual_id,)):
            if left := left_of(draft.account, lot_id):
                take_back_lot(draft, lot_id, left, command.reason)
        if not draft.events:
            raise AlreadyClawedBack(command.accrual_id, 0)
        return draft.events
    points, left = whole_points(command.points), left_of(account, command.accrual_id)
    if points > left:
        raise AlreadyClawedBack(command.accrual_id, left)
    take_back_lot(draft, command.accrual_id, points, command.reason)
    return draft.events


def terms_of(account: Account, accrual_id: UUID) -> Lot | None:
    """The lot of an accrual, pending or not; of an order the first that was not cancelled whole."""
    for lot_id in account.aside.orders.get(accrual_id, (accrual_id,)):
        terms = account.aside.pending.get(lot_id) or account.lots.get(lot_id)
        if terms is not None:
            return terms
    return None


def left_of(account: Account, lot_id: UUID) -> int:
    """How many points of an accrual, pending or not, were not clawed back or cancelled."""
    promised = account.aside.pending.get(lot_id)
    if promised is not None:
        return promised.points
    terms, clawed = account.lots.get(lot_id), account.aside.clawed.get(lot_id)
    if terms is None:
        return 0  # cancelled whole while it was pending
    return terms.points - (0 if clawed is None else clawed.points)


def is_cancelled(account: Account, accrual_id: UUID) -> bool:
    """Whether it was promised and nothing is left of it."""
    return account.aside.orders.get(accrual_id, (accrual_id,))[0] in account.aside.cancelled


def take_back_lot(draft: Draft, lot_id: UUID, points: int, reason: str) -> None:
    """So many points of an accrual within a decision: of a promised one without touching anything else."""
    promised = draft.account.aside.pending.get(lot_id)
    if promised is None:
        take_back(draft, draft.account.lots[lot_id], points, reason)
    else:
        draws = (Draw(lot_id, points, promised.kind, promised.funder, promised.expires_on),)
        draft.add(AccrualCancelled, points=points, draws=draws, reason=reason)


def take_back(draft: Draft, terms: Lot, points: int, reason: str) -> None:
    """Claw back within a decision. One that comes late occurs when the last of what it takes came in."""
    policy = draft.program.clawback_policy
    today = None
    while today != draft.today:
        today = draft.today
        found = _find(draft.account, terms, points, draft.program, today)
        draft.lift(there_since(draft.account, found.draws, draft.at))
    draft.add(
        PointsClawedBack,
        accrual_id=terms.lot_id,
        funder=terms.funder,
        points=total(found.draws),
        draws=found.draws,
        lapsed=found.lapsed,
        owed=found.missing if policy == "deficit" else 0,
        offset=found.missing if policy == "offset_refund" else 0,
        dropped=found.missing if policy == "clamp" else 0,
        reason=reason,
    )


def _find(account: Account, terms: Lot, points: int, program: Program, today: date) -> Found:
    draws, points = _take(account.open_lots.of_lot(terms), points)
    clawed = account.aside.clawed.get(terms.lot_id) or ClawedBack(terms.funder, 0)
    lapsed = min(points, account.aside.lapsed.get(terms.lot_id, 0) - clawed.lapsed)  # nobody owes what is gone
    points -= lapsed
    more, points = _take(_others(account, terms, today, same=True), points)
    draws += more
    if program.clawback_reach == "any_funder":
        more, points = _take(_others(account, terms, today, same=False), points)
        draws += more
    return Found(draws, lapsed, points)


def _others(account: Account, terms: Lot, today: date, *, same: bool) -> Iterator[Lot]:
    """Other free lots that have not expired, of the same funder or of others, usable yet or not."""

    def are_wanted(its: Nature) -> bool:
        return its[0] == "free" and (its[1] == terms.funder) == same

    for chunk, start, stop in account.open_lots.by_day(today):
        if any(map(are_wanted, chunk.natures)):
            for lot in chunk.lots[start:stop]:
                if lot.lot_id != terms.lot_id and are_wanted(nature_of(lot)):
                    yield lot


def _take(lots: Iterable[Lot], points: int) -> tuple[tuple[Draw, ...], int]:
    """Draws of at most so many points, and how many are still wanted."""
    draws: list[Draw] = []
    for lot in lots if points else ():
        part = min(lot.points, points)
        draws.append(drawn(lot.part(part, lot.expires_on)))
        points -= part
        if not points:
            break
    return tuple(draws), points
