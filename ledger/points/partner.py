"""Partners (제휴사): who earns and redeems for members beside the operator, on which terms, and at which tills."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

SettlementCycle = Literal["daily", "weekly", "half_monthly", "monthly"]
VatType = Literal["general", "simplified", "exempt"]
"""일반과세자, 간이과세자, 면세사업자."""

BUSINESS_NUMBER_DIGITS = 10
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


@dataclass(frozen=True, slots=True)
class Store:
    """A place of the partner's by its code, and its terminals; none listed: any."""

    code: str
    terminals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner's terms at one version. A firm's own data; whom to call there stands elsewhere.

    ``business_number``: ten digits (사업자등록번호). The contract runs from ``contract_from`` to ``contract_until``
    (None: until a version says so), both inclusive. ``fee`` in hundredths of a percent of what it redeems. ``stores``:
    none listed, any. ``effective_on``: the day from which the version counts (None: when it is defined).
    """

    business_number: str
    name: str
    version: int
    contract_from: date
    contract_until: date | None = None
    fee: int = 0
    settlement_cycle: SettlementCycle = "monthly"
    vat: VatType = "general"
    stores: tuple[Store, ...] = ()
    effective_on: date | None = None

    def has_contract_on(self, day: date) -> bool:
        """Whether the contract is in force on the day."""
        return self.contract_from <= day and (self.contract_until is None or day <= self.contract_until)

    def store(self, code: str) -> Store | None:
        """Its store of the code; one that is not listed where none is."""
        if not self.stores:
            return Store(code)
        return next((each for each in self.stores if each.code == code), None)


def is_business_number(text: str) -> bool:
    """Whether it is ten digits of which the last checks the others, as the tax office gives them out."""
    if len(text) != BUSINESS_NUMBER_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    digits = [int(each) for each in text]
    total = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    # The ninth digit counts five times, and the tens of that once more.
    total += digits[8] * 5 // 10
    return (10 - total % 10) % 10 == digits[9]
