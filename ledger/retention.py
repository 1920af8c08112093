"""Retention classes: which records are kept, on what ground, for how long, and by which key they die.

The Korean set that ships. ``code`` is stored with keys and closed classes and never changes meaning; a class that lives
by the calendar is sealed under two keys, the subject's and the period's (the first counted day of its records).
"""

from dataclasses import dataclass
from datetime import date

from ledger.calendar import Span, last_day


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """Values that are shredded together.

    ``span`` is None where no law sets a time: the class ends with its purpose, for most with the membership.
    ``held_by_law``: erasure on request may not destroy it before its last day.
    """

    code: int
    name: str
    title: str
    basis: str
    span: Span | None
    held_by_law: bool = False

    def last_day_of(self, first_day: date) -> date:
        """The last day of a period by which its values are sealed.

        Where no span is counted (retained identity ends with the records that it belongs to) a period is named by its
        last day itself.
        """
        return first_day if self.span is None else last_day(first_day, self.span)


PROFILE = RetentionClass(1, "profile", "회원 정보", "정책 제3조 제1항; 개인정보 보호법 제21조 제1항", None)
MEMBERSHIP = RetentionClass(
    2, "membership", "이용 중 작성한 메모", "정책 제3조 제1항; 개인정보 보호법 제21조 제1항", None
)
CONTRACT = RetentionClass(
    3, "contract", "계약·청약철회 기록", "전자상거래법 제6조, 시행령 제6조 제1항 제2호", Span(years=5), held_by_law=True
)
PAYMENT = RetentionClass(
    4,
    "payment",
    "대금결제·재화공급 기록",
    "전자상거래법 제6조, 시행령 제6조 제1항 제3호",
    Span(years=5),
    held_by_law=True,
)
POINT_HISTORY = RetentionClass(5, "point_history", "포인트·쿠폰 내역", "정책 제3조 제3항", None)
RETAINED_IDENTITY = RetentionClass(
    6,
    "retained_identity",
    "거래 주체 식별정보(분리보관)",
    "전자상거래법 제6조 제2항; 개인정보 보호법 제21조 제3항",
    None,
    held_by_law=True,
)

LEGAL_HOLD = RetentionClass(
    20,
    "legal_hold",
    "분쟁 증거 보전",
    "개인정보 보호법 제15조 제1항 제6호; 민사소송법 제375조",
    None,
    held_by_law=True,
)
"""Copies for a dispute, each under the slot of its hold. No erasure closes it: a hold ends when it is released."""

CLASSES: tuple[RetentionClass, ...] = (
    PROFILE,
    MEMBERSHIP,
    CONTRACT,
    PAYMENT,
    POINT_HISTORY,
    RETAINED_IDENTITY,
    LEGAL_HOLD,
)
BY_CODE = {each.code: each for each in CLASSES}
