"""Finding members by what they are known by, and the key of the index that finds them."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated

import typer

from service.cli import options
from service.cli.failures import BadInput
from service.cli.session import session
from service.cli.show import AsJson, answer
from service.sealed_values import DISPUTE


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("find")(find)
    app.command("rekey-index")(rekey_index)


def find(
    email: Annotated[str | None, typer.Option(help="Personal.", show_default=False)] = None,
    phone: Annotated[str | None, typer.Option(help="Personal.", show_default=False)] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the e-mail, or a phone that begins with + or 0, out of shell history.")
    ] = False,
    dispute: Annotated[bool, typer.Option("--dispute", help="Find those who left, too, for a dispute.")] = False,
    as_json: AsJson = False,
) -> None:
    """Members who have an e-mail or a phone; two may share one. An erased member is not found."""
    if stdin:
        text = sys.stdin.read().strip()
        email, phone = (None, text) if text[:1] in {"+", "0"} else (text, None)
    if not email and not phone:
        raise BadInput("give --email or --phone")
    with session(as_json=as_json) as house:
        members = house.find_member(email=email, phone=phone, purpose=DISPUTE if dispute else "lookup")
    answer({"members": members}, "\n".join(map(str, members)) or "nobody", as_json=as_json)


def rekey_index(
    older_than: Annotated[int, typer.Option(help="Only if the key is at least so many days old.", min=0)] = 7,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """Give the blind index its next key and destroy the last one; run it every day, and again after a crash."""
    with session(as_json=as_json) as house:
        report = house.privacy.rekey_index(actor=actor, older_than=timedelta(days=older_than))
    if report is None:
        answer({"rekeyed": False}, "the index's key is young enough; nothing was changed", as_json=as_json)
        return
    text = (
        f"{report.tagged_anew:,} rows tagged anew; older tags say nothing to anybody since "
        f"{report.unreadable_since:%Y-%m-%d %H:%M:%SZ}; certificate {report.certificate}"
    )
    content = {
        "rekeyed": True,
        "tagged_anew": report.tagged_anew,
        "unreadable_since": report.unreadable_since,
        "certificate": report.certificate,
    }
    answer(content, text, as_json=as_json)
