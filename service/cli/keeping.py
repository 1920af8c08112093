"""Keeping the house: migrations, checkpoints, verification, rebuilding the read models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service.cli import options
from service.cli.failures import VerificationFailed
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer
from service.cli.tables import figures
from service.settings import Settings
from service.verification import Verification
from service.wiring import migrate as migrate_places
from service.wiring import places_of

LINES_NAMED = 10  # of a file that may be damaged from end to end


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (migrate, checkpoint, verify, rebuild):
        app.command(command.__name__)(command)


def migrate(as_json: AsJson = False) -> None:
    """Bring both databases to this version. Uses LEDGER_OWNER_DSN and KEYS_OWNER_DSN; safe to repeat."""
    settings, notices = Settings.read(), list[str]()
    with places_of(settings) as places:
        applied = migrate_places(places, settings, notices.append)
    lines = [f"{package}: {', '.join(names) or 'up to date'}" for package, names in applied.items()]

    def render(console: Console) -> None:
        console.print("\n".join(lines + notices), soft_wrap=True)

    answer({"applied": applied, "notices": notices}, render, as_json=as_json)


def checkpoint(at: options.At = None, as_json: AsJson = False) -> None:
    """Sign the chain's head and append it to the checkpoint file, which belongs on another machine."""
    with session(as_json=as_json) as house:
        made = house.checkpoint(options.instant(at) if at else None)
        file = house.settings.checkpoints
    content = {"position": made.position, "hash": made.hash.hex(), "made_at": made.made_at, "file": str(file)}
    answer(content, f"checkpoint at event {made.position:,} ({made.hash.hex()[:16]}…) in {file}", as_json=as_json)


def verify(
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="A copy of the checkpoint file, from elsewhere.", show_default="the installation's own"),
    ] = None,
    boxes: Annotated[bool, typer.Option(help="Compare every sealed value with its event, too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Recompute the hash chain over every event; exit code 4 names the first that is altered, gone or moved."""
    with session(as_json=as_json) as house:
        found = house.verify(checkpoints=checkpoints, boxes=boxes)
    chain = found.chain
    content = {
        "intact": found.ok,
        "events": chain.events,
        "head": {"position": chain.head_position, "hash": chain.head_hash.hex()},
        "checkpoints": chain.checkpoints,
        "checkpoints_reach": found.reach,
        "forged_checkpoints": found.forged,
        "damaged_checkpoint_lines": found.damaged,
        "findings": found.findings,
        "unjudged_values": found.unjudged,
    }

    def render(console: Console) -> None:
        for line in _told(found):
            console.print(line, soft_wrap=True)

    answer(content, render, as_json=as_json)
    if not found.ok:
        raise VerificationFailed


def _told(found: Verification) -> Iterator[str | Text]:
    """What people read about a verification, line by line."""
    chain = found.chain
    for finding in found.findings:
        yield alarm(finding.kind, f" at event {finding.position:,}: {finding.explanation}")
    if found.forged:
        yield alarm("forged", f": {found.forged} checkpoints are not signed by this installation")
    if found.damaged:
        lines = ", ".join(map(str, found.damaged[:LINES_NAMED])) + (" …" if len(found.damaged) > LINES_NAMED else "")
        yield alarm("damaged", f": {len(found.damaged)} lines of the checkpoint file are no checkpoints: {lines}")
    if found.unjudged:
        yield f"{found.unjudged:,} sealed values are gone; without the keys database nobody can tell whether on purpose"
    verdict = ("intact", "green") if found.ok else ("BROKEN", "bold red")
    compared = f": {chain.events:,} events, checkpoints compared: {chain.checkpoints}"
    yield Text.assemble("chain ", verdict, compared)
    if not found.reach:
        yield "no checkpoint to compare with: a chain that was written anew would not be noticed"
    elif found.reach < chain.events:
        behind = f"if the {chain.events - found.reach:,} after it were written anew, nobody would notice"
        yield f"checkpoints reach to event {found.reach:,}; {behind}"
    else:
        yield f"checkpoints reach to event {found.reach:,}, the last one"


def rebuild(
    check_only: Annotated[bool, typer.Option(help="Compare, and leave the live tables as they are.")] = False,
    accept_difference: Annotated[bool, typer.Option(help="Swap although tables differ: after rules changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build the read models again from the first event, compare, swap; exit code 4 if they differ."""
    with session(as_json=as_json) as house:
        report = house.rebuild(swap=not check_only, accept_difference=accept_difference)

    def render(console: Console) -> None:
        table = figures("table", "live rows", "rebuilt rows", "", texts=1)
        for each in report.tables:
            table.add_row(
                each.table, f"{each.live_rows:,}", f"{each.rebuilt_rows:,}", "equal" if each.equal else "DIFFERS"
            )
        console.print(table)
        rate = report.events / report.seconds if report.seconds else 0
        swapped = "swapped in" if report.swapped else "compared only"
        console.print(f"{report.events:,} events in {report.seconds:.1f} s ({rate:,.0f} a second), {swapped}")

    answer({"equal": report.equal, "report": report}, render, as_json=as_json)
    if not report.equal and not accept_difference:
        raise VerificationFailed
