"""Failover targets: `points-ledger keys register-target`, `fence-out`, `fence-in`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from crypto_shredding import FailoverTarget, TargetsStatus
from service import failover
from service.cli import options
from service.cli.certificate_words import plain
from service.cli.show import AsJson, answer
from service.settings import Settings
from service.wiring import places_of

Target = Annotated[
    str,
    typer.Argument(
        help="Database and application_name, like keys:standby-1; ledger:archive is where the ledger's WAL goes.",
        show_default=False,
    ),
]
WhyNot = Annotated[str, typer.Option(help="Why, for the record; not a personal value.")]


def add_to(keys: typer.Typer) -> None:
    """Register the commands."""
    for command in (register_target, fence_out, fence_in):
        keys.command(command.__name__.replace("_", "-"))(command)


def register_target(
    target: Target,
    reason: WhyNot = "",
    at: options.At = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """대기 서버 등록: no key is destroyed from now on before this standby holds what that rests on."""
    with places_of(Settings.read()) as places:
        found = failover.register(places, target, reason=reason, actor=actor, at=options.instant(at))
    _tell(found, "등록됨 · registered", as_json=as_json)


def fence_out(
    target: Target,
    reason: Annotated[str, typer.Option(help="Why; certificates repeat it. Not a personal value.")],
    actor: Annotated[str, typer.Option(help="Who decides this; certificates name them.")],
    second_actor: Annotated[str, typer.Option(help="Who else does: another person.")],
    at: options.At = None,
    as_json: AsJson = False,
) -> None:
    """응답 없는 대기 서버 제외: erasures do not wait for it any more; two persons, and every certificate says so."""
    with places_of(Settings.read()) as places:
        found = failover.fence_out(
            places, target, reason=reason, actor=actor, second_actor=second_actor, at=options.instant(at)
        )
    _tell(found, "제외됨 · fenced out; never let it take over", as_json=as_json)


def fence_in(
    target: Target,
    reason: WhyNot = "",
    at: options.At = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """제외 해제: erasures wait for it again; build it anew from the primary first."""
    with places_of(Settings.read()) as places:
        found = failover.fence_in(places, target, reason=reason, actor=actor, at=options.instant(at))
    _tell(found, "다시 기다림 · waited for again", as_json=as_json)


def target_contents(found: TargetsStatus) -> list[dict[str, Any]]:
    """The stable fields of every target and of an archive that lacks something."""
    told = [{**_content(each), "lacks": found.lacking.get(each.name)} for each in found.targets]
    named = {each.name for each in found.targets}
    return told + [{"name": name, "lacks": why} for name, why in found.lacking.items() if name not in named]


def show_targets(console: Console, found: TargetsStatus) -> None:
    """One line a target."""
    for each in found.targets:
        fence = each.fence
        state = "기다림 · waited for" if fence is None else "제외됨 · FENCED OUT"
        who = each.actor if fence is None else f"{fence.first_actor} + {fence.second_actor}: {fence.reason}"
        told = f"대기 서버 · failover target {each.name}: {state}, {each.since:%Y-%m-%d %H:%M}Z, {who}"
        console.print(plain(told), soft_wrap=True)


def _tell(target: FailoverTarget, done: str, *, as_json: bool) -> None:
    answer(_content(target), f"{target.name}: {done} ({target.since:%Y-%m-%d %H:%M:%S}Z)", as_json=as_json)


def _content(target: FailoverTarget) -> dict[str, Any]:
    return {
        "name": target.name,
        "fenced_out": target.fence is not None,
        "since": target.since,
        "reason": target.reason,
        "actor": target.actor,
        "second_actor": target.second_actor,
    }
