"""Stamps: where ids and the time of recording come from, so that decisions stay pure."""

from collections.abc import Callable
from datetime import datetime
from os import urandom
from uuid import UUID

from ledger.points.stamp import DECISION_EVENTS_MAX, Stamp

Clock = Callable[[], datetime]

_ID_BYTES = 16
_VERSION_4 = 0x4 << 76
_VARIANT_RFC_9562 = 0x2 << 62
_RANDOM_BITS = ~((0xF << 76) | (0x3 << 62)) & ((1 << 128) - 1)


def fresh_ids(count: int = DECISION_EVENTS_MAX) -> tuple[UUID, ...]:
    """Random ids (RFC 9562 version 4), from one read of the system's source: `uuid4` reads it once for each."""
    random = urandom(_ID_BYTES * count)
    return tuple(
        UUID(int=int.from_bytes(random[at : at + _ID_BYTES]) & _RANDOM_BITS | _VERSION_4 | _VARIANT_RFC_9562)
        for at in range(0, _ID_BYTES * count, _ID_BYTES)
    )


def stamp(ids: tuple[UUID, ...], clock: Clock) -> Stamp:
    """Ids that were drawn before sealing, and the business clock as it is at the decision."""
    return Stamp(ids, clock())
