"""When no backup of the key store opens any more what was destroyed, as events and reports say it."""

from dataclasses import dataclass

from pydantic import AwareDatetime

from crypto_shredding import Horizon


@dataclass(frozen=True, slots=True)
class BackupHorizon:
    """Since ``at`` no older copy of the key store opens: ``root_version``, which all of them need, is destroyed.

    ``live_version`` wraps the tree from that rotation on.

    ``recoverable_until`` is what the root's provider vouches for about copies of its own, None where it cannot;
    ``note`` says why, in its own words.
    """

    root_version: int
    live_version: int
    at: AwareDatetime
    provider: str
    recoverable_until: AwareDatetime | None
    note: str


def backup_horizon(horizon: Horizon) -> BackupHorizon:
    """The facts of one rotation."""
    evidence = horizon.evidence
    return BackupHorizon(
        evidence.version, horizon.version, horizon.at, evidence.provider, evidence.recoverable_until, evidence.note
    )
