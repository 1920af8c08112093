"""The purchases as the oracle reads them: in exact decimals, times without a zone. Shares no code with `source`."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from service.replay.source import Source


@dataclass(frozen=True, slots=True)
class FileBasket:
    """One purchase, in cents. ``coupons`` tell for each manufacturer what its goods cost, and what its coupons paid."""

    number: int
    at: datetime
    cents: int
    dearest: int
    is_fuel: bool
    coupons: dict[int, tuple[int, int]]


def read_file_baskets(
    source: Source, households: set[int], end: date, manufacturers: set[int]
) -> dict[int, list[FileBasket]]:
    """Household → its purchases before the end, in the order of time."""
    names = ["household_id", "basket_id", "product_id", "sales_value", "coupon_disc", "transaction_timestamp"]
    lines = source.table("transactions", names)
    lines = lines.filter(pc.is_in(lines["household_id"], pa.array(sorted(households))))
    lines = lines.filter(pc.less(lines["transaction_timestamp"].cast(pa.date32(), safe=False), pa.scalar(end)))
    exact = pc.round(lines["sales_value"], 2).cast(pa.decimal128(18, 2), safe=False)
    at = lines["transaction_timestamp"].cast(pa.timestamp("s"), safe=False)
    lines = lines.append_column("exact", exact).append_column("at", at)
    products = source.table("products", ["product_id", "department", "manufacturer_id"]).to_pydict()
    fuel = {
        product
        for product, department in zip(products["product_id"], products["department"], strict=True)
        if department == "FUEL"
    }
    made_by = dict(zip(products["product_id"], products["manufacturer_id"], strict=True))
    coupons = _coupons(lines, made_by, manufacturers)
    dry = lines.filter(pc.invert(pc.is_in(lines["product_id"], pa.array(sorted(fuel)))))
    not_fuel = set(dry["basket_id"].to_pylist())
    sums = lines.group_by(["household_id", "basket_id"]).aggregate([("at", "min"), ("exact", "sum"), ("exact", "max")])
    columns = ("household_id", "basket_id", "at_min", "exact_sum", "exact_max")
    found: dict[int, list[FileBasket]] = defaultdict(list)
    for household, basket, when, dollars, dearest in zip(*(sums[name].to_pylist() for name in columns), strict=True):
        cents, most = int(dollars * 100), int(dearest * 100)
        found[household].append(FileBasket(basket, when, cents, most, basket not in not_fuel, coupons.get(basket, {})))
    for baskets in found.values():
        baskets.sort(key=lambda each: (each.at, each.number))
    return found


def _coupons(
    lines: pa.Table, made_by: dict[int, int], manufacturers: set[int]
) -> dict[int, dict[int, tuple[int, int]]]:
    """Line by line: there are few with a coupon."""
    cost: dict[int, Counter[int]] = defaultdict(Counter)
    paid: dict[int, Counter[int]] = defaultdict(Counter)
    with_coupon = lines.filter(pc.greater(lines["coupon_disc"], 0))
    columns = ("basket_id", "product_id", "exact", "coupon_disc")
    for basket, product, dollars, coupon in zip(*(with_coupon[name].to_pylist() for name in columns), strict=True):
        maker = made_by.get(product)
        cents = int(dollars * 100)
        if maker in manufacturers and cents:
            cost[basket][maker] += cents
            paid[basket][maker] += min(cents, round(coupon * 100))
    return {
        basket: {maker: (cents, paid[basket][maker]) for maker, cents in makers.items()}
        for basket, makers in cost.items()
    }
