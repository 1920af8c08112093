"""What of a replay is done, read from the ledger's feed: a command that has an event has its receipt."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import orjson
import psycopg

from ledger import feed_beginning, read_feed
from service.replay.run import Done

PAGE_EVENTS = 10_000  # some 7 MB at a time


def read_done(dsn: str) -> Done:
    """Account → business reference → receipt id (the id of the command's first event), of everything in the log."""
    done: defaultdict[UUID, dict[str, UUID]] = defaultdict(dict)
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = feed_beginning(connection)
        while events := read_feed(connection, cursor, PAGE_EVENTS):
            for event in events:
                if event.topic.startswith("points."):
                    fields = orjson.loads(event.state)
                    if fields["reference"] is not None:
                        done[event.stream].setdefault(fields["reference"], UUID(fields["id"]))
            cursor = cursor.at(events[-1].position)
    return done
