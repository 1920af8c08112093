"""Points go to others, and back into money: transfer, convert, cash out, settle a claim."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from ledger import CashOut, Convert, SettleClaim, Transfer
from service.cli import options
from service.cli.receipts import send
from service.cli.show import AsJson

Payee = Annotated[
    bool, typer.Option("--payee-stdin", help="Read the account number that is paid from standard input. It is sealed.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (transfer, convert, cash_out, settle_claim):
        app.command(command.__name__.replace("_", "-"))(command)


def transfer(
    account: options.Account,
    to: Annotated[UUID, typer.Argument(help="The receiver's account, in the same program.")],
    points: Annotated[int, typer.Argument(help="How many points.")],
    memo: options.Memo = None,
    receiver_memo: Annotated[
        str | None, typer.Option(help="A personal note for the receiver. It is sealed.", show_default=False)
    ] = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """선물: points to somebody else, with the last days that they have. The balance shown is the giver's."""
    command = Transfer(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        to_account_id=to,
        points=points,
        memo=memo,
        receiver_memo=receiver_memo,
    )
    send(command, "선물 · sent", as_json)


def convert(
    account: options.Account,
    to: Annotated[UUID, typer.Argument(help="An account of another program.")],
    points: Annotated[int, typer.Argument(help="How many points.")],
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """전환: points into another program, at the rate that this account's program states."""
    command = Convert(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        to_account_id=to,
        points=points,
    )
    send(command, "전환 · converted", as_json)


def cash_out(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many of the points that were charged.")],
    payee_stdin: Payee = False,
    memo: options.Memo = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """환급: charged points back into money, less the program's fee."""
    command = CashOut(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        payee=options.secret_line() if payee_stdin else None,
        memo=memo,
    )
    send(command, "환급 · cashed out", as_json)


def settle_claim(
    account: options.Account,
    claim: Annotated[UUID, typer.Argument(help="Id of the claim that leaving made.")],
    payee_stdin: Payee = False,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """환급금 지급: the money of somebody who left with charged points is paid."""
    command = SettleClaim(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        claim_id=claim,
        payee=options.secret_line() if payee_stdin else None,
    )
    send(command, "환급금 지급 · claim paid", as_json)
