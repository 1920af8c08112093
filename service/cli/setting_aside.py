"""Points are set aside for a payment: hold, authorise, capture, release, time out; and void, for a lost answer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from ledger import Authorise, Capture, Hold, Release, TimeOutHolds, Void
from service.cli import options
from service.cli.receipts import send
from service.cli.show import AsJson

HoldId = Annotated[UUID, typer.Argument(metavar="HOLD", help="Receipt id of the hold.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (hold, authorise, capture, release, time_out_holds, void):
        app.command(command.__name__.replace("_", "-"))(command)


def hold(
    account: options.Account,
    points: Annotated[int, typer.Argument(help="How many points.")],
    cash: options.Cash = None,
    store: options.Store = None,
    redeemer: options.Redeemer = None,
    times_out_at: Annotated[
        str | None, typer.Option(help="When it is released by itself.", show_default="by the program")
    ] = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """가승인: set points aside. The receipt's id names the hold."""
    command = Hold(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        points=points,
        cash=options.money(cash),
        store=store,
        redeemer=redeemer,
        times_out_at=None if times_out_at is None else options.instant(times_out_at),
    )
    send(command, "가승인 · held", as_json)


def authorise(
    account: options.Account,
    hold_id: HoldId,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """승인 중: the card company is about to be called, so the hold waits for its answer and does not time out."""
    command = Authorise(**options.stamp(key, at, actor), account_id=account, hold_id=hold_id)
    send(command, "승인 중 · authorising", as_json)


def capture(
    account: options.Account,
    hold_id: HoldId,
    points: Annotated[int | None, typer.Option(help="A part of it.", show_default="all that is held")] = None,
    cash: options.Cash = None,
    memo: options.Memo = None,
    detail: options.Detail = None,
    instrument: options.Instrument = None,
    reference: options.Reference = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """승인 확정: pay with what is held; the rest is released. The receipt's id is what a refund names."""
    command = Capture(
        **options.stamp(key, at, actor),
        account_id=account,
        reference=options.reference(reference),
        hold_id=hold_id,
        points=points,
        cash=options.money(cash),
        memo=memo,
        detail=detail,
        instrument=instrument,
    )
    send(command, "승인 확정 · captured", as_json)


def release(
    account: options.Account,
    hold_id: HoldId,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """가승인 해제: nothing was bought, so the points are there again."""
    command = Release(**options.stamp(key, at, actor), account_id=account, hold_id=hold_id)
    send(command, "가승인 해제 · released", as_json)


def time_out_holds(
    account: options.Account,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """가승인 시간만료: release the account's holds whose time is over. Nothing due, nothing done."""
    command = TimeOutHolds(**options.stamp(key, at, actor), account_id=account)
    send(command, "가승인 시간만료 · timed out", as_json)


def void(
    account: options.Account,
    voided_key: Annotated[UUID, typer.Argument(help="The key of the command whose answer was lost.")],
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """망취소: what a key did is undone; if it never came, it is barred for ever."""
    command = Void(**options.stamp(key, at, actor), account_id=account, voided_key=voided_key)
    send(command, "망취소 · voided", as_json)
