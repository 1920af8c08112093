"""Restoring an installation: the newest key tree into an empty keys database, then the log that came from a backup.

```
tree from its newest copy ─► certificates put back ─► timeline begun and vouched for ─► blind index under a new key
      ─► lost erasures appended again ─► certified ─► opened for service
```
Each step finds what an interrupted run has done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

import crypto_shredding as crypto
import projections
from crypto_shredding import Certificate, CertificateFile, RestoredTree
from ledger import (
    BegunTimeline,
    Checkpoint,
    LedgerPrimary,
    RestoreReport,
    put_back_certificates,
)
from ledger import migrate as migrate_ledger
from service.certification import public_key
from service.house import House
from service.root_settings import SettingsRefused
from service.roots import open_root
from service.settings import Settings
from service.verification import genuine_checkpoints, sign_checkpoint
from service.wiring import KEYS, Clock, Notice, Places, open_house, places_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Restoration:
    """What was done. ``tree`` None: the keys database had its tree already."""

    tree: RestoredTree | None
    certificates_put_back: int
    log: RestoreReport
    certificate: Certificate


def restore(
    settings: Settings,
    *,
    at: datetime,
    clock: Clock,
    actor: str,
    tree: Path | None = None,
    certificates: Path | None = None,
    public_keys: Sequence[bytes] = (),
    notice: Notice = lambda _: None,
    progress: Progress = lambda *_: None,
) -> Restoration:
    """Bring a restored installation in order; repeatable after any error.

    ``tree`` is the newest copy of the key tree, for an empty keys database; without it the keys database is as it was,
    and the log alone is restored. Raises SettingsRefused without the owners' rights, what
    `crypto_shredding.restore_tree` does, and what erasures do.
    """
    # One hold on an embedded server for the whole: in between it would stop and start again.
    with _as_owner(), places_of(settings, notice=notice) as places:
        migrate_ledger(places.ledger_owner)  # a backup may be older than this version
        projections.migrate(places.ledger_owner)
        restored = None if tree is None else _restore_tree(settings, places, tree, at)
        with open_house(settings, clock=clock, restoring=True) as house:
            put_back = 0
            if certificates is not None:
                trusted = list(public_keys) or [public_key(settings)]
                put_back = put_back_certificates(places.ledger, CertificateFile(certificates), trusted)
            log, certificate = restore_log(house, at=at, actor=actor, progress=progress)
        return Restoration(restored, put_back, log, certificate)


@contextmanager
def _as_owner() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        problem = "must name the owner of the ledger's database, and KEYS_OWNER_DSN that of the keys: they restore"
        raise SettingsRefused("LEDGER_OWNER_DSN", problem) from None


def restore_log(
    house: House, *, at: datetime, actor: str, progress: Progress = lambda *_: None
) -> tuple[RestoreReport, Certificate]:
    """The steps of the log, in a house that was opened for restoring."""
    wiring = house.wiring
    witness = wiring.key_store.newest_witness()
    checkpoints = genuine_checkpoints(house.settings)
    restoring = wiring.restoring
    begun = restoring.begin(witness=witness, checkpoints=checkpoints, at=at)
    checkpoints = _vouch(house, begun, checkpoints, at)
    # Before anybody is found or leaves: the key of the index that this log knows may be destroyed since.
    wiring.ledger.wait_for(wiring.rekeying.rekey(actor=actor))
    report: RestoreReport = wiring.ledger.wait_for(
        restoring.repeat(begun, witness=witness, checkpoints=checkpoints, actor=actor, progress=progress)
    )
    certificate = wiring.certificates.issue(report.certificate_body(actor), at=at)
    restoring.open(begun, at=at)
    return report, certificate


def _vouch(house: House, begun: BegunTimeline, known: list[Checkpoint], at: datetime) -> list[Checkpoint]:
    """A signed checkpoint of the place where the timeline began; nothing has been appended to it before."""
    if any((each.timeline, each.position) == (begun.id, begun.begun_after) for each in known):
        return known
    return [*known, sign_checkpoint(house.settings, house.wiring.places.ledger, at)]


def _restore_tree(settings: Settings, places: Places, file: Path, at: datetime) -> RestoredTree | None:
    """None where the keys database is as new as the copy: an interrupted run has loaded it already."""
    crypto.migrate(places.keys_owner)
    copy = crypto.TreeCopy(file)
    if crypto.read_tree_status(places.keys_owner) is not None:
        if _is_as_new_as(copy, places.keys_owner):
            return None
        if places.server is not None:  # it came with the base backup of the one server, and was not asked for
            _empty_embedded_keys(places)
    with open_root(settings.root) as root:
        return crypto.restore_tree(
            places.keys_owner,
            root,
            copy,
            at=at,
            primaries=[LedgerPrimary(places.ledger)],
            settle_seconds=settings.settle_seconds,
        )


def _is_as_new_as(copy: crypto.TreeCopy, dsn: str) -> bool:
    with psycopg.connect(dsn, autocommit=True) as connection:
        try:
            copy.follow(connection)
        except crypto.StaleTree:
            return False
    return True


def _empty_embedded_keys(places: Places) -> None:
    assert places.server is not None
    with psycopg.connect(places.server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(KEYS)))
    places.server.create_database(KEYS)
    crypto.migrate(places.keys_owner)
