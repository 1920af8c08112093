"""Members: join, leave with their data, be erased."""

from __future__ import annotations

import sys
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
import typer

from ledger import Join
from service.cli import options
from service.cli.erasures import show_erasure, show_resumed
from service.cli.failures import BadInput
from service.cli.receipts import show_receipt
from service.cli.session import session
from service.cli.show import AsJson

PERSONAL = ("email", "phone", "name", "gender", "birth_date", "demographics")
REQUIRED = PERSONAL[:3]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("join")(join)
    app.command("leave")(leave)
    app.command("erase")(erase)


def join(
    email: Annotated[str | None, typer.Option(help="Personal; sealed.", show_default=False)] = None,
    phone: Annotated[str | None, typer.Option(help="Personal; sealed.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="Personal; sealed.", show_default=False)] = None,
    stdin: Annotated[
        bool,
        typer.Option("--stdin", help="Read the personal values as JSON from standard input, out of shell history."),
    ] = False,
    member: Annotated[UUID | None, typer.Option(help="The member's id, yours to draw.", show_default="random")] = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """가입: make somebody a member. Give the same --member and --key again after a lost answer."""
    values = _personal_values(stdin, {"email": email, "phone": phone, "name": name})
    command = Join(
        **options.stamp(key, at, actor, member=member),
        member_id=member or uuid4(),
        **values,
    )
    with session(as_json=as_json) as house:
        receipt = house.execute(command)
    show_receipt(receipt, "가입 · joined", as_json=as_json)


def leave(
    member: Annotated[UUID, typer.Argument(help="The member's id.")],
    confirm_forfeit: Annotated[
        int, typer.Option(help="The number of points that the member was shown and gives up.", min=0)
    ] = 0,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """탈퇴: end a membership and its accounts. Nothing is destroyed yet: that is what `erase` does."""
    stamp = options.stamp(key, at, actor)
    with session(as_json=as_json) as house:
        receipt = house.leave(
            member, confirmed_forfeit=confirm_forfeit, at=stamp["occurred_at"], key=stamp["key"], actor=actor
        )
    show_receipt(receipt, "탈퇴 · left", as_json=as_json)


def erase(
    member: Annotated[UUID | None, typer.Argument(help="The member's id.", show_default=False)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish every erasure that was interrupted.")] = False,
    basis: Annotated[str, typer.Option(help="The legal ground.")] = "개인정보 보호법 제36조 제1항",
    confirm_forfeit: Annotated[
        int, typer.Option(help="The number of points that the member was shown and gives up.", min=0)
    ] = 0,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """파기: forget a member. What a law keeps is destroyed by the same command sent after its last day."""
    stamp = options.stamp(key, at, actor)
    if (member is None) is not resume:
        raise BadInput("give the member's id, or --resume for every erasure that was interrupted")
    with session(as_json=as_json) as house:
        if member is None:
            show_resumed(house.resume_erasures(actor=actor), as_json=as_json)
            return
        report = house.erase(
            member,
            basis=basis,
            confirmed_forfeit=confirm_forfeit,
            at=stamp["occurred_at"],
            key=stamp["key"],
            actor=actor,
        )
    show_erasure(report, as_json=as_json)


def _personal_values(stdin: bool, given: dict[str, str | None]) -> dict[str, Any]:
    """The personal values of a new member, from options or standard input. Raises BadInput, quoting none of them."""
    values = {name: value for name, value in given.items() if value is not None}
    if stdin:
        try:
            read = orjson.loads(sys.stdin.buffer.read())
        except orjson.JSONDecodeError:
            raise BadInput("standard input is no JSON object") from None
        if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
            raise BadInput("standard input must be a JSON object of texts")
        if unknown := sorted(set(read) - set(PERSONAL)):
            raise BadInput(f"unknown fields {', '.join(unknown)}; known are {', '.join(PERSONAL)}")
        values |= read
    if missing := [name for name in REQUIRED if not values.get(name)]:
        raise BadInput(f"missing: {', '.join(missing)}; give options or --stdin with a JSON object")
    return values
