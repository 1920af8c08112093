"""The chart of accounts: where points lie in the books. Codes are for ever, names are the program's to choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Nature(StrEnum):
    """Which side of the books an account grows on."""

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
POINTS_EXPENSE: Final = "points_expense"
CASH_CLEARING: Final = "cash_clearing"
REDEMPTION_CLEARING: Final = "redemption_clearing"
COUPON_LIABILITY: Final = "coupon_liability"
BREAKAGE_EXPIRED: Final = "breakage_expired"
BREAKAGE_FORFEITED: Final = "breakage_forfeited"

Chart = Mapping[str, ChartAccount]


def chart_of(*accounts: ChartAccount) -> Chart:
    """A chart by code, in its order."""
    return {account.code: account for account in accounts}


DEFAULT_CHART: Final = chart_of(
    ChartAccount(MEMBER_POINTS, "회원 포인트 부채", Nature.LIABILITY),
    ChartAccount(COUPON_LIABILITY, "쿠폰 부채", Nature.LIABILITY),
    ChartAccount(POINTS_EXPENSE, "포인트 비용", Nature.EXPENSE),
    ChartAccount(CASH_CLEARING, "충전금 정산", Nature.CLEARING),
    ChartAccount(REDEMPTION_CLEARING, "사용 정산", Nature.CLEARING),
    ChartAccount(BREAKAGE_EXPIRED, "소멸 이익(기간만료)", Nature.INCOME),
    ChartAccount(BREAKAGE_FORFEITED, "소멸 이익(탈퇴)", Nature.INCOME),
)
