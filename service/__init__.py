"""Everything that is started: command line, wiring, settings and the embedded PostgreSQL."""

from __future__ import annotations

from service.house import House

__all__ = ["House", "open"]


def open() -> House:  # read as service.open()
    """The house of the environment's settings: LEDGER_DSN and KEYS_DSN, or an embedded PostgreSQL. Close it in the end.

    Raises SettingsRefused, NotMigrated, EmbeddedPostgresError, psycopg.OperationalError.
    """
    from service.settings import Settings
    from service.wiring import open_house

    return open_house(Settings.read())
