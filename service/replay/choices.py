"""Which basket does what: decided by its number alone, hence the same in every run.

The data tell what was bought, and neither how it was paid nor what was brought back. That part of the year is made
up, in shares that a chain of supermarkets would believe; every number of it stands here and in docs/demo-data.md.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from zlib import crc32

POINTS_ONE_IN = 40  # of the baskets that are no fuel: a part of them is paid with points
PUMP_ONE_IN = 3  # of the baskets that are fuel alone: paid with points at the pump, out of a hold
PUMP_LOST_ONE_IN = 12  # of the holds: nobody captures or releases them
PUMP_CARD_ONE_IN = 8  # of the holds: let go, since the member paid by card after all
DELIVERED_ONE_IN = 15  # of the other baskets: points are promised, and come when the goods have stayed
CANCELLED_ONE_IN = 12  # of the deliveries: cancelled before
RETURNED_ONE_IN = {"points": 5, "promoted": 12, "plain": 60}  # of the baskets of a kind: comes back, wholly or partly
WHOLE_ONE_IN = 2  # of what comes back: everything
UNUSED_ONE_IN = 4  # of the coupons that points were exchanged for: never used

PRICES = {"Type A": 500, "Type B": 1_500, "Type C": 300}  # points for a coupon, by the type of its campaign
REFUND_EVERY = 20  # of the coupons, in the order of the data, is taken back, if the points had been spent
REFUND_AFTER = timedelta(days=1)
REDEEMED_AT = time(23, 50)  # the data give no time; after the day's purchases, and a second apart
SHARE_PER_CENTS, SHARE_POINTS = 400, 100  # a quarter of the price is paid with points, in hundreds
PUMP_HOLD_POINTS = 1_000  # set aside before the price is known, as a pump does
COUPON_USED_AFTER = timedelta(days=2)
PUMP_AHEAD = timedelta(minutes=5)
CONFIRMED_AFTER = timedelta(days=7)
CANCELLED_AFTER = timedelta(days=3)
FIRST_RETURN_AFTER = timedelta(days=3)  # the dearest line of what points had paid a part of
LAST_RETURN_AFTER = timedelta(days=10)  # the rest of it; and everything else that comes back
SWEPT_AT = time(0, 10)  # of the first of each month

CAMPAIGN_MONTHS = 2  # what a manufacturer gives lasts to the end of the second month
BONUS_POINTS, BONUS_PER_CENTS = 100, 100  # as much again as its coupons took off the price

OPEN_ENDED: date | None = None
CONTRACTS: dict[int, tuple[date, date | None]] = {
    764: (date(2017, 1, 1), OPEN_ENDED),
    236: (date(2017, 1, 1), OPEN_ENDED),
    194: (date(2017, 3, 1), OPEN_ENDED),
    1251: (date(2017, 1, 1), date(2017, 9, 30)),
    751: (date(2017, 1, 1), OPEN_ENDED),
    1208: (date(2017, 1, 1), OPEN_ENDED),
}
"""The manufacturers with the most coupons in the data; one joins in March, one leaves in September."""


def falls(what: str, number: int, *, one_in: int) -> bool:
    """Whether a basket, or a coupon by its place in the data, is one of those to which something happens."""
    return crc32(f"{what} {number}".encode()) % one_in == 0


def share_of(cents: int) -> int:
    """Points that pay a quarter of a price."""
    return cents // SHARE_PER_CENTS * SHARE_POINTS
