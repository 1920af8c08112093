"""The books as tables: statement, trial balance, roll-forward, and each as a document for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from ledger import SEOUL
from projections import BY_WORD, COLUMNS, RollForwardRow, Statement, TrialBalance
from service.cli.show import personal

EARLIER = {
    "accrue": "적립",
    "pay": "사용",
    "exchange": "교환",
    "refund": "사용취소",
    "charge": "충전",
    "cash_out": "환급",
    "clawback": "적립취소",
    "expire": "기간만료 소멸",
    "forfeit": "탈퇴 소멸",
    "transfer": "선물",
    "convert": "전환",
    "adjust": "조정",
}
"""What happened in another system before its points were taken over; it moved nothing here."""

BESIDE = (("가승인", "held"), ("적립예정", "pending"), ("결손", "owed"))
"""What a statement shows beside the lots, and where a line has it."""


def figures(*names: str, title: str | None = None, texts: int = 0) -> Table:
    """A table of figures; the first ``texts`` columns are words."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if number < texts else "right", no_wrap=True)
    return table


def statement_table(statement: Statement, *, last: int | None = None) -> Table:
    """Lines with running balance and personal texts; only the ``last`` ones if a number is given.

    What is held, promised or owed has a column where a line moves it.
    """
    lines = statement.lines[-last:] if last else statement.lines
    beside = [(name, field) for name, field in BESIDE if any(getattr(line, field) for line in lines)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("일시", "구분"):
        table.add_column(name, no_wrap=True)
    for name in ("포인트", "잔액", *(name for name, _ in beside)):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("메모", overflow="fold")
    table.add_column("거래 기록", overflow="fold")
    for line in lines:
        occurred = line.occurred_at.astimezone(SEOUL)
        table.add_row(
            f"{occurred:%Y-%m-%d %H:%M}",
            line.title if line.earlier_movement is None else f"{EARLIER[line.earlier_movement]} (이관 전)",
            f"{line.points:+,}" if line.earlier_points is None else f"({line.earlier_points:+,})",
            f"{line.balance:,}",
            *(_or_blank(getattr(line, field), sign="+") for _, field in beside),
            # As text, not markup: what members wrote may hold brackets.
            Text(personal(line.memo)),
            Text(personal(line.detail)),
        )
    return table


def statement_content(statement: Statement) -> dict[str, Any]:
    """The stable fields of a statement."""
    lines = [
        {
            "position": line.position,
            "event": line.event_id,
            "movement": line.movement,
            "title": line.title,
            "occurred_at": line.occurred_at,
            "recorded_at": line.recorded_at,
            "points": line.points,
            "balance": line.balance,
            "held": line.held,
            "pending": line.pending,
            "owed": line.owed,
            "held_balance": line.held_balance,
            "reference": line.reference,
            "counterpart": line.counterpart,
            "texts": dict(line.texts),
            "source": line.source,
            "earlier_movement": line.earlier_movement,
            "earlier_points": line.earlier_points,
        }
        for line in statement.lines
    ]
    return {
        "account": statement.account,
        "program": statement.program,
        "opening": statement.opening,
        "closing": statement.closing,
        "held": statement.held,
        "pending": statement.pending,
        "owed": statement.owed,
        "lines": lines,
        "next_after": statement.next_after,
    }


def trial_balance_table(balance: TrialBalance) -> Table:
    """Debit and credit of each account, and their sums."""
    table = figures("program", "account", "계정", "kind", "funder", "debit", "credit", texts=5)
    for row in balance.rows:
        table.add_row(
            row.program,
            row.account.code,
            row.account.name,
            row.kind,
            row.funder,
            _or_blank(row.debit),
            _or_blank(row.credit),
        )
    table.add_section()
    sums = (sum(row.debit for row in balance.rows), sum(row.credit for row in balance.rows))
    table.add_row("sum", "", "", "", "", *(f"{total:,}" for total in sums), style="bold")
    return table


def trial_balance_content(balance: TrialBalance) -> dict[str, Any]:
    """The stable fields of a trial balance."""
    rows = [
        {
            "program": row.program,
            "account": row.account.code,
            "name": row.account.name,
            "kind": row.kind,
            "funder": row.funder,
            "points": row.points,
            "debit": row.debit,
            "credit": row.credit,
        }
        for row in balance.rows
    ]
    return {"rows": rows, "total": balance.total, "balanced": balance.is_balanced}


def roll_forward_table(rows: Sequence[RollForwardRow], marks: Iterable[str] = ()) -> Table:
    """Opening, each movement that ever happened, closing; ``marks`` are said beside the rows."""
    used = [word for word in COLUMNS if any(row.movements[word] for row in rows)]
    beside = list(marks)
    names = ["program", "kind", "funder", "month"]
    shown = [name for name in names if name == "month" or len({getattr(row, name) for row in rows}) > 1]
    table = figures(
        *shown,
        "opening",
        *(f"{BY_WORD[word].title}" for word in used),
        "closing",
        *([""] if beside else []),
        texts=len(shown),
    )
    for number, row in enumerate(rows):
        owner = [_month(row.month) if name == "month" else str(getattr(row, name)) for name in shown]
        moved = [_or_blank(row.movements[word], sign="+") for word in used]
        table.add_row(*owner, f"{row.opening:,}", *moved, f"{row.closing:,}", *beside[number : number + 1])
    return table


def roll_forward_content(rows: Sequence[RollForwardRow]) -> dict[str, Any]:
    """The stable fields of a roll-forward."""
    months = [
        {
            "program": row.program,
            "account": row.account_code,
            "kind": row.kind,
            "funder": row.funder,
            "month": _month(row.month),
            "opening": row.opening,
            **{word: row.movements[word] for word in COLUMNS},
            "closing": row.closing,
            "ties": row.ties,
        }
        for row in rows
    ]
    return {"months": months, "ties": all(row.ties for row in rows)}


def _month(first: date) -> str:
    return first.isoformat()[:7]  # strftime's %Y has no leading zeros here


def _or_blank(points: int, sign: str = "") -> str:
    return f"{points:{sign},}" if points else ""
