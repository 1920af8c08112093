"""Everything that is started: command line, wiring, settings and the embedded PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.house import House

__all__ = ["open"]


def open() -> House:  # noqa: A001 - read as service.open()
    """The house of the environment's settings: LEDGER_DSN and KEYS_DSN, or an embedded PostgreSQL. Close it in the end.

    Raises SettingsRefused, NotMigrated, EmbeddedPostgresError, psycopg.OperationalError.
    """
    from service.settings import Settings  # noqa: PLC0415 - the embedded PostgreSQL's keeper needs none of this
    from service.wiring import open_house  # noqa: PLC0415

    return open_house(Settings.read())
