"""The commands, gathered; and the one place where an expected error becomes a sentence and an exit code."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from service.cli import (
    books,
    compacting,
    finding,
    keeping,
    keys,
    legal_holds,
    members,
    playing,
    retention,
    spending,
)
from service.cli.failures import ExitCode, code_of, tell


class Commands(TyperGroup):
    """Runs one command."""

    def invoke(self, ctx: Any) -> Any:
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except Exception as error:
            code = code_of(error)
            if code is None:
                raise
            tell(error, as_json=as_json)
            ctx.exit(code)


app = typer.Typer(
    cls=Commands,
    help="A points ledger whose personal values can be forgotten while its books stay whole.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for group in (playing, members, spending, books, keeping, keys, retention, legal_holds, finding):
    group.add_to(app)
compacting.register(keys.keys)


def main() -> None:
    """The console script."""
    app(prog_name="points-ledger")
