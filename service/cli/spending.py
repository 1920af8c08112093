"""Points are spent, and come back: pay, exchange, redeem a coupon, refund, expire."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

import typer

from ledger import (
    Command,
    Exchange,
    Expire,
    ExpireCoupons,
    Fault,
    Pay,
    RedeemByCode,
    RedeemCoupon,
    Refund,
    RefundSplit,
    SpendingOrder,
)
from service.cli import options
from service.cli.failures import BadInput
from service.cli.receipts import send
from service.cli.show import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (pay, exchange, redeem_coupon, refund, expire, expire_coupons):
        app.command(command.__name__.replace("_", "-"))(command)


def pay(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many points.")],
    cash: options.Cash = None,
    store: options.Store = None,
    redeemer: options.Redeemer = None,
    spending_order: Annotated[
        SpendingOrder | None, typer.Option(help="Which points go first.", show_default="by the program")
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
    """사용: spend points at a store. The receipt's id is what a refund names."""
    command = Pay(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        cash=options.money(cash),
        store=store,
        redeemer=redeemer,
        memo=memo,
        detail=detail,
        instrument=instrument,
        order=spending_order,
    )
    send(command, "사용 · paid", as_json)


def exchange(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many points.")],
    coupon: Annotated[str, typer.Argument(help="The kind of coupon.")],
    coupon_id: Annotated[
        UUID | None, typer.Option(help="The coupon's id, yours to draw.", show_default="random")
    ] = None,
    code_stdin: Annotated[
        bool, typer.Option("--code-stdin", help="Read the coupon's secret code from standard input. It is sealed.")
    ] = False,
    expires_on: Annotated[
        str | None, typer.Option(help="The coupon's last day, inclusive.", show_default=False)
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
        code=options.secret_line() if code_stdin else None,
        expires_on=options.day(expires_on),
        memo=memo,
        detail=detail,
    )
    send(command, "교환 · exchanged", as_json)


def redeem_coupon(
    account: Annotated[UUID | None, typer.Argument(help="The account's id.", show_default=False)] = None,
    spending: Annotated[
        UUID | None, typer.Argument(help="Receipt id of the exchange.", show_default=False)
    ] = None,
    code_stdin: Annotated[
        bool, typer.Option("--code-stdin", help="Or read the coupon's code from standard input.")
    ] = False,
    store: options.Store = None,
    redeemer: options.Redeemer = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """쿠폰 사용: once. Named by its exchange, or by its secret code."""
    stamp = options.stamp(key, at, actor) | {"store": store, "redeemer": redeemer}
    command: Command
    if code_stdin and account is None and spending is None:
        command = RedeemByCode(code=options.secret_line(), **stamp)
    elif account is not None and spending is not None and not code_stdin:
        command = RedeemCoupon(account_id=account, spending_id=spending, **stamp)
    else:
        raise BadInput("give the account and the exchange, or --code-stdin alone")
    send(command, "쿠폰 사용 · redeemed", as_json)


def refund(
    account: options.Account,
    spending: Annotated[UUID, typer.Argument(help="Receipt id of the payment or exchange.")],
    amount: Annotated[
        int | None, typer.Option(help="A part: so much money's worth.", min=1, show_default="all that is left")
    ] = None,
    points: Annotated[int | None, typer.Option(help="Or so many points.", min=0, show_default=False)] = None,
    cash: Annotated[
        int | None, typer.Option(help="And so much money, in minor units.", min=0, show_default=False)
    ] = None,
    split: Annotated[
        RefundSplit | None, typer.Option(help="What --amount gives back first.", show_default="by the program")
    ] = None,
    fault: Annotated[
        Fault | None, typer.Option(help="Whose fault it is; the program may grant more days then.", show_default=False)
    ] = None,
    memo: options.Memo = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """사용취소: give the points of a payment or exchange back, to the lots that they came from."""
    command = Refund(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        spending_id=spending,
        amount=amount,
        points=points,
        cash=cash,
        split=split,
        fault=fault,
        memo=memo,
    )
    send(command, "사용취소 · refunded", as_json)


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
        as_of=options.day(as_of) or options.today(),
    )
    send(command, "기간만료 소멸 · expired", as_json)


def expire_coupons(
    account: options.Account,
    as_of: Annotated[str | None, typer.Option(help="Close what ended before this day.", show_default="today")] = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """쿠폰 기간만료: close coupons past their last day. Nothing due, nothing done."""
    command = ExpireCoupons(
        **options.stamp(key, at, actor),
        account_id=account,
        as_of=options.day(as_of) or options.today(),
    )
    send(command, "쿠폰 기간만료 · coupons expired", as_json)
