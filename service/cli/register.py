"""The register of destructions on the command line: `points-ledger keys register`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger import SEOUL, day_of
from service.certification import public_key as own_public_key
from service.cli import options
from service.cli.certificate_words import LIMITS, plain, when
from service.cli.failures import VerificationFailed
from service.cli.public_keys import PublicKey, trusted
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer
from service.destruction_register import CAUSES, DestroyedRecords, DestructionRegister, RegisterEntry, read_register

NAMED_MAX = 10  # of what is missing; the count is told

Since = Annotated[str | None, typer.Option(help="Only what was destroyed on this day (Seoul) or later.")]
Until = Annotated[str | None, typer.Option(help="Only what was destroyed on this day (Seoul) or before.")]


def add_to(keys: typer.Typer) -> None:
    """Register the command."""
    keys.command("register")(register)


def register(
    since: Since = None,
    until: Until = None,
    public_key: PublicKey = None,
    as_json: AsJson = False,
) -> None:
    """파기 관리대장: what was destroyed, when, by whom, on what ground, how; each line a signed certificate.

    The whole chain is verified, and compared with what the log records; exit code 4 if it does not hold or one is
    missing. Needs no keys but the public one.
    """
    first, last = options.day(since), options.day(until)
    with session(as_json=as_json) as house:
        own_public_key(house.settings)  # of an installation that has certified nothing yet, the pair is made
        found = read_register(house.wiring.ledger_dsn, trusted(public_key))
    shown = [
        each
        for each in found.entries
        if (first is None or day_of(each.at) >= first) and (last is None or day_of(each.at) <= last)
    ]
    answer(_content(found, shown), lambda console: _show(console, found, shown), as_json=as_json)
    if found.missing:
        raise VerificationFailed


def _content(found: DestructionRegister, shown: Sequence[RegisterEntry]) -> dict[str, Any]:
    """The stable fields."""
    chain = found.chain
    return {
        "holds": not found.missing,
        "certificates": chain and {"last": chain.last.number, "hash": chain.last.hash.hex(), "whole": chain.is_whole},
        "missing": found.missing,
        "uncertified": found.uncertified,
        "entries": [
            {
                "certificate": each.number,
                "issued_at": each.issued_at,
                "request": each.request,
                "cause": each.cause,
                "subject": each.subject,
                "what": each.what,
                "destroyed_at": each.at,
                "unrecoverable_since": each.unrecoverable_since,
                "basis": each.basis,
                "actor": each.actor,
                "keys": each.keys,
                "boxes": each.boxes,
                "rotations": each.rotations,
            }
            for each in shown
        ],
    }


def _show(console: Console, found: DestructionRegister, shown: Sequence[RegisterEntry]) -> None:
    console.print("파기 관리대장 · register of destructions", style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("호수", justify="right", no_wrap=True)
    table.add_column("파기 일시 (KST)", no_wrap=True)
    for name in ("대상 · what", "사유·근거 · why", "방법·확인 · how", "처리자 · by"):
        table.add_column(name, overflow="fold")
    for each in shown:
        why = CAUSES[each.cause] + (f"; {each.basis}" if each.basis else "")
        columns = ("; ".join(map(_what, each.what)), why, _how(each), each.actor)
        table.add_row(
            str(each.number), f"{each.at.astimezone(SEOUL):%Y-%m-%d %H:%M:%S}", *(Text(plain(text)) for text in columns)
        )
    console.print(table)
    for limit in LIMITS:
        console.print(limit)
    for lost in found.missing[:NAMED_MAX]:
        told = f": event {lost.position:,} names certificate {lost.certificate} ({lost.kind}), which is not there"
        console.print(alarm("증명서 없음 · MISSING", told), soft_wrap=True)
    if found.missing:
        console.print(f"원장에 기록되었으나 증명서가 없는 파기 {len(found.missing)}건 · put an export back, or look")
    if found.uncertified:
        count = len(found.uncertified)
        console.print(f"증명서 없이 기록된 파기 {count}건 (이전 버전) · recorded before there were certificates")
    if found.chain is None:
        console.print("발급된 증명서 없음 · nothing was certified yet")
        return
    verdict = ("불완전 · INCOMPLETE", "bold red") if found.missing else ("성립함 · HOLDS", "green")
    last = found.chain.last
    told = f": 제{last.number}호까지 서명과 연결 확인 · every signature and link, to number {last.number}"
    console.print(Text.assemble(verdict, told, f", {last.hash.hex()[:16]}"))


def _what(each: DestroyedRecords) -> str:
    if each.until is None:
        return each.title
    return f"{each.title} ({each.first_day} 기산, {each.until} 만료)"


def _how(each: RegisterEntry) -> str:
    if each.cause == "compaction":
        return f"암호문 {each.boxes:,}건 삭제, 파일 재작성 · deleted, files rewritten"
    horizon = each.unrecoverable_since
    backups = (
        "이전 백업으로 복구될 수 있음 · an older backup may bring it back"
        if horizon is None
        else f"{when(horizon)}부터 백업으로 복구 불가 · gone from backups since"
    )
    tried = f"; 봉인값 {each.boxes:,}개 확인 · tried" if each.boxes else ""
    return f"암호학적 삭제 · cryptographic erase, 키 {each.keys:,}개 · keys; {backups}{tried}"
