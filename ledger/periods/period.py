"""A retention period that was closed, how it comes to that, and what follows. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never
from uuid import UUID, uuid5

from crypto_shredding import Period, SlotId
from ledger.calendar import day_of, utc
from ledger.errors import ContradictoryHistory, InvalidTime
from ledger.horizon import BackupHorizon
from ledger.periods.events import PeriodClosed, PeriodDestroyed, PeriodEvent
from ledger.points.facts import facts
from ledger.points.stamp import Stamp
from ledger.retention import BY_CODE

# A period's stream follows from its name, so that it is closed once, whoever closes it.
PERIOD_STREAMS = UUID("0d4c1a86-5a43-4f0f-9a0b-3c52f2f8b0de")


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A period from its closing on; before that it has no state."""

    period: Period
    is_destroyed: bool = False


def period_stream(period: Period) -> UUID:
    """The stream of a period's two events."""
    return uuid5(PERIOD_STREAMS, f"{period.class_code}:{period.first_day.isoformat()}")


def last_day_of(period: Period) -> date:
    """The last day on which the period's records must exist."""
    return BY_CODE[period.class_code].last_day_of(period.first_day)


def close(
    closed: ClosedPeriod | None, period: Period, stamp: Stamp, *, as_of: date, actor: str
) -> tuple[()] | tuple[PeriodClosed]:
    """Close a period whose last day lies before ``as_of``, which must have come; no event where it is closed.

    Raises `InvalidTime`.
    """
    if closed is not None:
        return ()
    has_come(as_of, stamp.recorded_at)
    if (last := last_day_of(period)) >= as_of:
        raise InvalidTime(as_of, f"records counted from {period.first_day} are kept to {last}, inclusive")
    event = PeriodClosed(
        **facts(stamp, occurred_at=stamp.recorded_at, actor=actor),
        retention_code=period.class_code,
        first_day=period.first_day,
        last_day=last_day_of(period),
        as_of=as_of,
    )
    return (event,)


def destroyed(
    closed: ClosedPeriod | None,
    stamp: Stamp,
    *,
    slot: SlotId,
    unreadable_since: datetime,
    actor: str,
    horizons: tuple[BackupHorizon, ...] = (),
    certificate: int | None = None,
) -> tuple[()] | tuple[PeriodDestroyed]:
    """The period's key is gone. No event where that is recorded already."""
    assert closed is not None, "a key is destroyed after its period was closed"
    if closed.is_destroyed:
        return ()
    event = PeriodDestroyed(
        **facts(stamp, occurred_at=stamp.recorded_at, actor=actor),
        retention_code=closed.period.class_code,
        first_day=closed.period.first_day,
        slot=slot,
        unreadable_since=utc(unreadable_since),
        horizons=horizons,
        certificate=certificate,
    )
    return (event,)


def evolve(closed: ClosedPeriod | None, event: PeriodEvent) -> ClosedPeriod:
    """The period after the event. Raises `ContradictoryHistory`."""
    match event:
        case PeriodClosed():
            if closed is not None:
                raise ContradictoryHistory(event.id, "a period closes once")
            return ClosedPeriod(Period(event.retention_code, event.first_day))
        case PeriodDestroyed():
            if closed is None or closed.is_destroyed:
                raise ContradictoryHistory(event.id, "a key is destroyed once, after its period was closed")
            return replace(closed, is_destroyed=True)
        case _:
            assert_never(event)


def has_come(as_of: date, recorded_at: datetime) -> None:
    """Raises `InvalidTime` for a day to come: what must exist on it may not be destroyed today."""
    if as_of > day_of(recorded_at):
        raise InvalidTime(as_of, "what has to be destroyed is asked of a day that has come")
