"""Rotation: the tree gets a fresh path for every doomed slot and a new root version, and the old version is destroyed.

```
lock ─► recover ─► intent ─► root.create ─► path, tombstones, outcome (one commit) ─► copies ─► settle ─► wait
     ─► read back ─► root.destroy(old): the horizon ─► end ─► unlock
```
Every step may be the last one of its process: the next rotation finishes or abandons what it finds
(docs/spec/rotation.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from crypto_shredding.box import SlotId
from crypto_shredding.clock import RATE_MARGIN, Clock, key_clock
from crypto_shredding.errors import (
    CopyUnavailable,
    KeyMissing,
    KeyStoreUnavailable,
    NotReadBack,
    RotationBusy,
    RotationOvertaken,
)
from crypto_shredding.key_tree import HEIGHT_MIN, OpenedTree, leaf_of, plant, union_of_paths
from crypto_shredding.keystore import Installation
from crypto_shredding.node import NodePlace
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.root import RootStore
from crypto_shredding.settling import Settling
from crypto_shredding.statements import statement
from crypto_shredding.tree_copy import TreeCopy
from crypto_shredding.tree_tables import changing, one, planted, read_nodes, read_tree, write_nodes, write_top

SLOTS_MAX = 10_000
"""Taken along by one rotation: some 6 s of work and 80 MB of log. What is left goes with the next one."""

TURN_SECONDS = 1.0
"""After so long in front of the lock a process looks whether its holder has done the work (sql/await_turn.sql)."""

PATIENCE_SECONDS_MAX = 300.0
"""Four rotations that each wait a minute for a failover target. After so long the other process may stand still."""

ATTEMPTS_MAX = 3
"""Connections lost in one rotation before the caller is told. Whatever was begun is finished by the next."""


@dataclass(slots=True)
class _Instants:
    """The caller's instant, moved on by the time that has passed: no clock of the database or the host is asked."""

    start: datetime
    started: float
    clock: Clock

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.clock() - self.started)


def _never() -> bool:
    return False


class Rotations:
    """Thread-safe. Keeps a connection of its own, whose session holds the lock: one rotation at a time anywhere."""

    def __init__(
        self,
        dsn: str,
        installation: Installation,
        root: RootStore,
        copies: Sequence[TreeCopy] = (),
        settling: Settling | None = None,
        *,
        clock: Clock = key_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dsn = dsn
        self._installation = installation
        self._root = root
        self._copies = tuple(copies)
        self._settling = settling or Settling()
        self._clock = clock
        self._sleep = sleep
        self._one = threading.Lock()
        self._connection: psycopg.Connection | None = None

    def close(self) -> None:
        with self._one:
            self._let_go()

    def plant(self, *, at: datetime) -> None:
        """Make the tree and its first root version, where there is none. Raises RootVersionTaken."""

        def work(connection: psycopg.Connection, instants: _Instants) -> None:
            self._recover(connection, instants)
            if read_tree(connection) is None:
                self._turn(connection, None, instants)

        self._exclusively(work, at)

    def rotate(self, *, at: datetime, force: bool = False, is_done: Callable[[], bool] = _never) -> int:
        """Finish what is open, then take along every doomed slot that none has taken. Returns the number of rotations.

        ``force`` rotates also where nothing is doomed. Blocks for the cache time and for failover targets, more than
        once where there is much to do; and while another process rotates. Stops when ``is_done`` says that all that is
        wanted was done, by whomever. Raises RotationBusy, CopyUnavailable, TargetSilent and what primaries raise; then
        the rotation stays open, to be finished by the next call, which goes on with the wait. Raises KeyMissing where a
        node on a path is lost; then nothing was rotated.
        """
        done = 0

        def work(connection: psycopg.Connection, instants: _Instants) -> None:
            nonlocal done
            done += self._recover(connection, instants)
            while force or _are_waiting(connection):
                self._turn(connection, planted(connection).version, instants)
                done += 1
                if force or is_done():
                    return  # where dooms keep coming, those who made them have their turn

        self._exclusively(work, at, is_done)
        return done

    def finish(self, *, at: datetime) -> int:
        """Finish or abandon what another process left open, and begin nothing. Raises as `rotate` does."""
        ended = 0

        def work(connection: psycopg.Connection, instants: _Instants) -> None:
            nonlocal ended
            ended += self._recover(connection, instants)

        self._exclusively(work, at)
        return ended

    def _turn(self, connection: psycopg.Connection, previous: int | None, instants: _Instants) -> None:
        version: int = one(connection.execute(statement("next_root_version")))[0]
        row = {"version": version, "previous": previous, "at": instants.now()}
        with changing(connection):
            if connection.execute(statement("open_rotation"), row).fetchone() is None:
                raise RotationOvertaken(version)
        self._root.create_version(version)
        if previous is None:
            self._commit_planting(connection, version, instants)
        else:
            self._commit_path(connection, version, previous, instants)
            self._end(connection, version, previous, instants)

    def _commit_planting(self, connection: psycopg.Connection, version: int, instants: _Instants) -> None:
        with changing(connection) as change:
            _decide(connection, version, committed=True, doom_counter=0, at=instants.now())
            fresh = plant(self._installation.id)
            write_nodes(connection, fresh.nodes, change)
            write_top(connection, self._root, version, HEIGHT_MIN, fresh, change)

    def _commit_path(
        self, connection: psycopg.Connection, version: int, previous: int, instants: _Instants
    ) -> None:
        with changing(connection) as change:
            # The counter first: what is doomed between the two reads is then taken along or said to be waiting.
            counter = one(connection.execute(statement("read_doom_counter")))[0]
            doomed = connection.execute(statement("doomed_waiting"), {"slots_max": SLOTS_MAX}).fetchall()
            slots = [SlotId(slot) for _, slot in doomed]
            counter = doomed[-1][0] if doomed else counter
            _decide(connection, version, committed=True, doom_counter=counter, at=instants.now())
            tree = planted(connection)
            union = union_of_paths({NodePlace(tree.height, 0), *map(leaf_of, slots)}, tree.height)
            opened = OpenedTree(
                self._installation.id,
                tree.height,
                self._root.unwrap(previous, tree.top),
                read_nodes(connection, union),
            )
            try:
                fresh = opened.without(slots)
            except LookupError:
                raise KeyMissing(slots) from None
            finally:
                opened.wipe()
            write_nodes(connection, fresh.nodes, change)
            write_top(connection, self._root, version, tree.height, fresh, change)
            marks = {"slots": slots, "at": instants.start, "version": version}
            connection.execute(statement("place_tombstones"), marks)

    def _end(self, connection: psycopg.Connection, version: int, previous: int, instants: _Instants) -> None:
        """From the commit to the horizon. Repeatable."""
        self._follow(connection)
        self._settle(connection, version)
        self._sleep(self._installation.cache_seconds * RATE_MARGIN)
        self._read_back(connection, version)
        evidence = self._root.destroy(previous)
        row = {
            "version": version,
            "destroyed": previous,
            "at": instants.now(),
            "provider": evidence.provider,
            "recoverable_until": evidence.recoverable_until,
            "note": evidence.note,
        }
        connection.execute(statement("end_rotation"), row)
        self._sweep(connection)
        self._follow(connection)

    def _settle(self, connection: psycopg.Connection, version: int) -> None:
        """Wait for failover targets and the facts of others, and note for certificates who was not waited for."""
        if targets := self._settling.wait(connection):
            with changing(connection) as change:
                row = {
                    "version": version,
                    "targets": [each.name for each in targets],
                    "fences": [None if each.fence is None else each.act_number for each in targets],
                    "change": change,
                }
                connection.execute(statement("note_waits"), row)

    def _read_back(self, connection: psycopg.Connection, version: int) -> None:
        """The tree that will be the only one left opens, here and in every copy. Raises NotReadBack."""
        tree = planted(connection)
        top = NodePlace(tree.height, 0)
        blobs = read_nodes(connection, [top])
        opened = OpenedTree(self._installation.id, tree.height, self._root.unwrap(tree.version, tree.top), blobs)
        try:
            if tree.version != version or opened.node(top) is None:
                raise NotReadBack("the database", version)
        finally:
            opened.wipe()
        for copy in self._copies:
            if copy.version() != version:
                raise NotReadBack(str(copy.path), version)

    def _recover(self, connection: psycopg.Connection, instants: _Instants) -> int:
        """Nobody else is at work: an intent without outcome never comes true, a commit without end is ended."""
        self._follow(connection)  # first: of a database that is an old backup nothing may be decided or destroyed
        ended = 0
        for version, previous, committed in connection.execute(statement("unfinished_rotations")).fetchall():
            if committed:
                self._end(connection, version, previous, instants)
                ended += 1
            else:
                _decide(connection, version, committed=False, doom_counter=0, at=instants.now())
        self._sweep(connection)
        return ended

    def _sweep(self, connection: psycopg.Connection) -> None:
        """Root versions of abandoned rotations, also one that came to be after it was abandoned."""
        held = self._root.versions()  # before the rows are read: what comes to be later is not known as dead
        rows = connection.execute(statement("dead_root_versions"), {"versions": held}).fetchall()
        for (version,) in rows:
            self._root.destroy(version)

    def _follow(self, connection: psycopg.Connection) -> None:
        for copy in self._copies:
            copy.follow(connection)

    def _exclusively(
        self, work: Callable[[psycopg.Connection, _Instants], None], at: datetime, is_done: Callable[[], bool] = _never
    ) -> None:
        """Do work under the lock; again where the connection was lost, because recovery reads what took effect."""
        instants = _Instants(at, self._clock(), self._clock)
        with self._one:
            for attempt in range(1, ATTEMPTS_MAX + 1):
                try:
                    answering("rotate", lambda: self._locked(work, instants, is_done))
                    return
                except KeyStoreUnavailable as error:
                    lost = error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
                    if isinstance(error, CopyUnavailable) or not lost or attempt == ATTEMPTS_MAX:
                        raise

    def _locked(
        self,
        work: Callable[[psycopg.Connection, _Instants], None],
        instants: _Instants,
        is_done: Callable[[], bool],
    ) -> None:
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._dsn,
                    autocommit=True,
                    connect_timeout=CONNECT_SECONDS_MAX,
                    application_name="crypto_shredding rotation",
                )
            if self._has_its_turn(self._connection, is_done):
                work(self._connection, instants)
                self._connection.execute(statement("unlock_rotation"))
        except BaseException:
            self._let_go()
            raise

    def _has_its_turn(self, connection: psycopg.Connection, is_done: Callable[[], bool]) -> bool:
        """Take the lock; False where another process did the work meanwhile. Raises RotationBusy.

        It is a session's lock, and outlives the transaction that limits how long one waits for it.
        """
        give_up_at = self._clock() + PATIENCE_SECONDS_MAX
        while True:
            try:
                with connection.transaction():
                    connection.execute(statement("await_turn"))
                    connection.execute(statement("lock_rotation"))
                return True
            except psycopg.errors.LockNotAvailable:
                if is_done():
                    return False
            if self._clock() >= give_up_at:
                raise RotationBusy(PATIENCE_SECONDS_MAX)

    def _let_go(self) -> None:
        """The session ends, and its lock with it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _decide(
    connection: psycopg.Connection, version: int, *, committed: bool, doom_counter: int, at: datetime
) -> None:
    """Raises RotationOvertaken: it was decided already, so this process must not go on with what it believed."""
    row = {"version": version, "committed": committed, "doom_counter": doom_counter, "at": at}
    if connection.execute(statement("decide_rotation"), row).fetchone() is None:
        raise RotationOvertaken(version)


def _are_waiting(connection: psycopg.Connection) -> bool:
    return connection.execute(statement("doomed_waiting"), {"slots_max": 1}).fetchone() is not None
