"""Verification: the hash chain, the checkpoints that are kept outside, and each sealed value against its event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from ledger import (
    ChainedEvent,
    ChainReport,
    Checkpoint,
    CheckpointFile,
    CheckpointSigner,
    decode,
    make_checkpoint,
    personal_fields,
    verify_chain,
    verify_checkpoints,
)
from service.settings import Settings

SIGNING_KEY = "checkpoint.key"


@dataclass(frozen=True, slots=True)
class Verification:
    """The chain's report, and how many lines of the checkpoint file were not signed by this installation."""

    chain: ChainReport
    forged: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.chain.is_intact and not self.forged


def sign_checkpoint(settings: Settings, dsn: str, at: datetime) -> Checkpoint:
    """Sign the chain's head as it is now and append it to the checkpoint file."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        checkpoint = make_checkpoint(connection, _signer(settings), at)
    settings.checkpoints.parent.mkdir(parents=True, exist_ok=True)
    CheckpointFile(settings.checkpoints).append(checkpoint)
    return checkpoint


def verify(settings: Settings, dsn: str, *, checkpoints: Path | None = None, boxes: bool = True) -> Verification:
    """Walk the whole chain. ``checkpoints`` is a copy of the file from elsewhere, if there is one."""
    signer = _signer(settings)
    genuine, forged = verify_checkpoints(CheckpointFile(checkpoints or settings.checkpoints), signer.public_key)
    with psycopg.connect(dsn, autocommit=True) as connection:
        report = verify_chain(connection, genuine, check_boxes=_wrong_box if boxes else None)
    return Verification(report, forged)


def _signer(settings: Settings) -> CheckpointSigner:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return CheckpointSigner.from_file(settings.data_dir / SIGNING_KEY)


def _wrong_box(event: ChainedEvent, digests: Sequence[tuple[int, bytes]]) -> str | None:
    """What is wrong with an event's sealed values. A missing one is not: it goes once its key is destroyed."""
    stored = dict(digests)
    if not stored:
        return None
    fields = decode(event.topic, event.state)
    for name, mark in personal_fields(type(fields)).items():
        sealed, digest = getattr(fields, name), stored.pop(mark.field_id, None)
        if digest is not None and (sealed is None or digest != sealed.digest):
            return f"the sealed {name} is not the one that the event was recorded with"
    return f"{len(stored)} sealed values that the event does not name" if stored else None
