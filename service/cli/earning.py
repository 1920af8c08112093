"""Points come in, and are taken back: accrue, confirm, claw back, reprice, charge, adjust."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ledger import OPERATOR, Accrue, Adjust, Charge, ClawBack, Confirm, Order, Reprice
from service.cli import options
from service.cli.documents import read_as
from service.cli.failures import BadInput
from service.cli.receipts import send
from service.cli.show import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (accrue, confirm, clawback, reprice, charge, adjust):
        app.command(command.__name__)(command)


def accrue(
    account: options.Account,
    points: Annotated[int | None, typer.Option(help="How many points.", show_default=False)] = None,
    purchase: Annotated[
        str | None,
        typer.Option(
            help="Or what was bought, by the program's rate: minor units and currency, e.g. 4500KRW.",
            show_default=False,
        ),
    ] = None,
    order: Annotated[
        Path | None,
        typer.Option(
            help="Or an order, by the program's earning rules: a JSON file, - for standard input; docs/cli.md.",
            allow_dash=True,
            show_default=False,
        ),
    ] = None,
    expires_on: options.LastDay = None,
    usable_at: options.UsableAt = None,
    funder: Annotated[str, typer.Option(help="Who pays for them: a business number.")] = OPERATOR,
    supplier: Annotated[
        str | None, typer.Option(help="Business number of who supplied what earned them.", show_default=False)
    ] = None,
    own_use: Annotated[
        str | None, typer.Option(help="Business number at which alone they may be spent.", show_default="anywhere")
    ] = None,
    pending: Annotated[bool, typer.Option("--pending", help="적립예정: promised until `confirm`.")] = False,
    memo: options.Memo = None,
    detail: options.Detail = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """적립: give points, stated or earned by a purchase or an order."""
    if [points, purchase, order].count(None) != 2:
        raise BadInput("give one of --points, --purchase and --order")
    command = Accrue(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        purchase=options.money(purchase),
        order=None if order is None else read_as(order, Order),
        expires_on=options.day(expires_on),
        usable_at=None if usable_at is None else options.instant(usable_at),
        funder=funder,
        supplier=supplier,
        own_use=own_use,
        pending=pending,
        memo=memo,
        detail=detail,
    )
    send(command, "적립예정 · promised" if pending else "적립 · accrued", as_json)


def reprice(
    account: options.Account,
    accrual: Annotated[UUID, typer.Argument(help="Receipt id of the order's accrual.")],
    remains: Annotated[
        Path,
        typer.Argument(
            help="What is left of the order: a JSON file, - for standard input; no lines: nothing is.", allow_dash=True
        ),
    ],
    reason: options.Reason = "order cancelled in part",
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """부분취소: what is left of an order is priced by the rules that earned; what it earns no longer is taken back."""
    command = Reprice(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        accrual_id=accrual,
        remains=read_as(remains, Order),
        reason=reason,
    )
    send(command, "부분취소 · repriced", as_json)


def confirm(
    account: options.Account,
    accrual: Annotated[UUID, typer.Argument(help="Receipt id of the pending accrual.")],
    expires_on: options.LastDay = None,
    usable_at: options.UsableAt = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """적립확정: the purchase stands, so what was promised is there."""
    command = Confirm(
        **options.stamp(key, at, actor),
        account_id=account,
        accrual_id=accrual,
        expires_on=options.day(expires_on),
        usable_at=None if usable_at is None else options.instant(usable_at),
    )
    send(command, "적립확정 · confirmed", as_json)


def clawback(
    account: options.Account,
    accrual: Annotated[UUID, typer.Argument(help="Receipt id of the accrual, pending or not.")],
    points: Annotated[int | None, typer.Option(help="A part of it.", show_default="all")] = None,
    reason: options.Reason = "purchase cancelled",
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """적립취소: the purchase that earned is cancelled. The answer says what was not there, and what becomes of it."""
    command = ClawBack(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        accrual_id=accrual,
        points=points,
        reason=reason,
    )
    send(command, "적립취소 · clawed back", as_json)


def charge(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many points.")],
    money: Annotated[str, typer.Argument(help="What was paid for them, e.g. 10000KRW.")],
    bonus: Annotated[int, typer.Option(help="Free points beside them.", min=0)] = 0,
    bonus_expires_on: Annotated[
        str | None, typer.Option(help="Last day of the bonus.", show_default="by the program")
    ] = None,
    memo: options.Memo = None,
    detail: options.Detail = None,
    instrument: options.Instrument = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """충전: points for money. They are never clawed back, and may be cashed out."""
    paid = options.money(money)
    assert paid is not None
    command = Charge(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        money=paid,
        bonus=bonus,
        bonus_expires_on=options.day(bonus_expires_on),
        memo=memo,
        detail=detail,
        instrument=instrument,
    )
    send(command, "충전 · charged", as_json)


def adjust(
    account: options.Account,
    points: Annotated[int, typer.Option(help="How many to add, or below 0 to take.")],
    reason: options.Reason,
    approver: Annotated[
        str | None, typer.Option(help="The second person, needed above the program's limit.", show_default=False)
    ] = None,
    may_owe: Annotated[bool, typer.Option("--may-owe", help="What is not there becomes a deficit.")] = False,
    corrects: Annotated[
        UUID | None, typer.Option(help="Receipt id of what this puts right.", show_default=False)
    ] = None,
    expires_on: options.LastDay = None,
    memo: options.Memo = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """조정: put points right, for a reason; above the program's limit two persons do it."""
    command = Adjust(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        reason=reason,
        approver=approver,
        may_owe=may_owe,
        corrects=corrects,
        expires_on=options.day(expires_on),
        memo=memo,
    )
    send(command, "조정 · adjusted", as_json)
