"""Everything that is started: command line, wiring, settings and the embedded PostgreSQL."""

from __future__ import annotations

import collections.abc
import datetime

from service.house import House

__all__ = ["House", "open"]


def open(*, clock: collections.abc.Callable[[], datetime.datetime] | None = None) -> House:  # read as service.open()
    """The house of the environment's settings: LEDGER_DSN and KEYS_DSN, or an embedded PostgreSQL. Close it in the end.

    ``clock`` is the business clock, which gives instants with a zone: when things are recorded, and what "now" is for
    verbs that are told no instant. Without one it is this machine's.

    Raises SettingsRefused, NotMigrated, EmbeddedPostgresError, psycopg.OperationalError.
    """
    from service.settings import Settings
    from service.wiring import open_house, system_clock

    return open_house(Settings.read(), clock=clock or system_clock)
