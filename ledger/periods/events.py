"""What has happened to retention periods. The stream is the period's own, and nothing in it is about anybody."""

from datetime import date

from pydantic import AwareDatetime

from crypto_shredding import SlotId
from ledger.event import Event, stored_as
from ledger.horizon import BackupHorizon


@stored_as("retention.period-closed.v1")
class PeriodClosed(Event):
    """From this position on nothing is recorded whose retention is counted from ``first_day`` in the class.

    ``last_day`` is the last day on which its records had to exist; ``as_of`` the day, after it, of the retention run.
    """

    retention_code: int
    first_day: date
    last_day: date
    as_of: date


@stored_as("retention.period-destroyed.v1")
class PeriodDestroyed(Event):
    """The period's key is gone: of no use to any process since ``unreadable_since`` (`T_live`).

    ``horizons`` tell when no backup of the key store opened it any more (`T_horizon`). ``certificate`` is the number
    of the one that was issued.
    """

    retention_code: int
    first_day: date
    slot: SlotId
    unreadable_since: AwareDatetime
    horizons: tuple[BackupHorizon, ...] = ()
    certificate: int | None = None


PeriodEvent = PeriodClosed | PeriodDestroyed
