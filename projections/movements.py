"""How each kind of event moves points: one word, its Korean, its signs. What is not here is no line of a statement.

Every read model asks this table, and every topic that the ledger writes stands in exactly one of the two; a new kind of
event without its place stops the runner and fails the build. The signs are the ledger's own (a test compares them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from projections.errors import BadEvent

Fields = Mapping[str, Any]
Carries = Literal["lot", "lots", "draws", "nothing"]


class Movement(NamedTuple):
    """What a kind of event does, as signs of its points: to the member's lots, to what is held, to what is pending.

    ``carries`` is the field that says of which lots. ``is_made``: they are new ones. ``may_be_none``: the event may
    concern no points. ``owes``: it changes what the member owes. ``is_plain``: it moves points of lots and nothing
    else.
    """

    word: str
    title: str
    lots: int
    held: int
    pending: int
    carries: Carries
    is_made: bool
    may_be_none: bool
    owes: bool
    is_plain: bool


def _movement(
    word: str,
    title: str,
    lots: int = 0,
    held: int = 0,
    pending: int = 0,
    *,
    carries: Carries = "draws",
    may_be_none: bool = False,
    owes: bool = False,
) -> Movement:
    is_made = lots > 0 and carries != "draws"
    is_plain = lots != 0 and not (held or pending or owes)
    return Movement(word, title, lots, held, pending, carries, is_made, may_be_none, owes, is_plain)


ACCRUE: Final = _movement("accrue", "적립", +1, carries="lot")
PEND: Final = _movement("pend", "적립예정", pending=+1, carries="lot")
CONFIRM: Final = _movement("confirm", "적립확정", +1, pending=-1, carries="lot")
CANCEL: Final = _movement("cancel", "적립예정 취소", pending=-1)
CLAWBACK: Final = _movement("clawback", "적립취소", -1, may_be_none=True, owes=True)
CLAWBACK_RETURN: Final = _movement("clawback-return", "적립취소 대체분 반환")
REPAY: Final = _movement("repay", "결손 상환", -1, owes=True)
CHARGE: Final = _movement("charge", "충전", +1, carries="lot")
CASH_OUT: Final = _movement("cash-out", "환급", -1)
CLAIM: Final = _movement("claim", "환급 청구", -1)
CLAIM_SETTLE: Final = _movement("claim-settle", "환급금 지급")
ADJUST_UP: Final = _movement("adjust-up", "조정(+)", +1, carries="lot")
ADJUST_DOWN: Final = _movement("adjust-down", "조정(−)", -1, may_be_none=True, owes=True)
PAY: Final = _movement("pay", "사용", -1)
EXCHANGE: Final = _movement("exchange", "교환", -1)
REFUND: Final = _movement("refund", "사용취소", +1, may_be_none=True)
HOLD: Final = _movement("hold", "가승인", -1, held=+1)
AUTHORISE: Final = _movement("authorise", "승인 중", carries="nothing", may_be_none=True)
CAPTURE: Final = _movement("capture", "승인 확정", held=-1)
RELEASE: Final = _movement("release", "가승인 해제", +1, held=-1)
TRANSFER_OUT: Final = _movement("transfer-out", "선물(보냄)", -1)
TRANSFER_IN: Final = _movement("transfer-in", "선물(받음)", +1, carries="lots")
CONVERT_OUT: Final = _movement("convert-out", "전환(보냄)", -1)
CONVERT_IN: Final = _movement("convert-in", "전환(받음)", +1, carries="lots")
COUPON_REDEEM: Final = _movement("coupon-redeem", "쿠폰 사용")
COUPON_EXPIRE: Final = _movement("coupon-expire", "쿠폰 기간만료")
EXPIRE: Final = _movement("expire", "기간만료 소멸", -1)
FORFEIT: Final = _movement("forfeit", "탈퇴 소멸", -1)
EXTEND: Final = _movement("extend", "유효기간 연장")
SUSPEND: Final = _movement("suspense", "미결 이전", -1)
IMPORT: Final = _movement("import", "이관", +1, carries="lot")
IMPORT_HOLD: Final = _movement("import-hold", "이관(가승인)", -1, held=+1)
IMPORT_COUPON: Final = _movement("import-coupon", "이관(쿠폰)", carries="lot")
HISTORY: Final = _movement("history", "이관(지난 내역)", carries="nothing", may_be_none=True)

MOVEMENTS: Final[Mapping[str, Movement]] = {
    "points.accrued.v1": ACCRUE,
    "points.accrual-pended.v1": PEND,
    "points.accrual-confirmed.v1": CONFIRM,
    "points.accrual-cancelled.v1": CANCEL,
    "points.clawed-back.v1": CLAWBACK,
    "points.clawback-returned.v1": CLAWBACK_RETURN,
    "points.deficit-repaid.v1": REPAY,
    "points.charged.v1": CHARGE,
    "points.cashed-out.v1": CASH_OUT,
    "points.refund-claimed.v1": CLAIM,
    "points.claim-settled.v1": CLAIM_SETTLE,
    "points.adjusted-up.v1": ADJUST_UP,
    "points.adjusted-down.v1": ADJUST_DOWN,
    "points.paid.v1": PAY,
    "points.exchanged.v1": EXCHANGE,
    "points.refunded.v1": REFUND,
    "points.held.v1": HOLD,
    "points.hold-authorising.v1": AUTHORISE,
    "points.hold-captured.v1": CAPTURE,
    "points.hold-released.v1": RELEASE,
    "points.sent.v1": TRANSFER_OUT,
    "points.received.v1": TRANSFER_IN,
    "points.converted-out.v1": CONVERT_OUT,
    "points.converted-in.v1": CONVERT_IN,
    "points.coupon-redeemed.v1": COUPON_REDEEM,
    "points.coupon-expired.v1": COUPON_EXPIRE,
    "points.expired.v1": EXPIRE,
    "points.forfeited.v1": FORFEIT,
    "points.extended.v1": EXTEND,
    "points.moved-to-suspense.v1": SUSPEND,
    "points.imported.v1": IMPORT,
    "points.hold-imported.v1": IMPORT_HOLD,
    "points.coupon-imported.v1": IMPORT_COUPON,
    "points.history-imported.v1": HISTORY,
}

STILL: Final = frozenset(
    {
        "points.program-defined.v1",
        "points.partner-defined.v1",
        "points.expiry-noticed.v1",
        "points.account-claimed.v1",
        "points.account-opened.v1",
        "points.account-suspended.v1",
        "points.account-frozen.v1",
        "points.account-reinstated.v1",
        "points.account-left.v1",
        "points.key-barred.v1",
        "points.kept-alive.v1",
        "members.joined.v1",
        "members.left.v1",
        "members.erasure-requested.v1",
        "members.erased.v1",
        "members.keys-destroyed.v1",
        "members.consent-given.v1",
        "members.consent-withdrawn.v1",
        "members.legal-hold-placed.v1",
        "members.legal-hold-released.v1",
        "members.legal-hold-destroyed.v1",
        "index.key-issued.v1",
        "index.key-destroyed.v1",
        "retention.period-closed.v1",
        "retention.period-destroyed.v1",
    }
)
"""Events that move no points."""

FROM_LOT_TO_LOT: Final = (CLAWBACK_RETURN, EXTEND)
"""Movements that take ``draws`` and give as many points to ``given``: other lots, or the same with a later last day."""

BY_WORD: Final[Mapping[str, Movement]] = {movement.word: movement for movement in MOVEMENTS.values()}


def parts(movement: Movement, state: Fields) -> Sequence[Fields]:
    """What was moved, by lot: the new lots themselves, or the draws. Each has lot_id, points, kind, funder, expires_on.

    Raises `BadEvent` when they do not add up to what the event says it moved.
    """
    carries = movement.carries
    if carries == "nothing":
        return ()
    if carries == "lot":
        _total(movement, lot := (state["lot"],))
        return lot
    moved: Sequence[Fields] = state[carries]
    total = _total(movement, moved)
    if total != state["points"] or not (total or movement.may_be_none):
        raise BadEvent(f"{movement.word} of {state['points']} points, but its lots say {total}")
    if movement in FROM_LOT_TO_LOT and _total(movement, state["given"]) != total:
        raise BadEvent(f"{movement.word} of {total} points gives back another number")
    return moved


def points_of(movement: Movement, state: Fields) -> int:
    """The points that an event is about, none below 0."""
    if movement.carries == "nothing":
        return 0
    points: int = state["lot"]["points"] if movement.carries == "lot" else state["points"]
    return points


def owed_by(movement: Movement, state: Fields) -> Iterator[tuple[str, int]]:
    """By how much the event changes what the member owes to which funder; only of movements that may.

    Raises `BadEvent`.
    """
    if movement is REPAY:
        repaid = [(each["funder"], each["points"]) for each in state["repaid"]]
        if sum(points for _, points in repaid) != state["points"] or any(points <= 0 for _, points in repaid):
            raise BadEvent(f"{movement.word} of {state['points']} points, but its debts say otherwise")
        yield from ((funder, -points) for funder, points in repaid)
    elif state["owed"] < 0:
        raise BadEvent(f"{movement.word} leaves a debt of {state['owed']}")
    elif state["owed"]:
        yield state["funder"], state["owed"]


def _total(movement: Movement, moved: Sequence[Fields]) -> int:
    total = 0
    for part in moved:
        points: int = part["points"]
        if points <= 0:
            raise BadEvent(f"{movement.word} of {points} points of one lot")
        total += points
    return total
