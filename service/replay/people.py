"""Personal values that the data do not have: each household's name, e-mail address, telephone number and memos.

All are computed from the household's number, so a replay can be repeated and a search knows what to look for; none
belongs to a real person. E-mail addresses end in example.com, which nobody can own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.replay.source import Basket, Redemption

FAMILIES = (
    "김 kim, 이 lee, 박 park, 최 choi, 정 jung, 강 kang, 조 cho, 윤 yoon, 장 jang, 임 lim, 한 han, 오 oh, 서 seo,"
    "신 shin, 권 kwon, 황 hwang, 안 ahn, 송 song, 류 ryu, 홍 hong, 전 jeon, 고 ko, 문 moon, 손 son, 양 yang,"
    "배 bae, 백 baek, 허 heo, 남 nam, 심 shim"
)
FIRST = (
    "민 min, 서 seo, 지 ji, 하 ha, 도 do, 예 ye, 시 si, 유 yu, 수 su, 현 hyun,"
    "은 eun, 태 tae, 재 jae, 승 seung, 나 na, 다 da, 가 ga, 연 yeon, 주 ju, 채 chae"
)
SECOND = (
    "준 jun, 윤 yun, 우 woo, 원 won, 호 ho, 진 jin, 연 yeon, 아 ah, 희 hee, 린 rin,"
    "율 yul, 빈 bin, 경 kyung, 영 young, 훈 hun, 성 sung, 솔 sol, 람 ram, 름 reum, 별 byul"
)

# Each multiplier shares no divisor with its modulus, so different households get different values.
NAMES, NAME_STEP = 30 * 20 * 20, 7_919
PHONES, PHONE_STEP = 100_000_000, 61_803_399


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(hangul, latin) for hangul, latin in (pair.split() for pair in text.split(","))]


_FAMILIES, _FIRST, _SECOND = _pairs(FAMILIES), _pairs(FIRST), _pairs(SECOND)


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands for a household. ``demographics`` is real and known for a third of them."""

    household: int
    name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)
    demographics: str | None = field(repr=False)

    def purchase_memo(self, basket: Basket) -> str:
        """What the household noted about a purchase; no two are alike."""
        return f"메모 {self.name} 장보기 {basket.basket}"

    def payment_memo(self, basket: Basket) -> str:
        """The same about points that paid a part of it."""
        return f"메모 {self.name} 포인트결제 {basket.basket}"

    def return_memo(self, basket: Basket, part: int) -> str:
        """The same about bringing it back."""
        return f"메모 {self.name} 반품 {basket.basket}-{part}"

    def redemption_memo(self, redemption: Redemption) -> str:
        """The same about a coupon."""
        return f"메모 {self.name} 쿠폰 {redemption.on:%m%d}-{redemption.nth}"

    def refund_memo(self, redemption: Redemption) -> str:
        """The same about taking one back."""
        return f"메모 {self.name} 취소 {redemption.on:%m%d}-{redemption.nth}"

    def profile(self) -> Iterator[str]:
        """Every personal value of the membership."""
        yield from (self.name, self.email, self.phone)
        if self.demographics is not None:
            yield self.demographics


def person(household: int, demographics: str | None) -> Person:
    """The person of a household, always the same."""
    rest, family = divmod(household * NAME_STEP % NAMES, len(_FAMILIES))
    second, first = divmod(rest, len(_FIRST))
    names = (_FAMILIES[family], _FIRST[first], _SECOND[second])
    number = f"{household * PHONE_STEP % PHONES:08d}"
    return Person(
        household=household,
        name="".join(hangul for hangul, _ in names),
        email=f"{names[1][1]}{names[2][1]}.{names[0][1]}{household:04d}@example.com",
        phone=f"010-{number[:4]}-{number[4:]}",
        demographics=demographics,
    )


def purchase_detail(basket: Basket) -> str:
    """The record of a purchase, which the law keeps."""
    return f"점포 {basket.store} 영수증 {basket.basket}: {basket.departments}"


def payment_detail(basket: Basket) -> str:
    """The record of a payment with points, which the law keeps as well."""
    return f"점포 {basket.store} 영수증 {basket.basket}: 포인트 사용"


def redemption_detail(redemption: Redemption, household: int) -> str:
    """The record of a coupon redeemed."""
    coupon = f"캠페인 {redemption.campaign} 쿠폰 {redemption.coupon}"
    return f"{coupon}, {redemption.on} 가구 {household}-{redemption.nth}"
