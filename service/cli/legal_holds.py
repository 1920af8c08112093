"""Legal holds on the command line: place, release, list, and show what one keeps."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from ledger import HeldRecord
from service.cli import options
from service.cli.failures import BadInput
from service.cli.receipts import show_receipt
from service.cli.session import session
from service.cli.show import AsJson, answer, personal
from service.sealed_values import DISPUTE

Member = Annotated[UUID, typer.Argument(help="The member's id.")]
Hold = Annotated[UUID, typer.Argument(help="The hold's id.")]
ApprovedBy = Annotated[str, typer.Option(help="Who approved it: another person than --actor.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Keep single records for a dispute.")
    group.command("place")(place)
    group.command("release")(release)
    group.command("list")(list_holds)
    group.command("show")(show)
    app.add_typer(group, name="legal-hold")


def place(
    member: Member,
    record: Annotated[UUID, typer.Argument(help="The id of the record's receipt.")],
    reason: Annotated[str, typer.Option(help="Personal; sealed.")],
    review_on: Annotated[str, typer.Option(help="The day, within 90 days, by which it is looked at again.")],
    approved_by: ApprovedBy,
    hold: Annotated[UUID | None, typer.Option(help="The hold's id, yours to draw.", show_default="random")] = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """증거 보전: keep a record's personal values, whatever ends beside them, for a dispute alone."""
    stamp = options.stamp(key, at, actor, hold=hold)
    hold_id, day = hold or uuid4(), options.day(review_on)
    if day is None:
        raise BadInput("give the day of the review, like --review-on 2026-03-01")
    with session(as_json=as_json) as house:
        receipt = house.privacy.place_legal_hold(
            member,
            record,
            reason=reason,
            review_on=day,
            approved_by=approved_by,
            hold=hold_id,
            key=stamp["key"],
            at=stamp["occurred_at"],
            actor=actor,
        )
    show_receipt(receipt, f"증거 보전 · legal hold {hold_id}", as_json=as_json)


def release(
    member: Member,
    hold: Hold,
    approved_by: ApprovedBy,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """보전 해제: the dispute is over; what was held is destroyed at once."""
    stamp = options.stamp(key, at, actor)
    with session(as_json=as_json) as house:
        report = house.privacy.release_legal_hold(
            member, hold, approved_by=approved_by, key=stamp["key"], at=stamp["occurred_at"], actor=actor
        )
    text = (
        f"legal hold {hold} released; of no use to anybody since {report.unreadable_since:%Y-%m-%d %H:%M:%SZ}; "
        f"{report.boxes_tried} boxes tried: none opens; certificate {report.certificate}"
    )
    content = {
        "member": member,
        "hold": hold,
        "boxes_tried": report.boxes_tried,
        "unreadable_since": report.unreadable_since,
        "certificate": report.certificate,
    }
    answer(content, text, as_json=as_json)


def list_holds(as_json: AsJson = False) -> None:
    """Every hold that was not released, and by when somebody must look at it again."""
    with session(as_json=as_json) as house:
        holds = house.privacy.legal_holds()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("hold", "member", "record", "asked · approved", "review on"):
        table.add_column(title, overflow="fold")
    for each in holds:
        asked = f"{each.requested_by} · {each.approved_by}"
        table.add_row(str(each.hold_id), str(each.member_id), each.record_topic, asked, str(each.review_on))
    answer({"holds": [legal_hold_content(each) for each in holds]}, table, as_json=as_json)


def show(
    member: Member,
    hold: Hold,
    dispute: Annotated[bool, typer.Option("--dispute", help="Read for the dispute that it is kept for.")] = False,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """What a hold keeps; readable for a dispute only."""
    purpose = DISPUTE if dispute else "legal-hold"
    with session(as_json=as_json) as house:
        values = house.privacy.held_values(member, hold, purpose=purpose, actor=actor)

    def render(console: Console) -> None:
        for item, value in values:
            console.print(f"{item}: {personal(value)}", markup=False)

    answer({"values": [{"item": item, "value": value} for item, value in values]}, render, as_json=as_json)


def legal_hold_content(hold: HeldRecord) -> dict[str, Any]:
    """The stable fields of a hold."""
    return {
        "hold": hold.hold_id,
        "member": hold.member_id,
        "record": hold.record_topic,
        "requested_by": hold.requested_by,
        "approved_by": hold.approved_by,
        "review_on": hold.review_on,
    }
