"""Act three: older copies of the keys, with the root of today, with the root of then, and put into production."""

from __future__ import annotations

import time

import psycopg

from crypto_shredding import RootMissing, RootStore, ShreddingError
from ledger import LedgerBehindKeys, StoreError
from service.drill.report import BY_NAME, Row, Verdict
from service.drill.stage import Stage
from service.embedded_postgres import EmbeddedPostgres
from service.roots import open_root
from service.settings import Settings
from service.wiring import KEYS, open_house


def try_old_trees(stage: Stage) -> tuple[Row, ...]:
    """Rows `old-keys`, `old-root` and `old-production`."""
    with stage.backup_server() as server:
        return _current_root(stage, server), _old_root(stage, server), _production(stage, server)


def _current_root(stage: Stage, server: EmbeddedPostgres) -> Row:
    """Through our processes, and by hand: each version that the root holds is tried on the old top."""
    started = time.monotonic()
    settings = stage.attacker_settings(server, stage.root)
    texts, said = _read(stage, settings)
    unwrapped = _unwrap_by_hand(server, settings)
    holds = not texts and not unwrapped
    found = f"{len(texts)} values of the erased member open ({said}); {unwrapped} old tree tops unwrapped by hand"
    return Row(BY_NAME["old-keys"], _held(holds), found, time.monotonic() - started)


def _old_root(stage: Stage, server: EmbeddedPostgres) -> Row:
    """What `recoverable_until` discloses. It must read: else the attack above would prove nothing."""
    started = time.monotonic()
    texts, said = _read(stage, stage.attacker_settings(server, stage.old_root))
    horizons = stage.erased[stage.gone.member].horizons
    disclosed = bool(horizons) and all(each.recoverable_until is None and each.note for each in horizons)
    found = f"{len(texts)} values of the erased member open ({said}); the erasure says: recoverable until not promised"
    verdict = Verdict.EXPOSED if texts and disclosed else Verdict.NOT_HELD
    return Row(BY_NAME["old-root"], verdict, found, time.monotonic() - started)


def _production(stage: Stage, server: EmbeddedPostgres) -> Row:
    """Both databases from the backup beside the root and the copy of today; then the ledger alone."""
    started = time.monotonic()
    both = _refusal(stage.attacker_settings(server, stage.root, tree=stage.settings.tree_copy))
    ledger_alone = _refusal(
        stage.attacker_settings(server, stage.root, tree=stage.settings.tree_copy, keys=stage.server)
    )
    holds = both in ("StaleTree", "RootMissing") and ledger_alone == LedgerBehindKeys.__name__
    found = f"both databases: {both or 'SERVED'}; the ledger alone: {ledger_alone or 'SERVED'}"
    return Row(BY_NAME["old-production"], _held(holds), found, time.monotonic() - started)


def _read(stage: Stage, settings: Settings) -> tuple[list[str], str]:
    """What opens of the erased classes of the erased member, and what was said where nothing does."""
    with open_house(settings, restoring=True) as house:
        try:
            return stage.read(house, stage.closed_of(house, stage.gone)), "no refusal"
        except ShreddingError as error:
            return [], type(error).__name__


def _unwrap_by_hand(server: EmbeddedPostgres, settings: Settings) -> int:
    with psycopg.connect(server.dsn(KEYS)) as connection:
        row = connection.execute("SELECT top FROM crypto_shredding.tree").fetchone()
    assert row is not None
    with open_root(settings.root) as root:
        return sum(_unwraps(root, version, row[0]) for version in root.versions())


def _unwraps(root: RootStore, version: int, top: bytes) -> bool:
    try:
        root.unwrap(version, top)
    except RootMissing:
        return False
    return True


def _refusal(settings: Settings) -> str | None:
    """The name of the error with which the keys are refused; None where they are served."""
    with open_house(settings) as house:
        try:
            house.wiring.keyring.store.look(since=None)
        except (ShreddingError, StoreError) as error:
            return type(error).__name__
    return None


def _held(holds: bool) -> Verdict:
    return Verdict.HELD if holds else Verdict.NOT_HELD
