"""How a receipt is shown."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from ledger import Command, Receipt
from service.cli.session import session
from service.cli.show import answer


def send(command: Command, title: str, as_json: bool) -> None:
    """Carry a command out and show its receipt."""
    with session(as_json=as_json) as house:
        receipt = house.execute(command)
    show_receipt(receipt, title, as_json=as_json)


NOTHING = "nothing"
REFUNDED = "points.refunded.v1"
GIVEN_BACK, PAID_OUT = "돌려줄 돈 · money to give back", "지급액 · paid out"


def receipt_content(receipt: Receipt, title: str) -> dict[str, Any]:
    """The stable fields of a receipt for programs."""
    return {
        "verb": title,
        "receipt": receipt.receipt_id,
        "stream": receipt.stream,
        "key": receipt.key,
        "occurred_at": receipt.occurred_at,
        "recorded_at": receipt.recorded_at,
        "position": receipt.position,
        "points": receipt.points,
        "balance": receipt.balance,
        "topic": receipt.topic,
        "events": receipt.event_ids,
        "shortfall": receipt.shortfall,
        "money": receipt.money,
    }


def show_receipt(receipt: Receipt, title: str, *, as_json: bool) -> None:
    """Show what a command did and what the account has after it."""

    def render(console: Console) -> None:
        table = Table.grid(padding=(0, 2))
        table.add_row("receipt", str(receipt.receipt_id))
        table.add_row("key", str(receipt.key))
        if receipt.balance is not None:
            table.add_row("points", f"{receipt.points:,}")
            if receipt.topic == NOTHING:
                table.add_row("", "처리할 것 없음 · nothing was left to do")
            if receipt.shortfall is not None:
                missing = receipt.shortfall
                table.add_row("부족분 · shortfall", f"{missing.points:,} {missing.outcome}")
                if missing.lapsed:
                    table.add_row("소멸분 · lapsed before", f"{missing.lapsed:,}")
            if receipt.money is not None:
                paid = f"{receipt.money.amount:,} {receipt.money.currency}"
                table.add_row(GIVEN_BACK if receipt.topic == REFUNDED else PAID_OUT, paid)
            table.add_row("available", f"{receipt.balance.available:,}")
            for name in ("held", "pending", "deficit"):
                if figure := getattr(receipt.balance, name):
                    table.add_row(name, f"{figure:,}")
            if receipt.balance.next_expiry_on:
                expiry = f"{receipt.balance.next_expiry_points:,} after {receipt.balance.next_expiry_on}"
                table.add_row("next to expire", expiry)
        else:
            table.add_row("id", str(receipt.stream))
            if receipt.points:
                table.add_row("points", f"{receipt.points:,}")
        console.print(title, style="bold")
        console.print(table)

    answer(receipt_content(receipt, title), render, as_json=as_json)
