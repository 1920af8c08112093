"""The chart of accounts: where points lie in the books. Codes are for ever, names are the program's to choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Nature(StrEnum):
    """Which side of the books an account grows on."""

    ASSET = "asset"
    LIABILITY = "liability"
    EXPENSE = "expense"
    INCOME = "income"
    CLEARING = "clearing"


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One account. Postings are signed, debit positive; a liability therefore carries a negative sum."""

    code: str
    name: str
    nature: Nature


MEMBER_POINTS: Final = "member_points"
HELD_POINTS: Final = "held_points"
PENDING_POINTS: Final = "pending_points"
COUPON_LIABILITY: Final = "coupon_liability"
REFUND_CLAIMS: Final = "refund_claims"
SUSPENSE: Final = "suspense"
PARTNER_PAYABLE: Final = "partner_payable"
PARTNER_RECEIVABLE: Final = "partner_receivable"
DEFICITS: Final = "deficits"
POINTS_EXPENSE: Final = "points_expense"
ADJUSTMENTS: Final = "adjustments"
CASH_CLEARING: Final = "cash_clearing"
REDEMPTION_CLEARING: Final = "redemption_clearing"
TRANSFER_CLEARING: Final = "transfer_clearing"
CONVERSION_CLEARING: Final = "conversion_clearing"
BREAKAGE_EXPIRED: Final = "breakage_expired"
BREAKAGE_FORFEITED: Final = "breakage_forfeited"
OPENING_BALANCE: Final = "opening_balance"

Chart = Mapping[str, ChartAccount]


def chart_of(*accounts: ChartAccount) -> Chart:
    """A chart by code, in its order."""
    return {account.code: account for account in accounts}


DEFAULT_CHART: Final = chart_of(
    ChartAccount(MEMBER_POINTS, "회원 포인트 부채", Nature.LIABILITY),
    ChartAccount(HELD_POINTS, "가승인 포인트", Nature.LIABILITY),
    ChartAccount(PENDING_POINTS, "적립예정 포인트", Nature.LIABILITY),
    ChartAccount(COUPON_LIABILITY, "쿠폰 부채", Nature.LIABILITY),
    ChartAccount(REFUND_CLAIMS, "환급 청구(탈퇴 회원)", Nature.LIABILITY),
    ChartAccount(SUSPENSE, "미결 포인트(탈퇴 후 반환)", Nature.LIABILITY),
    ChartAccount(PARTNER_PAYABLE, "제휴사 미지급", Nature.LIABILITY),
    ChartAccount(PARTNER_RECEIVABLE, "제휴사 미수", Nature.ASSET),
    ChartAccount(DEFICITS, "결손(회원 미수)", Nature.ASSET),
    ChartAccount(POINTS_EXPENSE, "포인트 비용", Nature.EXPENSE),
    ChartAccount(ADJUSTMENTS, "조정", Nature.EXPENSE),
    ChartAccount(CASH_CLEARING, "충전금 정산", Nature.CLEARING),
    ChartAccount(REDEMPTION_CLEARING, "사용 정산", Nature.CLEARING),
    ChartAccount(TRANSFER_CLEARING, "선물 정산", Nature.CLEARING),
    ChartAccount(CONVERSION_CLEARING, "전환 정산", Nature.CLEARING),
    ChartAccount(BREAKAGE_EXPIRED, "소멸 이익(기간만료)", Nature.INCOME),
    ChartAccount(BREAKAGE_FORFEITED, "소멸 이익(탈퇴)", Nature.INCOME),
    ChartAccount(OPENING_BALANCE, "이관 개시 잔액", Nature.CLEARING),
)
