"""One run of an import: every row read, judged and, unless it is dry, sent; then the totals against the books."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ledger import Program, ProgramDefined, decode
from projections import ImportedQuery
from service.collector import long_lived_objects
from service.house import House
from service.importing.commands import Commands
from service.importing.errors import IdentitiesMissing, ImportStopped
from service.importing.expecting import Count, Expectation, compared
from service.importing.identities import FOLDER, Identities, path_of
from service.importing.judge import Accepted, Forgotten, Judge, PastRetention
from service.importing.layout import FILES, FileLayout
from service.importing.notebook import Notebook
from service.importing.reading import RawRow, Source
from service.importing.reasons import RowRejected
from service.importing.rejects import Rejects, private_file
from service.importing.sending import Outcome, Sending
from service.importing.totals import Totals, points_told

BATCH: Final = 1_000
"""Rows whose ids are made durable together, before the first of them is sent."""

CHECKPOINT_ROWS: Final = 20_000
"""After so many all answers are waited for, and the place is noted."""

BEHIND_THE_LAST: Final = sys.maxsize
"""The line of a file that was read to its end."""

ShowProgress = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """``seconds`` is reading, judging and sending, without the comparison."""

    source: str
    cut_over: datetime
    is_dry: bool
    totals: Totals
    rejects: Rejects
    seconds: float
    expectations: tuple[Expectation, ...] = ()


class _Run:
    def __init__(
        self,
        source: Source,
        identities: Identities,
        notebook: Notebook,
        rejects: Rejects,
        judge: Judge,
        advance: Callable[[int], None],
    ) -> None:
        self.totals = Totals()
        self._source, self._identities, self._notebook = source, identities, notebook
        self._rejects, self._judge, self._advance = rejects, judge, advance

    def judge_all(self) -> None:
        """A dry run."""
        for layout in FILES:
            for raw in self._source.rows(layout):
                self._judged(layout, raw)
                self._advance(1)

    async def send_all(self, sending: Sending, *, resume: bool) -> None:
        """Every file in its order; the next begins when all of one have their answers."""
        for layout in FILES:
            path = self._source.path(layout)
            done = self._identities.done_until(layout.name, path) if resume else 0
            if not done:
                self._identities.begin(layout.name)
            since = 0
            for batch in _batches(self._source.rows(layout)):
                accepted = [each for raw in batch if (each := self._judged(layout, raw)) is not None]
                self._identities.commit()
                for each in accepted:
                    if each.raw.line <= done and not self._identities.was_rejected(layout.name, each.raw.line):
                        self.totals.files[layout.name].done_before += 1
                    else:
                        await sending.put(each)
                self._advance(len(batch))
                since += len(batch)
                if since >= CHECKPOINT_ROWS:
                    await self._checkpoint(sending, layout, path, max(done, batch[-1].line))
                    since = 0
            await self._checkpoint(sending, layout, path, BEHIND_THE_LAST)

    async def _checkpoint(self, sending: Sending, layout: FileLayout, path: Path, line: int) -> None:
        await sending.settled()
        self._identities.note_done(layout.name, path, line)

    def told(self, accepted: Accepted, outcome: Outcome, why: RowRejected | None) -> None:
        """What became of a row that was sent."""
        rows = self.totals.files[accepted.layout.name]
        if outcome is Outcome.NEW:
            rows.new += 1
        elif outcome is Outcome.REPEATED:
            rows.repeated += 1
        else:
            rows.accepted -= 1
            self.totals.add(accepted.layout.name, accepted.program, accepted.points, sign=-1)
            if accepted.points:
                self._notebook.expect_not(self._judge.event_of(accepted))
            if why is None:
                rows.past_retention += 1
            else:
                rows.rejected += 1
                self.totals.rejected_points[accepted.layout.name] += sum(each for _, _, each in accepted.points)
                self._reject(accepted.layout, accepted.raw, why)

    def _judged(self, layout: FileLayout, raw: RawRow) -> Accepted | None:
        name, totals = layout.name, self.totals
        rows = totals.files[name]
        rows.read += 1
        told = points_told(layout, raw.cells)
        totals.source_points[name] += told
        try:
            accepted = self._judge.judge(layout, raw)
        except RowRejected as why:
            rows.rejected += 1
            totals.rejected_points[name] += told
            self._reject(layout, raw, why)
            return None
        except PastRetention:
            rows.past_retention += 1
            return None
        except Forgotten as gone:
            rows.forgotten += 1
            totals.forget(name, gone.program, gone.points)
            return None
        rows.accepted += 1
        totals.add(name, accepted.program, accepted.points)
        return accepted

    def _reject(self, layout: FileLayout, raw: RawRow, why: RowRejected) -> None:
        self._rejects.add(layout, raw, why)
        if not self._identities.is_dry:
            self._identities.note_rejected(layout.name, raw.line)


def import_folder(
    house: House,
    source: Source,
    name: str,
    *,
    cut_over: datetime | None,
    show_progress: ShowProgress,
    expected: Mapping[str, Count] = MappingProxyType({}),
    rejects: Path | None = None,
    rows: Path | None = None,
    is_dry: bool = False,
    resume: bool = False,
) -> ImportReport:
    """Take over what the folder has. Sent again, every row has one effect; ``resume`` only skips what is known done.

    ``cut_over`` is needed the first time. ``expected``, by the file's name, is what the other system counts; it is
    compared before anything is sent. ``rejects`` and ``rows`` are files to write: what was not taken over, and
    which row brought which points. Raises `ImportStopped`, and what the ledger raises but refusals; of the former
    `SourceDiffers` where the files are not what was expected, and `IdentitiesMissing` where the ledger has points of
    the source and the file of its ids is gone.
    """
    now = house.wiring.clock()
    if cut_over is not None and cut_over > now:
        raise ImportStopped(f"the cut-over, {cut_over.isoformat()}, has not come; import after it")
    source.check()
    expectations = compared(source, expected)
    lines = sum(source.lines(layout) for layout in FILES)
    _refuse_a_second_beginning(house, name)
    identities = Identities(path_of(house.data_dir, name), cut_over=cut_over, is_dry=is_dry)
    reject_path = rejects or house.data_dir / FOLDER / f"{name}.rejects.csv"
    with closing(identities), closing(Notebook()) as notebook, Rejects(reject_path) as reject_file:
        if identities.cut_over is None:
            raise ImportStopped("the first run of an import says when the other system stopped; give --cut-over")
        programs = _programs(house)
        judge = Judge(notebook, identities, programs, now=now)
        started = time.monotonic()
        with show_progress(lines) as advance, long_lived_objects():
            run = _Run(source, identities, notebook, reject_file, judge, advance)
            if is_dry:
                run.judge_all()
            else:
                currencies = {code: program.currency for code, program in programs.items()}
                commands = Commands(identities, name, currencies)
                house.wiring.ledger.wait_for(_send(house, run, commands, resume=resume))
        seconds = time.monotonic() - started
        if not is_dry:
            house.catch_up()
            query = ImportedQuery(house.wiring.readers)
            run.totals.compare(query.events(name), notebook, query.sums(name))
            if rows is not None:
                write_rows(rows, notebook)
        return ImportReport(name, identities.cut_over, is_dry, run.totals, reject_file, seconds, expectations)


def _refuse_a_second_beginning(house: House, name: str) -> None:
    """Other ids would be drawn for the same rows, and nothing else would tell that these had come before."""
    path = path_of(house.data_dir, name)
    if path.exists():
        return
    house.catch_up()
    if next(ImportedQuery(house.wiring.readers).events(name), None) is not None:
        raise IdentitiesMissing(path, name)


def write_rows(path: Path, notebook: Notebook) -> None:
    """Every row that brings points, with its event in the ledger: what a total is the sum of."""
    with private_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(("file", "line", "kind", "funder", "points", "in_ledger", "event_id"))
        writer.writerows(notebook.traced())


async def _send(house: House, run: _Run, commands: Commands, *, resume: bool) -> None:
    sending = Sending(house.wiring.ledger.core.execute, commands, run.told)
    try:
        await run.send_all(sending, resume=resume)
    finally:
        await sending.aclose()


def _programs(house: House) -> dict[str, Program]:
    """The newest version of each: what is asked of it (zone, currency) no version changes."""
    ledger = house.wiring.ledger
    rows = ledger.wait_for(ledger.core.reader.of_topics([ProgramDefined.TOPIC]))
    found = [decode(row.topic, row.state) for row in rows]
    return {event.program.code: event.program for event in found if isinstance(event, ProgramDefined)}


def _batches(rows: Iterator[RawRow]) -> Iterator[list[RawRow]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
