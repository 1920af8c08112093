"""Points of one account: accrue, pay, exchange, refund, expire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import typer

from ledger import SEOUL, Accrue, Command, Exchange, Expire, Pay, Refund
from service.cli import options
from service.cli.failures import BadInput
from service.cli.receipts import show_receipt
from service.cli.session import session
from service.cli.show import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (accrue, pay, exchange, refund, expire):
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
    expires_on: Annotated[str | None, typer.Option(help="Last usable day.", show_default="by the program")] = None,
    memo: options.Memo = None,
    detail: options.Detail = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """적립: give points, stated or earned by a purchase."""
    if (points is None) == (purchase is None):
        raise BadInput("give either --points or --purchase")
    command = Accrue(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        purchase=options.money(purchase),
        expires_on=options.day(expires_on),
        memo=memo,
        detail=detail,
    )
    _send(command, "적립 · accrued", as_json)


def pay(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many points.")],
    cash: Annotated[
        str | None, typer.Option(help="What was paid beside them, e.g. 4500KRW.", show_default=False)
    ] = None,
    store: Annotated[str | None, typer.Option(help="Where.", show_default=False)] = None,
    memo: options.Memo = None,
    detail: options.Detail = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """사용: spend points at a store. The receipt's id is what a refund names."""
    command = Pay(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        cash=options.money(cash),
        store=store,
        memo=memo,
        detail=detail,
    )
    _send(command, "사용 · paid", as_json)


def exchange(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many points.")],
    coupon: Annotated[str, typer.Argument(help="The kind of coupon.")],
    coupon_id: Annotated[
        UUID | None, typer.Option(help="The coupon's id, yours to draw.", show_default="random")
    ] = None,
    memo: options.Memo = None,
    detail: options.Detail = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """교환: spend points for a coupon."""
    command = Exchange(
        **options.stamp(key, at, actor, coupon_id=coupon_id),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        coupon=coupon,
        coupon_id=coupon_id or uuid4(),
        memo=memo,
        detail=detail,
    )
    _send(command, "교환 · exchanged", as_json)


def refund(
    account: options.Account,
    spending: Annotated[UUID, typer.Argument(help="Receipt id of the payment or exchange.")],
    memo: options.Memo = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """사용취소: give the points of a payment or exchange back, to the lots that they came from."""
    command = Refund(
        **options.stamp(key, at, actor),
        account_id=account,
        spending_id=spending,
        memo=memo,
    )
    _send(command, "사용취소 · refunded", as_json)


def expire(
    account: options.Account,
    as_of: Annotated[str | None, typer.Option(help="Sweep what ended before this day.", show_default="today")] = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """기간만료 소멸: take points past their last day out of the books. Nothing due, nothing done."""
    command = Expire(
        **options.stamp(key, at, actor),
        account_id=account,
        as_of=options.day(as_of) or datetime.now(UTC).astimezone(SEOUL).date(),
    )
    _send(command, "기간만료 소멸 · expired", as_json)


def _send(command: Command, title: str, as_json: bool) -> None:
    with session(as_json=as_json) as house:
        receipt = house.execute(command)
    show_receipt(receipt, title, as_json=as_json)
