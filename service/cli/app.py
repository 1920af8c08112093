"""The commands, gathered; and the one place where an expected error becomes a sentence and an exit code."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from service.cli import (
    books,
    compacting,
    defining,
    earning,
    finding,
    giving,
    importing,
    keeping,
    keys,
    legal_holds,
    members,
    playing,
    retention,
    setting_aside,
    spending,
    standing,
    sweeping,
)
from service.cli.failures import ExitCode, code_of, tell, tell_usage

BELOW_ZERO = re.compile(r"-[0-9]+")


class Commands(TyperGroup):
    """Runs one command."""

    def main(self, args: Sequence[str] | None = None, *positional: Any, **options: Any) -> Any:
        """As it is, but with --json also what cannot be understood is answered in JSON."""
        asked = list(sys.argv[1:] if args is None else args)
        if "--json" not in asked:
            return super().main(asked, *positional, **options)
        try:
            code = super().main(asked, *positional, **options | {"standalone_mode": False})
        except TyperException as error:
            usage: Any = error  # its class is in a module that typer keeps to itself
            tell_usage(error, usage.format_message())
            code = usage.exit_code
        sys.exit(code or ExitCode.OK)

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Refuses bytes that are no text, which the shell hands over as halves of surrogate pairs."""
        for number, each in enumerate(args, 1):
            if any("\ud800" <= character <= "\udfff" for character in each):
                raise typer.BadParameter(f"argument {number} is not text in UTF-8")
        return super().make_context(info_name, args, *rest, **extra)

    def invoke(self, ctx: Any) -> Any:
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except (TyperException, typer.Exit, typer.Abort) as error:
            raise _told_better(error) from None
        except Exception as error:
            code = code_of(error)
            if code is None:
                # The interpreter would end with 1, which says that nothing was changed: nobody knows that here.
                traceback.print_exception(error)
                code = ExitCode.DEFECT
            else:
                tell(error, as_json=as_json)
            ctx.exit(code)


def _told_better(error: BaseException) -> BaseException:
    """A number below 0 where an amount goes looks like an option, and is refused as what it is."""
    unknown: Any = error  # its class is in a module that typer keeps to itself
    name = getattr(unknown, "option_name", "")
    if not BELOW_ZERO.fullmatch(name):
        return error
    return typer.BadParameter(f"{name[:40]} points: points are a whole number, one or more", ctx=unknown.ctx)


app = typer.Typer(
    cls=Commands,
    help="A points ledger whose personal values can be forgotten while its books stay whole.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
PANELS = {
    "둘러보기 · a first look": (playing,),
    "프로그램, 회원, 계정 · programs, members, accounts": (defining, members, standing),
    "포인트 · points": (earning, spending, setting_aside, giving, sweeping),
    "장부 · the books": (books,),
    "운영 · keeping the house": (keeping, keys, retention, legal_holds, finding, importing),
}
for panel, groups in PANELS.items():
    known = len(app.registered_commands), len(app.registered_groups)
    for group in groups:
        group.add_to(app)
    for command in app.registered_commands[known[0] :]:
        command.rich_help_panel = panel
    for commands in app.registered_groups[known[1] :]:
        commands.rich_help_panel = panel
compacting.register(keys.keys)


def main() -> None:
    """The console script."""
    app(prog_name="points-ledger")
