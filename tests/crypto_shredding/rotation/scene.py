"""Slots to shred and one to keep, and another process that is about to shred them and is disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from crypto_shredding import OpenRequest, PostgresKeyStore, Shredding, SlotId, TreeCopy
from crypto_shredding.copied_tables import TABLES
from crypto_shredding.key_tree import OpenedTree
from crypto_shredding.node import NodePlace
from tests.crypto_shredding.conftest import AT, DAY, Desk
from tests.crypto_shredding.other_process import REPOSITORY
from tests.crypto_shredding.root_providers import Spec, make_root
from tests.crypto_shredding.test_rotation import ERASED, rotations

PROVIDERS = ("file", "pkcs11", "openbao")


@dataclass(frozen=True)
class Scene:
    """What any process must find at the end, whoever brings it about: those of `gone` erased, `kept` opens."""

    desk: Desk
    dsn: str
    spec: Spec
    copy: TreeCopy
    gone: list[SlotId]
    erased: list[OpenRequest]
    kept: OpenRequest

    def killed_at(self, action: str) -> list[str]:
        """The names of the actions of a process that came to its end: it was told 0, or more than there are."""
        died = subprocess.run(self._command(action, "kill"), capture_output=True, cwd=REPOSITORY, check=False)
        if action.isdecimal() and died.returncode == 0:
            names: list[str] = json.loads(died.stdout)["actions"]
            return names
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
        return []

    @contextmanager
    def stopped_at(self, action: str, how: str = "stop") -> Iterator[subprocess.Popen[bytes]]:
        """A process that stands still after the action while the block runs, and holds what it held."""
        command = self._command(action, how)
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                _, status = os.waitpid(process.pid, os.WUNTRACED)
                assert os.WIFSTOPPED(status), process.communicate()[1].decode()
                yield process
            finally:
                process.kill()

    def cut_off(self) -> None:
        """The server ends the session that holds the rotation's lock."""
        with psycopg.connect(self.dsn, autocommit=True) as owner:
            ended = owner.execute(
                "SELECT pg_terminate_backend(a.pid, 5000) FROM pg_locks AS l "
                "INNER JOIN pg_stat_activity AS a ON l.pid = a.pid "
                "WHERE l.locktype = 'advisory' AND l.granted AND l.mode = 'ExclusiveLock' "
                "AND a.application_name = 'crypto_shredding rotation' AND a.datname = current_database()"
            ).fetchall()
        assert (True,) in ended

    def waiting_for_a_lock(self) -> int:
        """How many sessions of this database stand in front of somebody else's advisory lock."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_locks AS l INNER JOIN pg_stat_activity AS a ON l.pid = a.pid "
                "WHERE l.locktype = 'advisory' AND NOT l.granted AND a.datname = current_database()"
            ).fetchone()
        assert row is not None
        return int(row[0])

    def is_still_whole(self) -> None:
        """Between any two actions a live member opens, in the database and from its copy."""
        self.desk.keyring.forget([self.kept.sealed.subject_slot])
        assert self.desk.opener.open(self.kept) == "kept"
        slot = self.kept.sealed.subject_slot
        [live] = self.desk.keyring.store.load([slot], [], since=0).keys
        assert self._tree_of_the_copy().slot_key(slot) == live.key

    def with_more_to_shred(self) -> Scene:
        gone = self.desk.sealer.issue_subjects(3)
        return replace(self, gone=gone, erased=[self.desk.sealed("erased", slot, DAY) for slot in gone])

    def shredded(self) -> Shredding:
        """What any process does after a crash: all of it again."""
        return self.desk.shredder.shred(self.desk.shredder.doom(self.gone, reason="erasure", at=AT), at=AT)

    def has_the_right_end(self) -> Shredding:
        shredding = self.shredded()
        self.is_ended(shredding)
        return shredding

    def is_ended(self, shredding: Shredding) -> None:
        """One rotation has taken the slots along; one root version is left, which wraps the tree here and there."""
        self.desk.keyring.forget(self.gone)
        assert self.desk.opener.open_many(self.erased) == [ERASED] * len(self.erased)
        self.is_still_whole()
        assert len(shredding.tombstones) == len(self.gone)
        assert all(committed is not None for _, committed, _ in rotations(self.dsn))
        assert len(shredding.horizons) == 1
        assert self.root_versions() == [self.copy.version()]

    def recovered(self) -> None:
        """What the next rotation of anybody does first."""
        assert isinstance(self.desk.keyring.store, PostgresKeyStore)
        self.desk.keyring.store.rotations.finish(at=AT)

    def root_versions(self) -> list[int]:
        return make_root(self.spec).versions()

    def _command(self, action: str, how: str) -> list[str]:
        arguments = [self.dsn, json.dumps(self.spec), self.copy.path, action, how, *self.gone]
        return [sys.executable, "-m", "tests.crypto_shredding.rotation.dying_rotator", *map(str, arguments)]

    def _tree_of_the_copy(self) -> OpenedTree:
        with self.copy.held() as held:
            rows = {table.name: list(held.rows(table)) for table in TABLES if table.name in ("tree", "node")}
        [(_, version, height, top, _)] = rows["tree"]
        nodes = {NodePlace(level, number): blob for level, number, blob, _ in rows["node"]}
        top_key = make_root(self.spec).unwrap(version, top)
        return OpenedTree(self.desk.keyring.installation.id, height, top_key, nodes)


def outcome(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wake a stopped process up; what it says at its end."""
    process.send_signal(signal.SIGCONT)
    output, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint.decode()
    told: dict[str, Any] = json.loads(output)
    return told
