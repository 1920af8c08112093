"""Certificates in the database: one unbroken chain, whoever races and whoever dies, and one for each request."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import (
    Certificate,
    CertificateChainBroken,
    CertificateFile,
    CertificateForged,
    CertificateUnreadable,
    SigningKey,
    SigningKeyDiffers,
    read_certificate,
    sign_next,
    verify_chain,
)
from ledger import (
    Certificates,
    certificate_lines,
    export_certificates,
    find_certificate,
    put_back_certificates,
)
from ledger.store.statements import statement
from tests.ledger.issuing import AT, compaction

Connection = psycopg.Connection[Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "certificate.key"


@pytest.fixture
def key(path: Path) -> SigningKey:
    return SigningKey.from_file(path)


@pytest.fixture
def issuer() -> UUID:
    return uuid4()


@pytest.fixture
def issuing(app_dsn: str, issuer: UUID, key: SigningKey) -> Certificates:
    return Certificates(app_dsn, issuer=issuer, key=key)


@pytest.fixture
def app(app_dsn: str) -> Iterator[Connection]:
    with psycopg.connect(app_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(ledger_dsn: str) -> Iterator[Connection]:
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        yield connection


def start(dsn: str, path: Path, issuer: UUID, count: int, *dies: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.ledger.issuing", dsn, str(path), str(issuer), str(count), *dies]
    return subprocess.Popen(command)


def numbers(dsn: str) -> list[int]:
    return [read_certificate(line).number for line in certificate_lines(dsn)]


def row(certificate: Certificate) -> tuple[Any, ...]:
    body = certificate.body
    return (certificate.number, certificate.kind, body.request, certificate.hash, certificate.line.decode())


def test_what_is_issued_is_a_chain_that_others_can_verify(
    issuing: Certificates, app_dsn: str, key: SigningKey, tmp_path: Path
) -> None:
    issued = [issuing.issue(compaction(), at=AT) for _ in range(3)]

    assert [each.number for each in issued] == [1, 2, 3]
    assert list(certificate_lines(app_dsn)) == [each.line for each in issued]
    assert list(certificate_lines(app_dsn, after=2)) == [issued[2].line]
    assert export_certificates(app_dsn, tmp_path / "chain.jsonl") == 3
    assert verify_chain(CertificateFile(tmp_path / "chain.jsonl"), [key.public_bytes]).last == issued[2]


def test_a_request_has_one_certificate_of_a_kind(issuing: Certificates, app_dsn: str) -> None:
    request = uuid4()

    first = issuing.issue(compaction(request), at=AT)
    again = issuing.issue(compaction(request, boxes=9), at=AT)

    assert again == first
    assert find_certificate(app_dsn, "compaction", request) == first
    assert find_certificate(app_dsn, "erasure", request) is None
    assert numbers(app_dsn) == [1]


def test_callers_who_race_for_one_request_get_one_certificate(issuing: Certificates, app_dsn: str) -> None:
    body = compaction()

    with ThreadPoolExecutor(8) as pool:
        issued = set(pool.map(lambda _: issuing.issue(body, at=AT).line, range(16)))

    assert len(issued) == 1
    assert numbers(app_dsn) == [1]


def test_two_processes_that_race_make_one_unbroken_chain(
    app_dsn: str, path: Path, key: SigningKey, issuer: UUID
) -> None:
    racing = [start(app_dsn, path, issuer, 50) for _ in range(2)]

    assert [process.wait(60) for process in racing] == [0, 0]
    chain = verify_chain(list(certificate_lines(app_dsn)), [key.public_bytes])
    assert (chain.first.number, chain.last.number, chain.kinds) == (1, 100, {"compaction": 100})


def test_a_process_that_dies_between_signing_and_storing_leaves_no_gap(
    issuing: Certificates, app_dsn: str, path: Path, key: SigningKey, issuer: UUID
) -> None:
    issuing.issue(compaction(), at=AT)

    assert start(app_dsn, path, issuer, 1, "dies").wait(60) == -9
    issuing.issue(compaction(), at=AT)

    assert numbers(app_dsn) == [1, 2]
    verify_chain(list(certificate_lines(app_dsn)), [key.public_bytes])


def test_a_session_that_is_terminated_while_it_waits_is_not_noticed(
    issuing: Certificates, app_dsn: str, owner: Connection
) -> None:
    with psycopg.connect(app_dsn) as other, ThreadPoolExecutor(1) as pool:
        other.execute(statement("lock_certificates"))
        waiting = pool.submit(issuing.issue, compaction(), at=AT)
        terminated = None
        while terminated is None:
            terminated = owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchone()
        other.rollback()

        assert waiting.result(30).number == 1
    assert numbers(app_dsn) == [1]


def test_another_key_or_installation_does_not_go_on_with_the_chain(
    issuing: Certificates, app_dsn: str, key: SigningKey, issuer: UUID, tmp_path: Path
) -> None:
    issuing.issue(compaction(), at=AT)
    other = SigningKey.from_file(tmp_path / "other.key")

    with pytest.raises(SigningKeyDiffers):
        Certificates(app_dsn, issuer=issuer, key=other).issue(compaction(), at=AT)
    with pytest.raises(SigningKeyDiffers):
        Certificates(app_dsn, issuer=uuid4(), key=key).issue(compaction(), at=AT)
    assert numbers(app_dsn) == [1]


def test_after_a_key_change_only_the_new_key_signs(
    issuing: Certificates, app_dsn: str, key: SigningKey, issuer: UUID, tmp_path: Path
) -> None:
    new, third = (SigningKey.from_file(tmp_path / name) for name in ("new.key", "third.key"))
    request = uuid4()
    issuing.issue(compaction(), at=AT)

    change = issuing.change_key(new, request=request, reason="yearly", actor="officer", at=AT)

    issuing.issue(compaction(), at=AT)
    behind = Certificates(app_dsn, issuer=issuer, key=key)
    with pytest.raises(SigningKeyDiffers):
        behind.issue(compaction(), at=AT)
    with pytest.raises(SigningKeyDiffers):
        behind.change_key(third, request=request, reason="yearly", actor="officer", at=AT)
    assert behind.change_key(new, request=request, reason="yearly", actor="officer", at=AT) == change
    assert behind.issue(compaction(), at=AT).number == 4
    for trusted in (key, new):
        assert verify_chain(list(certificate_lines(app_dsn)), [trusted.public_bytes]).last.number == 4


def test_nothing_is_signed_behind_a_certificate_that_was_altered(
    issuing: Certificates, app_dsn: str, owner: Connection
) -> None:
    issuing.issue(compaction(), at=AT)
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE ledger.certificate SET text = replace(text, ':3', ': 3')")

    with pytest.raises(CertificateUnreadable):
        issuing.issue(compaction(), at=AT)


CHANGES = (
    "UPDATE ledger.certificate SET kind = kind WHERE false",
    "DELETE FROM ledger.certificate",
    "TRUNCATE ledger.certificate",
)


@pytest.mark.parametrize("change", CHANGES)
def test_the_service_has_no_right_to_change_a_certificate(app: Connection, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(change)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", ["ledger_owner", "postgres"])
def test_owner_and_superuser_are_refused_by_a_trigger(owner: Connection, change: str, role: str) -> None:
    owner.execute(f"SET ROLE {role}")

    with pytest.raises(psycopg.Error) as refused:
        owner.execute(change)

    assert refused.value.sqlstate == "LD001"


def second(first: Certificate, key: SigningKey) -> Certificate:
    return sign_next(compaction(), previous=first, issuer=first.issuer, key=key, at=AT)


def test_the_database_takes_nothing_but_the_next_certificate(
    issuing: Certificates, app: Connection, key: SigningKey, issuer: UUID
) -> None:
    unlinked = row(sign_next(compaction(), previous=None, issuer=issuer, key=key, at=AT))
    first = issuing.issue(compaction(), at=AT)
    good = second(first, key)
    foreign = replace(good, issuer=uuid4())
    number, kind, request, hash_, text = row(good)
    wrong: dict[str, list[tuple[Any, ...]]] = {
        "LD041": [
            (3, kind, request, hash_, text),
            (1, kind, request, hash_, text),
            row(replace(good, number=3)),
            (2, *row(replace(good, number=3))[1:]),
            row(replace(good, previous=b"0" * 32)),
            row(foreign),
            unlinked,
        ],
        "LD042": [
            (number, "erasure", request, hash_, text),
            (number, kind, uuid4(), hash_, text),
            (number, kind, request, b"0" * 32, text),
            (number, kind, request, hash_, text.replace('"boxes_left":0', '"boxes_left":1')),
        ],
    }

    for sqlstate, rows in wrong.items():
        for each in rows:
            with pytest.raises(psycopg.Error) as refused:
                app.execute(statement("insert_certificate"), each)
            assert refused.value.sqlstate == sqlstate, each
    app.execute(statement("insert_certificate"), row(good))


def test_the_first_certificate_stands_behind_the_issuer_s_own_beginning(app: Connection, key: SigningKey) -> None:
    good = sign_next(compaction(), previous=None, issuer=uuid4(), key=key, at=AT)

    with pytest.raises(psycopg.Error) as refused:
        app.execute(statement("insert_certificate"), row(replace(good, previous=b"0" * 32)))

    assert refused.value.sqlstate == "LD041"
    app.execute(statement("insert_certificate"), row(good))


def test_who_inserts_without_the_lock_waits_for_it_all_the_same(
    issuing: Certificates, app_dsn: str, app: Connection, key: SigningKey
) -> None:
    first = issuing.issue(compaction(), at=AT)
    refused: list[str | None] = []

    def insert_too() -> None:
        try:
            app.execute(statement("insert_certificate"), row(second(first, key)))
        except psycopg.Error as error:
            refused.append(error.sqlstate)

    with psycopg.connect(app_dsn) as connection:
        connection.execute(statement("insert_certificate"), row(second(first, key)))
        racing = threading.Thread(target=insert_too)
        racing.start()
        racing.join(0.3)
        assert racing.is_alive()
    racing.join(30)

    assert refused == ["LD041"]
    assert numbers(app_dsn) == [1, 2]


def cut_back(owner: Connection, number: int) -> None:
    """What a restore from an older backup does to the table."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM ledger.certificate WHERE number > %s", [number])


@pytest.mark.parametrize("left", [0, 1, 2])
def test_what_a_restored_database_has_lost_is_put_back_from_an_export(
    issuing: Certificates, app_dsn: str, owner: Connection, key: SigningKey, left: int
) -> None:
    exported = [issuing.issue(compaction(), at=AT).line for _ in range(3)]
    cut_back(owner, left)

    assert put_back_certificates(app_dsn, exported, [key.public_bytes]) == 3 - left
    assert put_back_certificates(app_dsn, exported, [key.public_bytes]) == 0

    assert list(certificate_lines(app_dsn)) == exported
    assert issuing.issue(compaction(), at=AT).number == 4


def test_nothing_is_put_back_behind_another_history_or_by_a_stranger(
    issuing: Certificates, app_dsn: str, owner: Connection, key: SigningKey
) -> None:
    exported = [issuing.issue(compaction(), at=AT).line for _ in range(4)]
    cut_back(owner, 1)

    with pytest.raises(CertificateChainBroken) as gap:
        put_back_certificates(app_dsn, exported[2:], [key.public_bytes])
    stays = [exported[0], issuing.issue(compaction(), at=AT).line]
    with pytest.raises(CertificateChainBroken) as other:
        put_back_certificates(app_dsn, exported, [key.public_bytes])
    with pytest.raises(CertificateForged):
        put_back_certificates(app_dsn, exported, [b"k" * 32])

    assert (gap.value.line, other.value.line) == (1, 2)
    assert list(certificate_lines(app_dsn)) == stays
