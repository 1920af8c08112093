"""The files of a server, as bytes: what compaction takes away is in no heap, index, TOAST table or WAL segment."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg_pool import ConnectionPool

import ledger
import projections
from crypto_shredding import Shredder, create_installation
from crypto_shredding import migrate as migrate_keys
from ledger import POINT_HISTORY, Compaction, decode, personal_fields, verify_chain
from ledger.store import ChainedEvent
from projections import BalancesQuery, Projector, RollForwardQuery, TrialBalanceQuery, rebuild
from service.embedded_postgres import EmbeddedPostgres
from tests.ledger.office import Addresses, Office

AFTER_FIVE_YEARS = datetime(2029, 3, 13, tzinfo=UTC)
LONG = "what was bought, in every detail: " * 100  # 3.4 kB: its box goes to the TOAST table
NEEDLE_BYTES = 32  # of a box, from the middle of its ciphertext: no chance, and cut by few page headers


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server of this test's own, as it ships."""
    folder = Path(tempfile.mkdtemp(prefix="points-ledger-compaction-"))
    with EmbeddedPostgres(folder) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_addresses(own_server: EmbeddedPostgres, tmp_path: Path) -> Addresses:
    for name, migrations in (("ledger", [ledger.migrate, projections.migrate]), ("keys", [migrate_keys])):
        own_server.create_database(name)
        for migrate in migrations:
            migrate(own_server.dsn(name))
    create_installation(own_server.dsn("keys"), id=uuid4(), cache_seconds=0.2)
    return Addresses(
        own_server.dsn("ledger", user="ledger_app"), own_server.dsn("keys", user="keys_app"), tmp_path / "root"
    )


def places(data_dir: Path, boxes: list[bytes]) -> dict[str, set[int]]:
    """Which of the boxes are in which file, by a piece of their ciphertext."""
    needles = [box[len(box) // 2 - NEEDLE_BYTES // 2 :][:NEEDLE_BYTES] for box in boxes]
    found: dict[str, set[int]] = {}
    for path in sorted(path for path in data_dir.rglob("*") if path.is_file() and not path.is_symlink()):
        content = path.read_bytes()
        here = {number for number, needle in enumerate(needles) if needle in content}
        if here:
            found[str(path.relative_to(data_dir))] = here
    return found


def kinds(server: EmbeddedPostgres, found: dict[str, set[int]]) -> set[str]:
    """The files by what they are: a relation's name, or the WAL."""
    with psycopg.connect(server.dsn("ledger")) as connection:
        rows: list[tuple[str, str]] = connection.execute(
            "SELECT pg_relation_filepath(c.oid), coalesce(o.relname || ' toast', c.relname) "
            "FROM pg_class AS c LEFT JOIN pg_class AS o ON c.oid = o.reltoastrelid "
            "WHERE pg_relation_filepath(c.oid) IS NOT NULL"
        ).fetchall()
    names = dict(rows)
    return {"WAL" if "pg_wal" in path else names.get(path.removeprefix("cluster/"), path) for path in found}


def reports(server: EmbeddedPostgres, account: UUID) -> list[object]:
    """Everything that is shown of the books, the chain with its boxes, and the read models built anew."""
    with Projector(server.dsn("ledger", user="ledger_projector")) as projector:
        projector.catch_up()
    rebuilt = rebuild(server.dsn("ledger", user="ledger_projector"), swap=False)
    assert rebuilt.equal
    with psycopg.connect(server.dsn("ledger", user="ledger_app"), autocommit=True) as connection:
        chain = verify_chain(connection, check_boxes=wrong_box)
    assert chain.is_intact
    with ConnectionPool(server.dsn("ledger", user="ledger_app"), min_size=1, open=True) as pool:
        return [
            chain,
            BalancesQuery(pool).account(account),
            TrialBalanceQuery(pool).as_of(),
            RollForwardQuery(pool).months(),
            RollForwardQuery(pool).ties(),
            [(each.table, each.live_rows, each.rebuilt_rows) for each in rebuilt.tables],
        ]


def wrong_box(event: ChainedEvent, digests: object) -> str | None:
    fields = decode(event.topic, event.state)
    named = {mark.field_id: getattr(fields, name) for name, mark in personal_fields(type(fields)).items()}
    wrong = [field for field, digest in digests if named[field].digest != digest]  # type: ignore[attr-defined]
    return f"fields {wrong}" if wrong else None


async def test_no_file_of_the_ledger_holds_a_box_of_the_erased_after_compaction(
    own_server: EmbeddedPostgres, own_addresses: Addresses
) -> None:
    shredder: Shredder
    async with await Office.open(own_addresses) as office:
        shredder = Shredder(office.keyring)
        await office.program()
        member, (account,) = await office.member(100)
        neighbour, (theirs,) = await office.member(100)
        for each in (account, theirs):
            await office.do(office.payment(each, 10, memo="a memo", detail=LONG))
            await office.do(office.full_payment(each, 10))
        with psycopg.connect(own_server.dsn("ledger"), autocommit=True) as owner:
            owner.execute("ANALYZE")  # statistics must not become another place
            owner.execute("CHECKPOINT")

        def compact() -> ledger.CompactionReport:
            dsn = own_server.dsn("ledger", user="ledger_compaction")
            with Compaction(dsn, lambda slots: shredder.states(list(slots))) as compaction:
                return compaction.run()

        async def bytes_of(*streams: UUID) -> list[bytes]:
            return [each.box for _, each in await office.boxes(*streams) if each.box is not None]

        stay = await bytes_of(neighbour, theirs)
        everything = await bytes_of(member, account)
        seen = kinds(own_server, places(own_server.data_dir, everything))
        await office.erasures.erase(office.erase(member, 80))
        everything += [box for box in await bytes_of(member, account) if box not in everything]
        held = [
            each.box for retention, each in await office.boxes(member, account)
            if retention.held_by_law and each.box is not None
        ]  # fmt: skip
        linked = [each.box for retention, each in await office.boxes(account) if retention is POINT_HISTORY]
        before = reports(own_server, account)
        first = await asyncio.to_thread(compact)
        left = places(own_server.data_dir, everything)
        kinds_of_held = kinds(own_server, places(own_server.data_dir, held))
        alike = reports(own_server, account) == before
        office.now = AFTER_FIVE_YEARS
        await office.erasures.erase(office.erase(member))
        before_second = reports(own_server, account)
        second = await asyncio.to_thread(compact)
        alike_again = reports(own_server, account) == before_second

        assert seen == {"box_0", "box_0 toast", "WAL"}
        assert (first.is_complete, second.is_complete) == (True, True)
        assert alike
        assert alike_again
        # What the law keeps is in the held partition now, and nowhere else; the link to the account is where it was.
        assert {everything[number] for numbers in left.values() for number in numbers} == {*held, *linked}
        assert kinds_of_held == {"held_box_0", "held_box_0 toast"}
        assert (len(held), len(linked)) == (5, 1)
        # After its last day nothing is left anywhere, while every box of the neighbour is where it was.
        assert places(own_server.data_dir, everything) == {}
        assert set.union(*places(own_server.data_dir, stay).values()) == set(range(len(stay)))
        assert all(isinstance(each, str) for each in office.opened([each for _, each in await office.boxes(theirs)]))


async def test_deleting_and_vacuuming_alone_leave_the_boxes_in_the_files(
    own_server: EmbeddedPostgres, own_addresses: Addresses
) -> None:
    async with await Office.open(own_addresses) as office:
        await office.program()
        member, (account,) = await office.member(100)
        boxes = [each.box for _, each in await office.boxes(member, account) if each.box is not None]
    with psycopg.connect(own_server.dsn("ledger"), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM ledger.box")
        owner.execute("VACUUM (TRUNCATE false) ledger.box")
        owner.execute("CHECKPOINT")

    assert kinds(own_server, places(own_server.data_dir, boxes)) == {"box_0", "WAL"}


def test_a_recycled_segment_keeps_old_bytes_where_a_removed_one_does_not() -> None:
    kept = {setting: old_wal_is_there(setting) for setting in ("on", "off")}

    assert kept == {"on": True, "off": False}


def old_wal_is_there(recycle: str) -> bool:
    """Whether a value that a checkpoint left behind is still in the WAL folder."""
    folder = Path(tempfile.mkdtemp(prefix="points-ledger-compaction-"))
    value = b"a value that is looked for in the WAL"
    with EmbeddedPostgres(folder, settings={"wal_recycle": recycle}) as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as owner:
            owner.execute("CREATE TABLE plain (value bytea)")
            owner.execute(sql.SQL("INSERT INTO plain VALUES ({})").format(value))
            owner.execute("SELECT pg_switch_wal()")
            owner.execute("DROP TABLE plain")
            owner.execute("SELECT pg_switch_wal()")
            owner.execute("CHECKPOINT")
        found = any("pg_wal" in path for path in places(folder, [value]))
    shutil.rmtree(folder, ignore_errors=True)
    return found
