"""The factory by which a stock `Application` of the eventsourcing library works on the ledger's tables.

```
PERSISTENCE_MODULE=ledger.store  POSTGRES_DBNAME=…  POSTGRES_HOST=…  POSTGRES_USER=ledger_app  POSTGRES_PASSWORD=…
```
Every application of one process writes to the same shard, so its streams' ids must be its own.
"""

from __future__ import annotations

from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, ProcessRecorder
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment, EnvType

from ledger.store.recorder import LedgerRecorder, LedgerSnapshotRecorder


class LedgerFactory(PostgresFactory):
    """Constructs our recorders from the library's own environment variables."""

    aggregate_recorder_class = LedgerSnapshotRecorder
    application_recorder_class = LedgerRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        if self.datastore.enable_db_functions:
            # The library's function takes no lock: a tailing reader lost 32 of 35,455 events for good.
            raise OSError("POSTGRES_ENABLE_DB_FUNCTIONS loses events for readers; unset it")

    def aggregate_recorder(self, purpose: str = "snapshots") -> AggregateRecorder:
        """The snapshot recorder; nothing else is kept by stream alone."""
        return LedgerSnapshotRecorder(self.datastore, events_table_name="snapshots")

    def application_recorder(self) -> ApplicationRecorder:
        """The recorder of events."""
        return LedgerRecorder(self.datastore)

    def process_recorder(self) -> ProcessRecorder:
        """Refused: a reader keeps its position beside its own tables, never in the ledger."""
        raise OSError("the ledger records no tracking; use a projection with a tracking recorder of its own")
