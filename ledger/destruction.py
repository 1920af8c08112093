"""Destroying slots, for every process that does: doom, wait for `T_live`, destroy, wait for the horizon of backups."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crypto_shredding import Doom, FencedOut, Holder, Horizon, Shredder, SlotId, Tombstone
from ledger.desk.stamping import Clock
from ledger.horizon import BackupHorizon, backup_horizon

Dooms = Callable[[Sequence[SlotId]], Mapping[SlotId, Doom]]
"""When and why each of the slots was doomed, of those that ever were."""


@dataclass(frozen=True, slots=True)
class Destruction:
    """``unreadable_since`` is `T_live`; the last of ``horizons`` is `T_horizon`. ``stones``: one for each slot.

    ``holders`` are failover targets that every rotation waited for, ``fenced_out`` those that some rotation did not.
    """

    unreadable_since: datetime
    horizons: tuple[BackupHorizon, ...]
    stones: tuple[Tombstone, ...] = ()
    holders: tuple[Holder, ...] = ()
    fenced_out: tuple[FencedOut, ...] = ()


async def destroy(shredder: Shredder, slots: Sequence[SlotId], *, reason: str, clock: Clock) -> Destruction:
    """Destroy keys. Repeatable after any error; those who come together share a wait and a rotation."""
    doomed = await asyncio.to_thread(shredder.doom, slots, reason=reason, at=clock())
    await asyncio.sleep(shredder.seconds_readable(doomed))  # not in a thread: many wait together
    await asyncio.to_thread(shredder.wait_until_unreadable, doomed)
    since = clock()
    shredding = await asyncio.wrap_future(shredder.shredding(doomed, at=since))
    return Destruction(
        since,
        tuple(map(backup_horizon, shredding.horizons)),
        tuple(shredding.tombstones),
        *_targets(shredding.horizons),
    )


def _targets(horizons: Sequence[Horizon]) -> tuple[tuple[Holder, ...], tuple[FencedOut, ...]]:
    """A target that one rotation waited for and another did not is told as fenced out."""
    fenced = {each.holder: each for horizon in horizons for each in horizon.fenced_out}
    held = {name for horizon in horizons for name in horizon.holders} - fenced.keys()
    return tuple(Holder(name, "failover") for name in sorted(held)), tuple(fenced[name] for name in sorted(fenced))
