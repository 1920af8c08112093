"""Act two: the files. Whoever has the live database, or a backup and its WAL, and no root, finds nothing to read."""

from __future__ import annotations

import time

import psycopg

from crypto_shredding import RootMissing
from service.drill import copies
from service.drill.report import BY_NAME, Row, Verdict
from service.drill.stage import Stage
from service.raw_evidence import search_server
from service.raw_search import search_raw
from service.wiring import KEYS, LEDGER, open_house


def search_files(stage: Stage) -> tuple[Row, ...]:
    """Rows `live-database` and `old-backup`."""
    return _live(stage), _backup(stage)


def _texts(stage: Stage) -> list[str]:
    return [text for person in stage.people for text in person.texts]


def _live(stage: Stage) -> Row:
    started = time.monotonic()
    evidence = search_server(stage.server, (LEDGER, KEYS), _texts(stage))
    holds = not evidence.found and evidence.control_holds
    megabytes = evidence.report.bytes_searched / 1e6
    found = f"{evidence.report.values} personal texts searched in {megabytes:,.0f} MB: {len(evidence.found)} found"
    if not evidence.control_holds:
        found += "; the control value was not found either"
    return Row(BY_NAME["live-database"], _held(holds), found, time.monotonic() - started)


def _backup(stage: Stage) -> Row:
    """Searched as bytes, and started with a root that is not the installation's."""
    started = time.monotonic()
    wal = copies.copy_of(stage.server.data_dir / "cluster" / "pg_wal", stage.folder / "wal")
    planted = _program_title(stage)
    report = search_raw([stage.base, wal, stage.dump, stage.old_tree], [*_texts(stage), planted])
    sees = any(hit.value == planted for hit in report.found)
    hits = [hit for hit in report.found if hit.value != planted]
    opens = _opens_without_root(stage)
    found = (
        f"{report.values} texts searched in {report.bytes_searched / 1e6:,.0f} MB of base backup, WAL, dump and copy: "
        f"{len(hits)} found; without the root the keys {'open' if opens else 'stay shut (RootMissing)'}"
    )
    if not sees:
        found += "; the control was not found either"
    return Row(BY_NAME["old-backup"], _held(sees and not hits and not opens), found, time.monotonic() - started)


def _program_title(stage: Stage) -> str:
    """A text that is not personal and stands in the clear: a search that does not find it proves nothing."""
    with psycopg.connect(stage.house.wiring.places.ledger_owner) as connection:
        row = connection.execute("SELECT topic FROM ledger.events ORDER BY position LIMIT 1").fetchone()
    assert row is not None
    topic: str = row[0]
    return topic


def _opens_without_root(stage: Stage) -> bool:
    nothing = stage.folder / "no-root"
    nothing.mkdir(mode=0o700)
    with stage.backup_server() as server:
        settings = stage.attacker_settings(server, nothing)
        with open_house(settings, restoring=True) as house:
            try:
                return bool(stage.read(house, stage.values(house, stage.people[2])))
            except RootMissing:
                return False


def _held(holds: bool) -> Verdict:
    return Verdict.HELD if holds else Verdict.NOT_HELD


