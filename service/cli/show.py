"""How answers appear: tables and sentences for people, one JSON document for programs, progress while one waits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from crypto_shredding import Shredded, Tampered, Withheld

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document on standard output.")]

SHREDDED_MARK = "[파기됨]"
WITHHELD_MARK = "[분리보관]"
TAMPERED_MARK = "[훼손됨]"
WIDTH = 118  # where no terminal says how wide it is: a statement with its texts side by side
SPARSE_LINES = 10  # of progress, where nobody watches a bar
REDRAW_SECONDS = 0.1  # a bar that moves ten times a second costs nothing, one that moves at every step costs a tenth

Advance = Callable[[int], None]


class AnswerLost(Exception):
    """The command was carried out, and its answer could not be shown. Send the same key again to see it."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(
            f"the command was carried out, but its answer could not be shown ({type(cause).__name__}); "
            "send the same key again to see it"
        )


class _Plain(Console):
    """Prints text as it is: codes, names and errors may hold brackets and colons, and none of them is markup."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would end the process with 1, which here means that nothing was changed


def console(*, stderr: bool = False, **options: Any) -> Console:
    """Where people read. Made for each answer, so that it follows a redirected standard output."""
    made = _Plain(stderr=stderr, **options)
    return made if made.is_terminal or stderr else _Plain(width=WIDTH, **options)


def answer(content: Any, renderable: RenderableType | Callable[[Console], None], *, as_json: bool) -> None:
    """Give the answer in the form that was asked for. Raises `AnswerLost`."""
    try:
        if as_json:
            document = orjson.dumps(content, default=_plain, option=orjson.OPT_PASSTHROUGH_DATACLASS)
            sys.stdout.buffer.write(document + b"\n")
        elif callable(renderable) and not hasattr(renderable, "__rich_console__"):
            renderable(console())
        else:
            console().print(renderable)
        sys.stdout.flush()
    except Exception as error:
        raise AnswerLost(error) from error


def alarm(word: str, rest: str) -> Text:
    """A line that begins with what is wrong."""
    return Text.assemble((word, "bold red"), rest)


def personal(value: str | Shredded | Withheld | Tampered | None) -> str:
    """A personal text as people see it."""
    if isinstance(value, Shredded):
        return SHREDDED_MARK
    if isinstance(value, Withheld):
        return WITHHELD_MARK
    if isinstance(value, Tampered):
        return TAMPERED_MARK
    return value or ""


@contextmanager
def progress(title: str, total: int, *, unit: str, hidden: bool = False) -> Iterator[Advance]:
    """Show how far long work is: a bar with its rate on a terminal, a few lines elsewhere, nothing when hidden."""
    if hidden:
        yield lambda _: None
        return
    terminal = console()
    if not terminal.is_terminal:
        yield _sparse(title, total, unit)
        return
    started = time.monotonic()
    columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), console=terminal) as bar:
        task = bar.add_task(title, total=total, rate="")
        done = 0
        shown_at = started

        def advance(count: int) -> None:
            nonlocal done, shown_at
            done += count
            now = time.monotonic()
            if now - shown_at > REDRAW_SECONDS or done >= total:
                shown_at = now
                bar.update(task, completed=done, rate=f"{done / (now - started):,.0f} {unit}/s")

        yield advance


def _sparse(title: str, total: int, unit: str) -> Advance:
    started = time.monotonic()
    done = told = 0

    def advance(count: int) -> None:
        nonlocal done, told
        done += count
        tenth = done * SPARSE_LINES // max(total, 1)
        if tenth > told:
            told = tenth
            seconds = time.monotonic() - started
            console().print(f"  {title}: {done:,} of {total:,} ({done / (seconds + 1e-9):,.0f} {unit}/s)")

    return advance


def _plain(value: Any) -> Any:
    if isinstance(value, Shredded):
        return {"shredded_at": value.at, "reason": value.reason}
    if isinstance(value, Withheld):
        return {"withheld": value.reason}
    if isinstance(value, Tampered):
        return {"tampered": value.reason}
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return str(value)
