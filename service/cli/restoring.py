"""Bringing a restored installation in order: `points-ledger keys restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ledger import RestoreReport
from service.cli import options
from service.cli.failures import BadInput, VerificationFailed
from service.cli.show import AsJson, alarm, answer
from service.restoration import Restoration
from service.restoration import restore as bring_in_order
from service.settings import Settings
from service.wiring import system_clock


def add_to(keys: typer.Typer) -> None:
    """Register the command."""
    keys.command("restore")(restore)


def restore(
    tree: Annotated[
        Path | None,
        typer.Option("--from", help="The newest copy of the key tree, for an empty keys database.", dir_okay=False),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(help="The newest export of the certificates: those that the log lost are put back.", exists=True),
    ] = None,
    at: options.At = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """복구: after the databases came back from a backup. Safe to repeat; nobody is served before it is done."""
    if tree is not None and not tree.is_file():
        raise BadInput(f"{tree} is not there; give the newest copy of the key tree, not a backup of the keys database")
    done = bring_in_order(
        Settings.read(),
        at=options.instant(at),
        clock=system_clock,
        actor=actor,
        tree=tree,
        certificates=certificates,
    )
    answer(_content(done), lambda console: _show(console, done), as_json=as_json)
    if done.log.stuck:
        raise VerificationFailed


def _content(done: Restoration) -> dict[str, Any]:
    """The stable fields."""
    log, tree = done.log, done.tree
    return {
        "tree": tree and {"epoch": tree.version, "tombstones": tree.tombstones, "last_slot": tree.last_slot},
        "certificates_put_back": done.certificates_put_back,
        "restored_to": log.begun.begun_after,
        "timeline": log.begun.id,
        "timeline_before": log.begun.before,
        "finished": log.finished,
        "erasures_again": list(log.again),
        "destructions_again": list(log.destructions_again),
        "stuck": [{"member": each.member_id, "refusal": each.refusal} for each in log.stuck],
        "lost": log.lost,
        "certificate": done.certificate.number,
    }


def _show(console: Console, done: Restoration) -> None:
    if done.tree is not None:
        console.print(
            f"키 트리를 사본에서 복구함 · the key tree is restored: root version {done.tree.version}, "
            f"{done.tree.tombstones:,} destroyed keys stay destroyed"
        )
    if done.certificates_put_back:
        count = done.certificates_put_back
        console.print(f"증명서 {count}건을 되돌려 놓음 · {count} certificates put back")
    _show_log(console, done.log)
    number = done.certificate.number
    console.print(f"복구 증명서 제{number}호 발급 · restore certificate {number} issued")
    console.print("포인트를 다시 쓸 수 있음 · open for service; older cursors are refused")
    console.print("바깥의 구독자는 처음부터 다시 읽어야 함 · readers outside of the ledger's database begin anew")


def _show_log(console: Console, log: RestoreReport) -> None:
    lost = log.lost
    position = lost.after_position
    console.print(f"원장을 {position:,}번 사건까지 복구함 · the log is back up to event {position:,}")
    if lost.until_position is not None:
        first, last = lost.after_position + 1, lost.until_position
        console.print(
            f"사라진 구간 · lost: 사건 · events {first:,}–{last:,} (at least), "
            f"{lost.after:%Y-%m-%d %H:%M:%S}Z – {lost.until:%Y-%m-%d %H:%M:%S}Z"
        )
    console.print(f"중단된 파기 {log.finished}건 완료 · {log.finished} interrupted erasures finished")
    console.print(f"사라진 파기 {len(log.again)}건 재기록 · {len(log.again)} lost erasures appended again")
    for request in log.again:
        console.print(f"  {request}")
    count = len(log.destructions_again)
    console.print(
        f"사라진 기간·보전 파기 {count}건 재기록 · {count} lost destructions of periods and legal holds recorded again"
    )
    for each in log.stuck:
        console.print(
            alarm(
                "확인 필요 · stuck",
                f": member {each.member_id}: {each.refusal}; the keys are destroyed, "
                "an officer has to finish it with: points-ledger erase",
            ),
            soft_wrap=True,
        )
