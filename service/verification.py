"""Verification: the hash chain, the checkpoints that are kept outside, and each sealed value against its event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import psycopg

from crypto_shredding import KeyStoreUnavailable, Opener, OpenRequest, Place, RootMissing, Tampered
from ledger import (
    ChainedEvent,
    ChainReport,
    Checkpoint,
    CheckpointFile,
    CheckpointSigner,
    CheckpointsMissing,
    Finding,
    FindingKind,
    decode,
    make_checkpoint,
    personal_fields,
    verify_chain,
    verify_checkpoints,
)
from service.settings import Settings

SIGNING_KEY = "checkpoint.key"
JUDGED_AT_ONCE: Final = 1_000  # one look-up of keys each

MakeOpener = Callable[[], Opener]


@dataclass(frozen=True, slots=True)
class Verification:
    """The chain's report, and what was seen beside it.

    ``forged`` checkpoints are not signed by this installation, ``damaged`` are the lines of their file that are none.
    ``reach`` is the last position that a genuine checkpoint vouches for, 0 without one. ``lost`` are sealed values that
    are gone although their keys live; ``unjudged`` is how many are gone while the keys could not be asked why.
    """

    chain: ChainReport
    forged: int
    damaged: tuple[int, ...]
    reach: int
    lost: tuple[Finding, ...]
    unjudged: int

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong in the database."""
        return self.chain.findings + self.lost

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings and not self.forged and not self.damaged


def sign_checkpoint(settings: Settings, dsn: str, at: datetime) -> Checkpoint:
    """Sign the chain's head as it is now and append it to the checkpoint file. The first one makes the key.

    Raises `SigningKeyMissing` rather than let a second key make the checkpoints of the first look forged.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    key, kept = settings.data_dir / SIGNING_KEY, settings.checkpoints
    begun = kept.is_file() and kept.stat().st_size > 0
    signer = CheckpointSigner.existing(key, checkpoints=kept) if begun else CheckpointSigner.from_file(key)
    with psycopg.connect(dsn, autocommit=True) as connection:
        checkpoint = make_checkpoint(connection, signer, at)
    kept.parent.mkdir(parents=True, exist_ok=True)
    CheckpointFile(kept).append(checkpoint)
    return checkpoint


def verify(
    settings: Settings, dsn: str, make_opener: MakeOpener, *, checkpoints: Path | None = None, boxes: bool = True
) -> Verification:
    """Walk the whole chain. ``checkpoints`` is a copy of the file from elsewhere, if there is one.

    The keys are asked only where a sealed value is gone. Raises `CheckpointsMissing`, `CheckpointUnreadable`,
    `SigningKeyMissing`, and what reading the key raises.
    """
    genuine, forged, damaged = _read_checkpoints(settings, checkpoints)
    values = _Values()
    with psycopg.connect(dsn, autocommit=True) as connection:
        report = verify_chain(connection, genuine, check_boxes=values.wrong if boxes else None)
    reach = max((each.position for each in genuine if each.timeline == report.timeline), default=0)
    lost = values.lost(make_opener)
    return Verification(
        report, forged, tuple(damaged), reach, lost or (), unjudged=len(values.gone) if lost is None else 0
    )


def genuine_checkpoints(settings: Settings) -> list[Checkpoint]:
    """Those of the installation's file that it has signed, oldest first."""
    return _read_checkpoints(settings, None)[0]


def newest_checkpoint(settings: Settings) -> Checkpoint | None:
    """The newest that the installation has signed; None where it has signed none. Makes neither file nor key.

    Raises `CheckpointsMissing` where there was one, `CheckpointUnreadable`, `SigningKeyMissing`, and what
    reading the key raises.
    """
    kept = settings.checkpoints
    if not kept.is_file() and not _has_signed(settings):
        return None
    if not kept.is_file() or kept.stat().st_size == 0:
        raise CheckpointsMissing(str(kept), is_empty=kept.is_file())
    signer = CheckpointSigner.existing(settings.data_dir / SIGNING_KEY, checkpoints=kept)
    return CheckpointFile(kept).newest(signer.public_key)


def _read_checkpoints(settings: Settings, named: Path | None) -> tuple[list[Checkpoint], int, list[int]]:
    """Those that this installation signed, how many it did not, and the damaged lines. Makes neither file nor key."""
    path = named or settings.checkpoints
    try:
        found, damaged = CheckpointFile(path).read()
    except CheckpointsMissing as missing:
        if missing.is_empty or path != settings.own_checkpoints or _has_signed(settings):
            raise  # somebody emptied it, named it, or took it away
        return [], 0, []
    signer = CheckpointSigner.existing(settings.data_dir / SIGNING_KEY, checkpoints=path)
    return *verify_checkpoints(found, signer.public_key), damaged


def _has_signed(settings: Settings) -> bool:
    """Whether there was a checkpoint: the first one makes the key."""
    return (settings.data_dir / SIGNING_KEY).exists()


class _Gone(NamedTuple):
    position: int
    stream: UUID
    name: str
    request: OpenRequest


class _Values:
    """The sealed values of a walk: those that are there are compared, those that are not are noted."""

    def __init__(self) -> None:
        self.gone: list[_Gone] = []

    def wrong(self, event: ChainedEvent, digests: Sequence[tuple[int, bytes]]) -> str | None:
        """What is wrong with the boxes of an event. Raises `LedgerError` for one that cannot be read."""
        fields, stored = decode(event.topic, event.state), dict(digests)
        for name, mark in personal_fields(type(fields)).items():
            sealed, digest = getattr(fields, name), stored.pop(mark.field_id, None)
            if digest is None:
                if sealed is not None:
                    place = Place(fields.id, event.topic, mark.field_id)
                    self.gone.append(_Gone(event.position, event.stream, name, OpenRequest(place, sealed, None)))
            elif sealed is None or digest != sealed.digest:
                return f"the sealed {name} is not the one that the event was recorded with"
        return f"{len(stored)} sealed values that the event does not name" if stored else None

    def lost(self, make_opener: MakeOpener) -> tuple[Finding, ...] | None:
        """Those whose keys live: a value goes only after its key. None where the keys cannot be asked."""
        found: list[Finding] = []
        for start in range(0, len(self.gone), JUDGED_AT_ONCE):
            part = self.gone[start : start + JUDGED_AT_ONCE]
            try:
                answers = make_opener().open_each([each.request for each in part])
            except (KeyStoreUnavailable, RootMissing, psycopg.OperationalError):
                return None
            for each, answer in zip(part, answers, strict=True):
                if isinstance(answer, Tampered):
                    why = f"the sealed {each.name} is gone although its keys live"
                    found.append(Finding(FindingKind.BOX, each.position, each.stream, why))
        return tuple(found)
