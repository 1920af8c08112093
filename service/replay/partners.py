"""The partners of the replayed year: the shop that takes points, and manufacturers who fund what their coupons give."""

from __future__ import annotations

from datetime import date

from ledger import Partner, is_business_number
from service.replay.choices import CONTRACTS

# No tax office is numbered 999, so these belong to nobody.
RETAILER_SERIAL, MANUFACTURER_SERIAL = 999_860_000, 999_810_000


def _business_number(serial: int) -> str:
    """Nine digits, and the one that checks them."""
    return next(number for number in (f"{serial:09d}{check}" for check in range(10)) if is_business_number(number))


RETAILER = _business_number(RETAILER_SERIAL)
FUNDERS = {manufacturer: _business_number(MANUFACTURER_SERIAL + manufacturer) for manufacturer in CONTRACTS}
"""Manufacturer of the data → business number."""

PARTNERS = (
    Partner(RETAILER, "Journey Market", version=1, contract_from=date(2017, 1, 1)),
    *(
        Partner(FUNDERS[each], f"Manufacturer {each}", version=1, contract_from=since, contract_until=until)
        for each, (since, until) in CONTRACTS.items()
    ),
)
NAMES = {partner.business_number: partner.name for partner in PARTNERS}
