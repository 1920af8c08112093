"""Rotation on a real database and real files: what every older copy opens afterwards, and kills at each action."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from crypto_shredding import (
    CopyUnavailable,
    Doomed,
    Evidence,
    FileRoot,
    Keyring,
    Mark,
    PostgresKeyStore,
    RootMissing,
    Shredded,
    Shredder,
    SlotState,
    TreeCopy,
)
from crypto_shredding.key_tree import OpenedTree
from crypto_shredding.keystore import Installation
from crypto_shredding.node import NodePlace
from crypto_shredding.statements import statement
from crypto_shredding.tree_tables import read_nodes, read_tree
from tests.crypto_shredding.conftest import AT, CACHE_SECONDS, Desk, desk_over

ERASED = Shredded(AT, "erasure")


@dataclass(frozen=True)
class Backup:
    """Every node and the wrapped top, as a thief of a backup would have them."""

    installation: Installation
    version: int
    height: int
    top: bytes
    nodes: dict[NodePlace, bytes]

    def opened_with(self, root: FileRoot) -> OpenedTree:
        """Raises RootMissing."""
        top_key = root.unwrap(self.version, self.top)
        return OpenedTree(self.installation.id, self.height, top_key, self.nodes)


def backup_of(dsn: str, desk: Desk) -> Backup:
    with psycopg.connect(dsn) as connection:
        tree = read_tree(connection)
        assert tree is not None
        places = connection.execute("SELECT level, number FROM crypto_shredding.node").fetchall()
        nodes = read_nodes(connection, [NodePlace(*place) for place in places])
    return Backup(desk.keyring.installation, tree.version, tree.height, tree.top, nodes)


def rotations(dsn: str) -> list[tuple[int, bool | None, int | None]]:
    """Version, whether it was committed, and which version it destroyed."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT r.version, o.committed, e.destroyed FROM crypto_shredding.rotation AS r "
            "LEFT JOIN crypto_shredding.rotation_outcome AS o USING (version) "
            "LEFT JOIN crypto_shredding.rotation_end AS e USING (version) ORDER BY r.version"
        ).fetchall()


def test_an_old_key_table_and_the_root_of_today_open_nothing_of_the_erased(
    desk: Desk, named_keys_dsn: str, root_path: Path
) -> None:
    gone, kept = desk.sealer.issue_subjects(2)
    old = backup_of(named_keys_dsn, desk)
    with_old_root = old.opened_with(FileRoot(root_path)).slot_key(gone)

    desk.shred(gone)

    new = backup_of(named_keys_dsn, desk)
    root = FileRoot(root_path)
    assert with_old_root is not None  # until then the backup opened: the search finds what there is
    with pytest.raises(RootMissing):
        old.opened_with(root)
    opened = new.opened_with(root)
    assert opened.slot_key(kept) == desk.keyring.store.load([kept], [], since=0).keys[0].key
    assert opened.slot_key(gone) != with_old_root


def test_no_node_of_an_old_backup_opens_under_any_key_of_the_tree_of_today(
    desk: Desk, named_keys_dsn: str, root_path: Path
) -> None:
    (gone,) = desk.sealer.issue_subjects(1)
    old = backup_of(named_keys_dsn, desk)
    old_key = old.opened_with(FileRoot(root_path)).slot_key(gone)

    desk.shred(gone)

    new = backup_of(named_keys_dsn, desk)
    for path in range(1 << new.height):  # each level of the path from the old backup or from today
        mixed = {
            place: (old if path >> (place.level - 1) & 1 else new).nodes[place]
            for place in new.nodes.keys() & old.nodes.keys()
        }
        top_key = FileRoot(root_path).unwrap(new.version, new.top)
        tree = OpenedTree(new.installation.id, new.height, top_key, mixed)
        assert tree.slot_key(gone) != old_key


def test_a_slot_in_a_path_of_its_own_keeps_its_nodes_and_every_slot_opens(desk: Desk, named_keys_dsn: str) -> None:
    slots = desk.sealer.issue_subjects(300)  # three leaves
    requests = [desk.sealed(f"text of {slot}", slot) for slot in slots]
    before = backup_of(named_keys_dsn, desk)

    desk.shred(slots[0])

    after = backup_of(named_keys_dsn, desk)
    changed = {place for place in before.nodes if before.nodes[place] != after.nodes[place]}
    assert changed == {(1, slots[0] >> 7), (2, 0)}
    desk.keyring.forget(slots)
    assert desk.opener.open_many(requests) == [ERASED, *(f"text of {slot}" for slot in slots[1:])]


def test_shreddings_that_come_together_share_a_rotation(desk: Desk, named_keys_dsn: str) -> None:
    slots = desk.sealer.issue_subjects(40)
    doomed = [desk.shredder.doom([slot], reason="erasure", at=AT) for slot in slots]

    answers = [desk.shredder.shredding(each, at=AT) for each in doomed]
    horizons = {answer.result().horizons[0].version for answer in answers}

    assert len(horizons) == 1
    assert len(rotations(named_keys_dsn)) == 2  # the one that planted the tree, and this
    assert set(desk.shredder.states(slots).values()) == {SlotState.SHREDDED}


def test_what_is_doomed_during_a_rotation_goes_with_the_next(desk: Desk, other_desk: Desk, named_keys_dsn: str) -> None:
    first, second = desk.sealer.issue_subjects(2)
    doomed = desk.shredder.doom([first], reason="erasure", at=AT)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(desk.shredder.shred, doomed, at=AT)
        while len(rotations(named_keys_dsn)) < 2 or rotations(named_keys_dsn)[-1][1] is None:
            time.sleep(0.01)
        later = other_desk.shredder.shred(other_desk.shredder.doom([second], reason="erasure", at=AT), at=AT)

    assert running.result().horizons[0].version < later.horizons[0].version
    assert [committed for _, committed, _ in rotations(named_keys_dsn)] == [True] * 3


def test_a_doom_that_commits_inside_a_rotation_is_not_taken_for_one_that_it_took_along(
    desk: Desk, other_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two statements by which a rotation of nothing says how far the dooms were."""
    (slot,) = desk.sealer.issue_subjects(1)
    reads = {statement("doomed_waiting"), statement("read_doom_counter")}
    inside: list[Doomed] = []
    execute = psycopg.Connection.execute

    def dooming(connection: psycopg.Connection, query: str, *arguments: Any) -> Any:
        answer = execute(connection, query, *arguments)
        rotating = connection.info.transaction_status is TransactionStatus.INTRANS
        if rotating and query in reads and not inside:
            inside.append(other_desk.shredder.doom([slot], reason="erasure", at=AT))
        return answer

    monkeypatch.setattr(psycopg.Connection, "execute", dooming)
    assert isinstance(desk.keyring.store, PostgresKeyStore)
    desk.keyring.store.rotations.rotate(at=AT, force=True)

    (doomed,) = inside
    assert len(other_desk.shredder.shred(doomed, at=AT).tombstones) == 1


class Unsafe:
    """A database whose facts are durable nowhere else, as its archive does not answer."""

    name = "ledger"

    def __init__(self, root_path: Path) -> None:
        self.versions_seen: list[list[int]] = []
        self._root_path = root_path

    def mark(self, *, closing: bool) -> Mark:
        assert closing
        self.versions_seen.append(FileRoot(self._root_path).versions())
        raise TimeoutError("the archive does not answer")


def test_a_horizon_comes_only_when_the_caller_s_facts_are_safe(
    desk: Desk, named_keys_dsn: str, root_path: Path
) -> None:
    (slot,) = desk.sealer.issue_subjects(1)
    doomed = desk.shredder.doom([slot], reason="erasure", at=AT)
    unsafe = Unsafe(root_path)

    with Keyring(
        PostgresKeyStore.connect(named_keys_dsn, FileRoot(root_path), at=AT, primaries=[unsafe])
    ) as keyring, pytest.raises(TimeoutError):
        Shredder(keyring).shred(doomed, at=AT)
    open_since = FileRoot(root_path).versions()
    shredding = desk.shredder.shred(doomed, at=AT)

    assert unsafe.versions_seen == [[1, 2]]
    assert open_since == [1, 2]
    assert FileRoot(root_path).versions() == [2]
    assert shredding.horizons[0].evidence.version == 1


class Shelf:
    """Takes the copy away, and puts it back."""

    def __init__(self, copy: TreeCopy) -> None:
        self._here, self._away = copy.path, copy.path.with_suffix(".away")

    def take_away(self) -> None:
        self._here.rename(self._away)
        self._here.mkdir()

    def put_back(self) -> None:
        self._here.rmdir()
        self._away.rename(self._here)


def test_without_its_copy_no_rotation_begins(copied: Desk, copy: TreeCopy, root_path: Path) -> None:
    (slot,) = copied.sealer.issue_subjects(1)
    doomed, shelf = copied.shredder.doom([slot], reason="erasure", at=AT), Shelf(copy)
    shelf.take_away()

    with pytest.raises(CopyUnavailable):
        copied.shredder.shred(doomed, at=AT)
    held = FileRoot(root_path).versions()
    shelf.put_back()
    copied.shredder.shred(doomed, at=AT)

    assert held == [1]
    assert FileRoot(root_path).versions() == [2] == [copy.version()]


class TakingRoot(FileRoot):
    """A root at whose first new version the copy is taken away."""

    shelf: Shelf

    def create_version(self, version: int) -> None:
        super().create_version(version)
        if version == 2:
            self.shelf.take_away()


def test_before_its_copy_holds_the_tree_no_root_version_is_destroyed(
    named_keys_dsn: str, root_path: Path, copy: TreeCopy
) -> None:
    root = TakingRoot(root_path)
    root.shelf = Shelf(copy)
    with Keyring(PostgresKeyStore.connect(named_keys_dsn, root, at=AT, copies=[copy])) as keyring:
        desk = desk_over(keyring)
        (slot,) = desk.sealer.issue_subjects(1)
        doomed = desk.shredder.doom([slot], reason="erasure", at=AT)

        with pytest.raises(CopyUnavailable):
            desk.shredder.shred(doomed, at=AT)
        committed, held = rotations(named_keys_dsn)[-1][1], root.versions()
        root.shelf.put_back()
        desk.shredder.shred(doomed, at=AT)

    assert committed
    assert held == [1, 2]
    assert root.versions() == [2] == [copy.version()]


class CuttingRoot(FileRoot):
    """A root during whose calls the database ends the rotation's session, once each."""

    def __init__(self, path: Path, dsn: str, *calls: str) -> None:
        super().__init__(path)
        self._dsn, self._calls = dsn, set(calls)

    def create_version(self, version: int) -> None:
        super().create_version(version)
        self._cut("create_version")

    def destroy(self, version: int) -> Evidence:
        evidence = super().destroy(version)
        self._cut("destroy")
        return evidence

    def wrap(self, version: int, key: bytes) -> bytes:
        blob = super().wrap(version, key)
        self._cut("wrap")
        return blob

    def _cut(self, call: str) -> None:
        if call in self._calls:
            self._calls.remove(call)
            with psycopg.connect(self._dsn, autocommit=True) as owner:
                owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'crypto_shredding rotation' AND datname = current_database()"
                )


@pytest.mark.parametrize(
    ("calls", "abandoned"),
    [(["create_version"], 1), (["wrap"], 1), (["destroy"], 0), (["create_version", "destroy"], 1)],
)
def test_a_rotation_that_loses_its_session_finishes_what_it_began(
    desk: Desk, named_keys_dsn: str, root_path: Path, calls: list[str], abandoned: int
) -> None:
    gone, kept = desk.sealer.issue_subjects(2)
    alive = desk.sealed("alive", kept)
    root = CuttingRoot(root_path, named_keys_dsn, *calls)

    with Keyring(PostgresKeyStore.connect(named_keys_dsn, root, at=AT)) as keyring:
        shredder = desk_over(keyring).shredder
        shredding = shredder.shred(shredder.doom([gone], reason="erasure", at=AT), at=AT)

    outcomes = [committed for _, committed, _ in rotations(named_keys_dsn)]
    assert outcomes.count(False) == abandoned
    assert outcomes.count(True) == 2
    assert FileRoot(root_path).versions() == [shredding.horizons[-1].version]
    desk.keyring.forget([kept])
    assert desk.opener.open(alive) == "alive"


def test_two_processes_that_rotate_at_once_take_turns(desk: Desk, other_desk: Desk, named_keys_dsn: str) -> None:
    slots = desk.sealer.issue_subjects(6)
    doomed = [
        (each, each.shredder.doom([slot], reason="erasure", at=AT))
        for each, slot in zip([desk, other_desk] * 3, slots, strict=True)
    ]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: pair[0].shredder.shred(pair[1], at=AT), doomed))

    ended = rotations(named_keys_dsn)
    assert all(committed for _, committed, _ in ended)
    assert [destroyed for _, _, destroyed in ended] == [None, *(version for version, _, _ in ended[:-1])]
    assert set(desk.shredder.states(slots).values()) == {SlotState.SHREDDED}


def test_a_rotation_is_told_at_the_time_of_its_caller(desk: Desk) -> None:
    doomed = desk.shredder.doom(desk.sealer.issue_subjects(1), reason="erasure", at=AT)

    (horizon,) = desk.shredder.shred(doomed, at=AT).horizons

    assert CACHE_SECONDS <= (horizon.at - AT).total_seconds() < 60
