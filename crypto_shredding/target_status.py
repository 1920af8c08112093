"""What an operator asks of failover targets: who is waited for, who lacks something now, who streams unregistered."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import psycopg

from crypto_shredding.failover_targets import FailoverTarget, read_targets
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.settling import POLL_SECONDS, KeysPrimary, Mark, Primary, lacking_targets, marked

PATIENCE_SECONDS: Final = 2.0
"""A healthy standby holds what was just written after milliseconds; one that does not after this is told."""


@dataclass(frozen=True, slots=True)
class TargetsStatus:
    """`lacking` says of targets and archives that are waited for what they lack at this moment.

    `unregistered` stream from a primary and are waited for by nobody.
    """

    targets: tuple[FailoverTarget, ...]
    lacking: Mapping[str, str]
    unregistered: tuple[str, ...]


def read_target_status(dsn: str, primaries: Sequence[Primary]) -> TargetsStatus:
    """Changes nothing. Raises KeyStoreUnavailable, and what the primaries raise."""

    def ask() -> TargetsStatus:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            marks = marked([KeysPrimary(connection), *primaries], closing=False)
            targets = read_targets(connection)
            for _ in range(round(PATIENCE_SECONDS / POLL_SECONDS)):
                if not (lacking := lacking_targets(marks, targets)):
                    break
                time.sleep(POLL_SECONDS)
            known = {each.name for each in targets}
            return TargetsStatus(targets, lacking, tuple(sorted(_streaming(marks) - known)))

    return answering("failover targets", ask)


def _streaming(marks: Mapping[str, Mark]) -> set[str]:
    return {f"{name}:{each.name}" for name, mark in marks.items() for each in mark.standbys()}
