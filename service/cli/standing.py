"""What accounts are, and what they may do: opened, claimed, suspended, frozen, reinstated."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.console import Console

from ledger import Claim, Freeze, OpenAccount, Reinstate, Suspend
from service.cli import options
from service.cli.failures import BadInput
from service.cli.receipts import send
from service.cli.session import session
from service.cli.show import AsJson, answer


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (open_account, find_account, claim, suspend, freeze, reinstate):
        app.command(command.__name__.replace("_", "-"))(command)


def open_account(
    member: Annotated[str, typer.Argument(help="The member's id; or - for an unregistered account.")],
    program: Annotated[str, typer.Argument(help="The program's code.")],
    account: Annotated[
        UUID | None, typer.Option(help="The account's id, yours to draw.", show_default="random")
    ] = None,
    card_stdin: Annotated[
        bool, typer.Option("--card-stdin", help="Read the card number from standard input. It is sealed.")
    ] = False,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """Open a member's account in a program; or one that is known by a card until a member claims it."""
    if member == "-" and not card_stdin:
        raise BadInput("an unregistered account is known by its card; give --card-stdin")
    command = OpenAccount(
        **options.stamp(key, at, actor, account=account),
        account_id=account or uuid4(),
        program=program,
        holder=None if member == "-" else str(options.uuid(member, "MEMBER")),
        card=options.secret_line() if card_stdin else None,
    )
    send(command, "account opened", as_json)


def find_account(as_json: AsJson = False) -> None:
    """Find accounts by the card number that standard input has."""
    with session(as_json=as_json) as house:
        found = house.find_accounts(options.secret_line())

    def render(console: Console) -> None:
        for each in found:
            console.print(str(each))
        if not found:
            console.print("찾은 계정 없음 · no account has that card")

    answer({"accounts": found}, render, as_json=as_json)


def claim(
    account: options.Account,
    member: Annotated[UUID, typer.Argument(help="The member's id.")],
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """카드 등록: an unregistered account becomes the member's, with all that it has earned."""
    command = Claim(**options.stamp(key, at, actor), account_id=account, holder=str(member))
    send(command, "카드 등록 · claimed", as_json)


def suspend(
    account: options.Account,
    reason: options.Reason,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """정지: a card was lost, or fraud is suspected. Nothing is spent; what was earned still comes in."""
    send(Suspend(**options.stamp(key, at, actor), account_id=account, reason=reason), "정지 · suspended", as_json)


def freeze(
    account: options.Account,
    reason: options.Reason,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """동결: the member has died. Only what undoes, settles and ends goes on."""
    send(Freeze(**options.stamp(key, at, actor), account_id=account, reason=reason), "동결 · frozen", as_json)


def reinstate(
    account: options.Account,
    reason: options.Reason,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """정지 해제, 동결 해제: the account may do everything again."""
    send(Reinstate(**options.stamp(key, at, actor), account_id=account, reason=reason), "해제 · reinstated", as_json)
