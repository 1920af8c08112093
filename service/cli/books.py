"""Reading the books: balance, statement, trial balance, roll-forward."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from projections import MEMBER_POINTS
from service.cli import options
from service.cli.failures import BadInput, VerificationFailed
from service.cli.session import session
from service.cli.show import AsJson, answer, console
from service.cli.tables import (
    figures,
    roll_forward_content,
    roll_forward_table,
    statement_content,
    statement_table,
    trial_balance_content,
    trial_balance_table,
)
from service.sealed_values import DISPUTE

Program = Annotated[str | None, typer.Option(help="Only this program.", show_default="all")]
Until = Annotated[str | None, typer.Option(help="Last day that counts, by occurrence.", show_default="today")]
Known = Annotated[
    str | None,
    typer.Option("--as-known-at", help="The books as they were recorded at this instant.", show_default="now"),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("balance")(balance)
    app.command("statement")(statement)
    app.command("trial-balance")(trial_balance)
    app.command("roll-forward")(roll_forward)


def balance(
    account: options.Account,
    at: options.At = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="What it had at this instant, of what had occurred by then.", show_default=False),
    ] = None,
    as_known_at: Known = None,
    as_json: AsJson = False,
) -> None:
    """What an account has: expired points never count, swept or not; --as-of and --as-known-at: what it had."""
    if at and (as_of or as_known_at):
        raise BadInput("--at asks of what is known now, --as-of and --as-known-at of what was then: give one of them")
    with session(as_json=as_json) as house:
        if as_of or as_known_at:
            known_at = options.instant(as_known_at) if as_known_at else None
            found = house.balance_as_of(account, options.instant(as_of), recorded_until=known_at)
        else:
            found = house.balance(account, options.instant(at))

    def render(console: Console) -> None:
        table = figures("available", "held", "pending", "deficit", "next to expire", "after")
        expiry = (f"{found.next_expiry_points:,}", str(found.next_expiry_on)) if found.next_expiry_on else ("", "")
        amounts = (found.available, found.held, found.pending, found.deficit)
        table.add_row(*(f"{points:,}" for points in amounts), *expiry)
        console.print(table)

    answer({"account": account, "balance": found}, render, as_json=as_json)


def statement(
    account: options.Account,
    since: Annotated[str | None, typer.Option(help="First day.", show_default="the first")] = None,
    until: Until = None,
    after: Annotated[int, typer.Option(help="Page on from here.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Lines on a page.", min=1, max=1_000)] = 100,
    dispute: Annotated[
        bool, typer.Option(help="Read, for a dispute, what only a law keeps of a member who left.")
    ] = False,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """An account's lines with their personal texts: 적립, 사용, 교환, 선물, 충전, 환급, 사용취소, 적립취소, 소멸.

    잔액 is what is left in the account's lots; points that are held (가승인), promised (적립예정) or owed (결손) stand
    beside it. [파기됨] is destroyed for ever; [분리보관] is kept apart because a law demands it.
    """
    with session(as_json=as_json) as house:
        page = house.statement(
            account,
            since=options.day(since),
            until=options.day(until),
            after=after,
            limit=limit,
            purpose=DISPUTE if dispute else "statement",
            actor=actor,
        )

    def render(console: Console) -> None:
        sums = f" {page.account}   opening {page.opening:,}   closing {page.closing:,}"
        beside = {"held": page.held, "pending": page.pending, "deficit": page.owed}
        sums += "".join(f"   {name} {points:,}" for name, points in beside.items() if points)
        console.print(Text.assemble((page.program, "bold"), sums))
        console.print(statement_table(page))
        if page.next_after is not None:
            console.print(f"more: --after {page.next_after}")

    answer(statement_content(page), render, as_json=as_json)


def trial_balance(
    program: Program = None, until: Until = None, as_known_at: Known = None, as_json: AsJson = False
) -> None:
    """Every account of the books; exit code 4 unless it sums to zero."""
    known_at = options.instant(as_known_at) if as_known_at else None
    with session(as_json=as_json) as house:
        found = house.trial_balance(occurred_until=options.day(until), recorded_until=known_at, program=program)
    answer(trial_balance_content(found), trial_balance_table(found), as_json=as_json)
    if not found.is_balanced:
        raise VerificationFailed


def roll_forward(
    of: Annotated[str, typer.Option(help="Which account of the books: held_points, deficits, …")] = MEMBER_POINTS,
    program: Program = None,
    until: Until = None,
    as_known_at: Known = None,
    check: Annotated[
        bool, typer.Option(help="Compare the closing with the balances and with the events themselves.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What members are owed, month by month, or what stands on another account; exit code 4 unless every month ties."""
    known_at = options.instant(as_known_at) if as_known_at else None
    with session(as_json=as_json) as house:
        rows = house.roll_forward(
            account_code=of, program=program, until=options.day(until), recorded_until=known_at
        )
        compared = house.ties() if check else ()
    content = roll_forward_content(rows) | ({"compared": compared} if check else {})
    answer(content, roll_forward_table(rows), as_json=as_json)
    if check and not as_json:
        table = figures("program", "account", "kind", "funder", "journal", "balances", "events", texts=4)
        for each in compared:
            sums = (each.journal, each.balances, each.events)
            table.add_row(each.program, each.account_code, each.kind, each.funder, *(f"{points:,}" for points in sums))
        console().print(table)
    if not content["ties"] or not all(each.agrees for each in compared):
        raise VerificationFailed
