"""The key tree and its root: `points-ledger keys status`, `rotate`, `backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from service.cli import options
from service.cli.failover import show_targets, target_contents
from service.cli.failures import VerificationFailed
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer
from service.settings import Settings
from service.tree_care import KeysStatus, back_up, keys_status
from service.wiring import places_of


def add_to(keys: typer.Typer) -> None:
    """Register the commands."""
    for command in (status, rotate, backup):
        keys.command(command.__name__)(command)


def status(as_json: AsJson = False) -> None:
    """키 상태: tree, root, copy, and what is under way; exit code 4 if something needs attention."""
    settings = Settings.read()
    with places_of(settings) as places:
        found = keys_status(settings, places)
    answer(_content(found), lambda console: _show(console, found), as_json=as_json)
    if found.attention:
        raise VerificationFailed


def rotate(
    force: Annotated[
        bool, typer.Option(help="Give everything a fresh root also where nothing is doomed, as after a leak.")
    ] = False,
    at: options.At = None,
    as_json: AsJson = False,
) -> None:
    """루트 교체: finishes what is open and takes every doomed key along; no older copy of the tree opens afterwards."""
    with session(as_json=as_json) as house:
        rotations = house.wiring.key_store.rotations
        count = rotations.rotate(at=options.instant(at), force=force)
        found = keys_status(house.settings, house.wiring.places)

    def render(console: Console) -> None:
        console.print(f"루트 교체 {count}회 · {count} rotations done" if count else "할 일 없음 · nothing was waiting")
        _show(console, found)

    answer({"rotations": count, **_content(found)}, render, as_json=as_json)


def backup(
    file: Annotated[Path, typer.Argument(help="Where its last backup is, or a new file.", dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """키 트리 백업: the newest tree, in the place of the last backup; older ones open nothing and restore nothing."""
    settings = Settings.read()
    with places_of(settings) as places:
        tree = back_up(settings, places, file)

    def render(console: Console) -> None:
        console.print(f"키 트리를 {file}에 저장함 (루트 버전 {tree.epoch}) · the tree of root version {tree.epoch}")
        console.print("이전 백업은 더 이상 열리지 않으므로 이 파일이 그것을 대신합니다.")
        console.print(
            "It replaces its predecessor: each erasure destroys the root version of all trees before, so an older "
            "backup restores nothing. Back up again after every erasure, or keep the copy that follows by itself.",
            soft_wrap=True,
        )

    answer({"file": str(file), "epoch": tree.epoch, "slots_issued": tree.slots_issued}, render, as_json=as_json)


def _content(found: KeysStatus) -> dict[str, Any]:
    """The stable fields."""
    tree, copy = found.tree, found.copy
    return {
        "planted": tree is not None,
        "epoch": tree and tree.epoch,
        "height": tree and tree.height,
        "slots_issued": tree and tree.slots_issued,
        "free_slots": tree and tree.free_slots,
        "dooms_waiting": tree and tree.dooms_waiting,
        "rotation": tree and tree.rotation,
        "last_horizon": tree and tree.horizon,
        "root": {"provider": found.provider, "versions": list(found.root_versions)},
        "rotation_since": tree and tree.rotation_since,
        "copy": copy and {"epoch": copy.epoch, "dooms_behind": copy.dooms_behind},
        "targets": target_contents(found.targets) if found.targets else [],
        "attention": list(found.attention),
    }


def _show(console: Console, found: KeysStatus) -> None:
    tree, copy = found.tree, found.copy
    console.print(f"루트 · root: {found.provider}, 버전 · versions {list(found.root_versions)}")
    if tree is not None:
        console.print(
            f"키 트리 · tree: 루트 버전 · epoch {tree.epoch}, 높이 · height {tree.height}, "
            f"발급 · slots issued {tree.slots_issued:,}, 여유 · free {tree.free_slots:,}"
        )
    if copy is not None:
        console.print(f"사본 · copy: epoch {copy.epoch}, 뒤처짐 · dooms behind {copy.dooms_behind}")
    if found.targets is not None:
        show_targets(console, found.targets)
    if tree is not None and tree.horizon is not None:
        last = tree.horizon
        until = f"{last.recoverable_until:%Y-%m-%d %H:%M}Z" if last.recoverable_until else "보증 없음 · not promised"
        console.print(
            f"마지막 파기 · last horizon: {last.at:%Y-%m-%d %H:%M:%S}Z, 루트 버전 · version {last.destroyed_version} "
            f"({last.provider}), recoverable until: {until}"
        )
    for sentence in found.attention:
        console.print(alarm("확인 필요 · attention", f": {sentence}"), soft_wrap=True)
    if not found.attention:
        console.print(Text("정상 · all is well", style="green"))
