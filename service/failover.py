"""Failover targets as an operator names and sees them: standbys of the two databases, and the ledger's archive."""

from __future__ import annotations

from datetime import datetime

import crypto_shredding as crypto
from ledger import LedgerPrimary
from service.wiring import Places

PRIMARIES = ("keys", "ledger")
"""What a target's name begins with: the database that it follows."""


class NoSuchDatabase(Exception):
    """A failover target is named by the database that it follows: write keys:… or ledger:… ."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[:100]!r} follows no database of ours; write keys:APPLICATION_NAME or ledger:…")
        self.name = name


def register(places: Places, name: str, *, reason: str, actor: str, at: datetime) -> crypto.FailoverTarget:
    """Wait for a standby from the next erasure on. Raises NoSuchDatabase, and what `FailoverTargets.register` does."""
    # A name that nobody can answer for would hold up every erasure until two persons take it out again.
    if name.partition(":")[0] not in PRIMARIES:
        raise NoSuchDatabase(name)
    return crypto.FailoverTargets(places.keys).register(name, reason=reason, actor=actor, at=at)


def fence_out(
    places: Places, name: str, *, reason: str, actor: str, second_actor: str, at: datetime
) -> crypto.FailoverTarget:
    """Take a silent one out of the wait. Raises NoSuchDatabase, and what `FailoverTargets.fence_out` does."""
    if name.partition(":")[0] not in PRIMARIES:
        raise NoSuchDatabase(name)
    targets = crypto.FailoverTargets(places.keys)
    return targets.fence_out(name, reason=reason, first_actor=actor, second_actor=second_actor, at=at)


def fence_in(places: Places, name: str, *, reason: str, actor: str, at: datetime) -> crypto.FailoverTarget:
    """Wait for it again. Raises what `FailoverTargets.fence_in` does."""
    return crypto.FailoverTargets(places.keys).fence_in(name, reason=reason, actor=actor, at=at)


def targets_status(places: Places) -> crypto.TargetsStatus:
    """Asked of both databases. Nothing is changed."""
    return crypto.read_target_status(places.keys, [LedgerPrimary(places.ledger)])


def attention(found: crypto.TargetsStatus, tree: crypto.TreeStatus) -> list[str]:
    """A sentence for each target that somebody should look at."""
    if tree.rotation is not None and tree.rotation_committed:
        assert tree.rotation_since is not None
        waits = f"rotation {tree.rotation} waits since {tree.rotation_since:%Y-%m-%d %H:%M:%S}Z"
    else:
        waits = "the next erasure would wait"
    silent = [
        f"{name} is silent ({why}): {waits} for it; bring it back, or let two persons take it out with: "
        f"points-ledger keys fence-out {name}"
        for name, why in found.lacking.items()
    ]
    strange = [
        f"{name} streams and no erasure waits for it: register it before it may take over, with: "
        f"points-ledger keys register-target {name}"
        for name in found.unregistered
    ]
    return silent + strange
