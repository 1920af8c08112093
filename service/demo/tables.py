"""Roll-forwards as the demo shows them: of all funders, narrow enough for a terminal, no column left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rich.table import Table

from projections import BY_WORD, COLUMNS, RollForwardRow
from service.cli.tables import figures

ASIDE = {
    "held_points": "가승인",
    "pending_points": "적립예정",
    "coupon_liability": "쿠폰",
    "deficits": "결손",
}


def in_all(rows: Sequence[RollForwardRow]) -> list[RollForwardRow]:
    """One row for each month: the sums over programs, kinds and funders."""
    months: dict[date, list[RollForwardRow]] = {}
    for row in rows:
        months.setdefault(row.month, []).append(row)
    return [
        RollForwardRow(
            program=found[0].program,
            kind="all",
            funder="all",
            month=month,
            opening=sum(row.opening for row in found),
            movements={word: sum(row.movements[word] for row in found) for word in COLUMNS},
            closing=sum(row.closing for row in found),
            account_code=found[0].account_code,
        )
        for month, found in sorted(months.items())
    ]


def moved_tables(months: Sequence[RollForwardRow], marks: Sequence[str]) -> tuple[Table, Table]:
    """Opening and what came; what went and closing. Every movement that ever happened has its column in one of them."""
    used = [word for word in COLUMNS if any(row.movements[word] for row in months)]
    came = [word for word in used if sum(row.movements[word] for row in months) > 0]
    went = [word for word in used if word not in came]
    first = figures("month", "opening", *(BY_WORD[word].title for word in came), "in all", texts=1)
    second = figures("month", *(BY_WORD[word].title for word in went), "in all", "closing", "", texts=1)
    for row, mark in zip(months, marks, strict=True):
        month = row.month.isoformat()[:7]
        first.add_row(month, f"{row.opening:,}", *_signed(row, came))
        second.add_row(month, *_signed(row, went), f"{row.closing:,}", mark)
    return first, second


def aside_table(carried: Mapping[str, Sequence[RollForwardRow]]) -> Table:
    """What stood beside the lots at the end of each month, and every movement of the year below."""
    table = figures("month", *(ASIDE[code] for code in carried), title="beside the lots, at the month's end", texts=1)
    months = sorted({row.month for rows in carried.values() for row in rows})
    for month in months:
        cells = [next((row.closing for row in rows if row.month == month), 0) for rows in carried.values()]
        table.add_row(month.isoformat()[:7], *(f"{cell:,}" for cell in cells))
    table.add_section()
    for word in COLUMNS:
        sums = [sum(row.movements[word] for row in rows) for rows in carried.values()]
        if any(sums):
            table.add_row(BY_WORD[word].title, *(f"{each:+,}" if each else "" for each in sums))
    return table


def _signed(row: RollForwardRow, words: Sequence[str]) -> list[str]:
    moved = [row.movements[word] for word in words]
    return [*(f"{points:+,}" if points else "" for points in moved), f"{sum(moved):+,}"]
