"""Erasures and compactions end in certificates that anybody can verify, and that say nothing of the person."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg

from tests.service.conftest import Cli
from tests.service.test_compacting import DETAIL, EMAIL, MEMO, NAME, PHONE, erased

__all__ = ["erased"]


def test_an_erasure_and_its_compaction_are_certified_in_one_chain(cli: Cli, erased: str, tmp_path: Path) -> None:
    compacted = cli.ok("keys", "compact")
    chain, public = tmp_path / "chain.jsonl", tmp_path / "public.pem"

    cli.ok("keys", "certificates", "--export", str(chain))
    public.write_text(cli.ok("keys", "public-key")["public_key"])
    verified = cli.ok("keys", "verify-certificate", str(chain), "--public-key", str(public))

    erasure, compaction = (json.loads(line) for line in chain.read_text("utf-8").splitlines())
    assert [erasure["kind"], compaction["kind"]] == ["erasure", "compaction"]
    assert compacted["certificate"] == compaction["number"] == 2
    assert verified["holds"] is True
    assert compaction["body"]["boxes_deleted"] == compacted["deleted"]
    assert compaction["body"]["boxes_left"] == 0


def test_a_certificate_pins_every_key_that_is_gone_and_names_no_person(cli: Cli, erased: str, tmp_path: Path) -> None:
    chain = tmp_path / "chain.jsonl"
    cli.ok("keys", "certificates", "--export", str(chain))
    text = chain.read_text("utf-8")
    body = json.loads(text)["body"]

    with psycopg.connect(cli.environ["KEYS_OWNER_DSN"]) as keys:
        rows = keys.execute("SELECT slot, encode(kcv, 'hex') FROM crypto_shredding.tombstone").fetchall()
    stones: dict[int, str] = dict(rows)
    assert {each["slot"]: each["check"] for each in body["slots"]} == stones
    assert [each["name"] for each in body["destroyed"]] == ["profile", "membership", "payment"]
    assert {each["name"] for each in body["kept"]} == {"contract", "point_history", "retained_identity"}
    assert body["rotations"][0]["horizon"] > body["unreadable_since"]
    assert body["boxes"]["tried"] == body["boxes"]["shredded"] > 0
    assert {each["place"]: each["values"] for each in body["scans"]} == {"ledger.box": 0, "ledger.blind_index": 0}
    for personal in (NAME, EMAIL, PHONE, MEMO, DETAIL):
        assert personal not in text
