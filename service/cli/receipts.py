"""How a receipt is shown."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from ledger import Receipt
from service.cli.show import answer


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
    }


def show_receipt(receipt: Receipt, title: str, *, as_json: bool) -> None:
    """Show what a command did and what the account has after it."""

    def render(console: Console) -> None:
        table = Table.grid(padding=(0, 2))
        table.add_row("receipt", str(receipt.receipt_id))
        table.add_row("key", str(receipt.key))
        if receipt.balance is not None:
            table.add_row("points", f"{receipt.points:,}")
            table.add_row("available", f"{receipt.balance.available:,}")
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
