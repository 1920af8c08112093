"""The cases of tests/vectors/certificate.json: chains that hold, and every way in which one must be refused.

python -m tests.crypto_shredding.certificate_vectors > tests/vectors/certificate.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from tests.crypto_shredding.certificate_reference import (
    hexadecimal,
    id_of,
    private_key,
    public_half,
    resigned,
    signed,
    signed_part,
    write,
)

OLD, NEW, OTHER = private_key("old"), private_key("new"), private_key("other")
ISSUER = "6f0f2b8e-8f5a-4c5e-9f43-0d8b6a1c2e3f"
AT = "2026-03-02T09:00:00.000000Z"
Content = dict[str, Any]


def request(number: int) -> str:
    return f"01890a5d-ac96-774b-bcce-{number:012x}"


def erasure(number: int = 1) -> Content:
    """A body with something in every field."""
    check = sha256(b"check").hexdigest()
    assert hexadecimal(32)(check)
    return {
        "request": request(number),
        "subject": sha256(b"subject").hexdigest()[:32],
        "basis": "개인정보 보호법 제36조 제1항",
        "due_on": "2026-03-08",
        "actor": "officer-7",
        "method": "cryptographic erase",
        "remains": "pseudonymous: amounts and times of kept records stay readable",
        "destroyed": [{"code": 1, "name": "profile"}, {"code": 2, "name": "membership"}],
        "kept": [{"code": 4, "name": "payment", "basis": "전자상거래법 제6조", "last_day": "2031-03-01"}],
        "slots": [
            {"slot": 129, "check": check, "code": 1, "name": "profile"},
            {"slot": 9007199254740991, "check": check, "code": 2, "name": "membership"},
        ],
        "unreadable_since": "2026-03-02T08:59:59.000001Z",
        "rotations": [
            {
                "destroyed_version": 7,
                "live_version": 8,
                "horizon": "2026-03-02T09:00:00.999999Z",
                "provider": "file",
                "recoverable_until": None,
                "note": 'overwriting is not guaranteed on SSDs: "copy-on-write" \\ 🎟️ \x7f',
            }
        ],
        "boxes": {"tried": 12, "shredded": 12},
        "scans": [{"place": "projections", "boxes": 0, "values": 0}],
        "index_horizon": "2026-03-09T00:00:00.000000Z",
        "holders": [{"name": "sidecar-1", "role": "copy"}, {"name": "standby", "role": "failover"}],
        "fenced_out": [
            {"holder": "standby", "at": AT, "reason": "silent", "first_actor": "kim", "second_actor": "lee"}
        ],
        "awaited": ["warehouse"],
    }


def bare_erasure(number: int) -> Content:
    """A body with nothing where nothing may be."""
    lists = ("destroyed", "kept", "slots", "rotations", "scans", "holders", "fenced_out", "awaited")
    empty: Content = {name: [] for name in lists}
    return erasure(number) | empty | {"boxes": {"tried": 0, "shredded": 0}, "due_on": None, "index_horizon": None}


def key_destruction(number: int = 6, cause: str = "retention", **other: Any) -> Content:
    """A period's key; with another cause, a key of that one."""
    codes: dict[str, Content] = {
        "retention": {"code": 4, "name": "payment", "first_day": "2021-03-02", "last_day": "2026-03-01"},
        "legal-hold": {"code": 9, "name": "legal_hold", "first_day": None, "last_day": None},
        "index": {"code": None, "name": "blind_index", "first_day": None, "last_day": None},
    }
    whole = erasure(number)
    same = ("request", "method", "remains", "actor", "unreadable_since", "rotations", "boxes", "holders", "fenced_out")
    return {name: whole[name] for name in same} | {
        "cause": cause, "basis": "개인정보 보호법 제21조 제1항",
        "subject": whole["subject"] if cause == "legal-hold" else None,
        "keys": [{"slot": 300, "check": sha256(b"check").hexdigest()} | codes.get(cause, codes["index"])],
    } | other  # fmt: skip


def compaction(number: int = 2) -> Content:
    return {
        "request": request(number), "partitions": ["box_0", "box_1"], "boxes_deleted": 36, "boxes_left": 0,
        "at": AT, "role": "ledger_compaction",
    }  # fmt: skip


def restore(number: int = 3) -> Content:
    lost = {"after_position": 41, "until_position": None, "after": AT, "until": "2026-03-02T10:00:00.000000Z"}
    return {
        "request": request(number), "restored_to": 41, "timeline_before": request(80), "timeline_after": request(81),
        "erasures_again": [request(1)], "destructions_again": [request(6)], "lost": lost, "at": AT,
        "actor": "operator-2",
    }  # fmt: skip


def key_change(old: Any = OLD, new: Any = NEW) -> Content:
    return {
        "request": request(4), "old_public_key": public_half(old), "new_public_key": public_half(new),
        "reason": "yearly change", "actor": "officer-7",
    }  # fmt: skip


def content(kind: str, body: Content, number: int, previous: str, key: Any = OLD, **other: Any) -> Content:
    return {
        "body": body, "format": "crypto_shredding/certificate/1", "issued_at": AT, "issuer": ISSUER,
        "key": id_of(public_half(key)), "kind": kind, "number": number, "previous": previous, **other,
    }  # fmt: skip


def genesis(issuer: str = ISSUER) -> str:
    return sha256(b"crypto_shredding/certificates" + bytes.fromhex(issuer.replace("-", ""))).hexdigest()


def chained(*parts: tuple[str, Content, Any], **other: Any) -> list[bytes]:
    """Certificates of (kind, body, key), one behind the other."""
    previous, lines = genesis(), []
    for number, (kind, body, key) in enumerate(parts, 1):
        lines.append(signed(key, content(kind, body, number, previous, key, **other)))
        previous = sha256(signed_part(lines[-1])).hexdigest()
    return lines


WHOLE = chained(
    ("erasure", erasure(), OLD),
    ("compaction", compaction(), OLD),
    ("restore", restore(), OLD),
    ("key-destruction", key_destruction(), OLD),
    ("key-change", key_change(), OLD),
    ("key-destruction", key_destruction(7, "legal-hold"), NEW),
    ("key-destruction", key_destruction(8, "index", boxes={"tried": 0, "shredded": 0}, rotations=[]), NEW),
    ("erasure", bare_erasure(5), NEW),
)


def case(name: str, expect: str, lines: list[bytes], *keys: Any) -> dict[str, Any]:
    public_keys = [public_half(key) for key in keys or (OLD,)]
    try:
        written: dict[str, Any] = {"lines": [line.decode("utf-8") for line in lines]}
    except UnicodeDecodeError:
        written = {"lines_hex": [line.hex() for line in lines]}
    hashes = [sha256(signed_part(line)).hexdigest() for line in lines] if expect == "holds" else None
    return {"name": name, "expect": expect, "public_keys": public_keys, **written, "hashes": hashes}


def holding_cases() -> list[dict[str, Any]]:
    return [
        case("a chain of every kind, with the key that began it", "holds", WHOLE, OLD),
        case("the same with the newest key alone", "holds", WHOLE, NEW),
        case("with a key that signed nothing beside it", "holds", WHOLE, OTHER, OLD),
        case("one certificate", "holds", WHOLE[:1]),
        case("one from the middle", "holds", WHOLE[1:2]),
        case("a part of the chain", "holds", WHOLE[2:]),
        case("a destroyed period alone", "holds", WHOLE[3:4]),
        case("cut off at the end: nobody can see that", "holds", WHOLE[:3]),
    ]


def forged_cases() -> list[dict[str, Any]]:
    first = WHOLE[0]
    altered = {
        "an altered count": first.replace(b'"tried":12', b'"tried":13').replace(b'"shredded":12', b'"shredded":13'),
        "an altered day": first.replace(b'"due_on":"2026-03-08"', b'"due_on":"2026-03-09"'),
        "another kept basis": first.replace("제6조".encode(), "제7조".encode()),
        "one awaited system left out": first.replace(b'["warehouse"]', b"[]"),
        "another number": first.replace(b'"number":1', b'"number":2'),
        "another link": first.replace(genesis().encode(), b"0" * 64),
        "another signature": first[:-5] + (b"0" if first[-5:-4] != b"0" else b"1") + first[-4:],
        "the signature of another certificate": first[:-TAIL_OF_SIGNATURE] + WHOLE[1][-TAIL_OF_SIGNATURE:],
        "a signature of zeros": first[:-130] + b"0" * 128 + first[-2:],
        "signed by another key under this name": signed(OTHER, content("erasure", erasure(), 1, genesis())),
    }
    self_made = chained(("key-change", key_change(OTHER, OLD), OTHER), ("erasure", erasure(), OLD))
    return [
        *(case(f"forged: {name}", "forged", [line, WHOLE[1]]) for name, line in altered.items()),
        case("forged: a key that is not given", "forged", WHOLE[:3], OTHER),
        case("forged: no key is given but others", "forged", WHOLE, OTHER),
        case("forged: by a stranger who names the trusted key", "forged", self_made[:1]),
        case("forged: by a stolen key after its change", "forged", chained(("erasure", erasure(), OLD)), NEW),
    ]


TAIL_OF_SIGNATURE = 130


def broken_cases() -> list[dict[str, Any]]:
    genuine = WHOLE
    retired = chained(("key-change", key_change(), OLD), ("erasure", erasure(5), OLD))
    too_early = chained(("erasure", erasure(), NEW), ("key-change", key_change(), OLD))
    foreign_change = chained(("key-change", key_change(OTHER, NEW), OLD))
    same_key = chained(("key-change", key_change(OLD, OLD), OLD))
    elsewhere = signed(OLD, content("erasure", erasure(), 1, "0" * 64))
    second = content("compaction", compaction(), 2, sha256(signed_part(WHOLE[0])).hexdigest())
    return [
        case("broken: two certificates change places", "broken", [genuine[1], genuine[0], *genuine[2:]]),
        case("broken: one is missing", "broken", [genuine[0], *genuine[2:]]),
        case("broken: one comes twice", "broken", [genuine[0], genuine[0]]),
        case("broken: another link", "broken", [genuine[0], signed(OLD, second | {"previous": "0" * 64})]),
        case("broken: another issuer", "broken", [genuine[0], signed(OLD, second | {"issuer": request(9)})]),
        case("broken: a number left out", "broken", [genuine[0], signed(OLD, second | {"number": 3})]),
        case("broken: a first one that is not the first", "broken", [elsewhere]),
        case("broken: signed by the old key after its change", "broken", retired),
        case("broken: signed by the new key before the change", "broken", too_early, OLD, NEW),
        case("broken: a change of a key that is not its own", "broken", foreign_change, OLD, OTHER),
        case("broken: a change to the same key", "broken", same_key),
    ]


def unreadable_cases() -> list[dict[str, Any]]:
    plain = content("erasure", erasure(), 1, genesis())
    message = write(plain).encode()

    def rewritten(old: bytes, new: bytes) -> bytes:
        assert old in message
        return resigned(OLD, message.replace(old, new, 1))

    forms = {
        "white space after a comma": rewritten(b',"format"', b', "format"'),
        "a line feed at the end": WHOLE[0] + b"\n",
        "a byte order mark": b"\xef\xbb\xbf" + WHOLE[0],
        "names that do not ascend": rewritten(b'{"shredded":12,"tried":12}', b'{"tried":12,"shredded":12}'),
        "a name twice": rewritten(b'"number":1', b'"number":1,"number":1'),
        "a name twice, the first one false": rewritten(b'"tried":12', b'"tried":1,"tried":12'),
        "a float": rewritten(b'"number":1', b'"number":1.0'),
        "an exponent": rewritten(b'"number":1', b'"number":1e0'),
        "a leading zero": rewritten(b'"tried":12', b'"tried":012'),
        "minus zero": rewritten(b'"boxes":0', b'"boxes":-0'),
        "NaN": rewritten(b'"number":1', b'"number":NaN'),
        "Infinity": rewritten(b'"number":1', b'"number":Infinity'),
        "an integer out of range": rewritten(b'"slot":9007199254740991', b'"slot":9007199254740992'),
        "an integer of many digits": rewritten(b'"slot":9007199254740991', b'"slot":' + b"9" * 5000),
        "a letter escaped without need": rewritten(b'"officer-7"', b'"\\u006ffficer-7"'),
        "an escaped slash": rewritten(b"crypto_shredding/", b"crypto_shredding\\/"),
        "an escape in upper case": rewritten(b'"officer-7"', b'"\\u001F"'),
        "a surrogate": rewritten(b'"officer-7"', b'"\\ud83c"'),
        "a control character as itself": rewritten(b'"officer-7"', b'"a\tb"'),
        "a control character in a text": rewritten(b'"officer-7"', b'"a\\tb"'),
        "not UTF-8": rewritten(b'"officer-7"', b'"\xff"'),
        "nested too deep": rewritten(b'"awaited":["warehouse"]', b'"awaited":' + b"[" * 9 + b"]" * 9),
        "no bytes": b"",
        "no object": b"[]",
        "a single number": b"1",
        "the last brace cut off": WHOLE[0][:-1],
        "two certificates in a line": WHOLE[0] + WHOLE[1],
    }
    return [case(f"unreadable: {name}", "unreadable", [line]) for name, line in forms.items()]


def misshapen_cases() -> list[dict[str, Any]]:
    def sealed(body: Content | None = None, **other: Any) -> bytes:
        return signed(OLD, content("erasure", erasure() | (body or {}), 1, genesis()) | other)

    def without(name: str) -> bytes:
        whole = content("erasure", erasure(), 1, genesis())
        del whole[name]
        return signed(OLD, whole)

    rotation = erasure()["rotations"][0]
    slot = erasure()["slots"][0]
    one_person = erasure()["fenced_out"][0] | {"second_actor": "kim"}
    shapes: dict[str, bytes] = {
        "an unknown version": sealed(format="crypto_shredding/certificate/2"),
        "an unknown version with other members": signed(OLD, {"format": "crypto_shredding/certificate/2"}),
        "another format": sealed(format="ledger.checkpoint.v1"),
        "an unknown kind": sealed(kind="anonymisation"),
        "a body of another kind": sealed(kind="compaction"),
        "no signature": write(content("erasure", erasure(), 1, genesis())).encode(),
        **{f"no {name}": without(name) for name in ("body", "format", "issuer", "kind", "previous")},
        "a member too many": sealed(more=1),
        "number 0": sealed(number=0),
        "a number as a text": sealed(number="1"),
        "a number that is true": sealed(number=True),
        "a shorter key id": sealed(key="00" * 31),
        "a key id in upper case": sealed(key=content("erasure", {}, 1, "")["key"].upper()),
        "a UUID in upper case": sealed(issuer=ISSUER.upper()),
        "a UUID in braces": sealed(issuer="{" + ISSUER + "}"),
        "an instant without its zone": sealed(issued_at=AT[:-1]),
        "an instant of another zone": sealed(issued_at="2026-03-02T18:00:00.000000+09:00"),
        "an instant with milliseconds": sealed(issued_at="2026-03-02T09:00:00.000Z"),
        "a second too many": sealed(issued_at="2026-03-02T09:00:60.000000Z"),
        "a day that is not there": sealed({"due_on": "2026-02-29"}),
        "a day as a week": sealed({"due_on": "2026-W09-1"}),
        "an empty text": sealed({"basis": ""}),
        "a text that is too long": sealed({"basis": "x" * 2001}),
        "a subject with a name in it": sealed({"subject": "김민준"}),
        "a field too many in the body": sealed({"name": "x"}),
        "another method": sealed({"method": "anonymisation"}),
        "another remainder": sealed({"remains": "nothing"}),
        "a box that opened": sealed({"boxes": {"tried": 12, "shredded": 11}}),
        "a count below zero": sealed({"boxes": {"tried": -1, "shredded": -1}}),
        "a value found, below zero": sealed({"scans": [{"place": "outbox", "boxes": 0, "values": -1}]}),
        "slots that do not ascend": sealed({"slots": erasure()["slots"][::-1]}),
        "a slot twice": sealed({"slots": [slot, slot]}),
        "slot 0": sealed({"slots": [slot | {"slot": 0}]}),
        "a shorter check value": sealed({"slots": [slot | {"check": "00" * 31}]}),
        "a rotation to the same version": sealed({"rotations": [rotation | {"live_version": 7}]}),
        "a rotation from version 0": sealed({"rotations": [rotation | {"destroyed_version": 0}]}),
        "fenced out by one person": sealed({"fenced_out": [one_person]}),
        "a holder of another role": sealed({"holders": [{"name": "tape", "role": "backup"}]}),
        "null where none is allowed": sealed({"unreadable_since": None}),
        "an object for an array": sealed({"awaited": {}}),
        "a restore to the same timeline": signed(
            OLD, content("restore", restore() | {"timeline_after": request(80)}, 1, genesis())
        ),
        "a shorter public key": signed(
            OLD, content("key-change", key_change() | {"new_public_key": "00" * 31}, 1, genesis())
        ),
    }  # fmt: skip
    return [case(f"misshapen: {name}", "unreadable", [line]) for name, line in shapes.items()]


def misshapen_destructions() -> list[dict[str, Any]]:
    def destroyed(cause: str = "retention", **other: Any) -> bytes:
        body = key_destruction(6, cause) | other
        return signed(OLD, content("key-destruction", body, 1, genesis()))

    period = key_destruction()["keys"][0]
    of_index = key_destruction(6, "index")["keys"][0]
    one_person = erasure()["fenced_out"][0] | {"second_actor": "kim"}
    shapes: dict[str, bytes] = {
        "an unknown cause": destroyed("whim"),
        "a key destruction of no key": destroyed(keys=[]),
        "a key destruction whose slots do not ascend": destroyed(keys=[period, period | {"slot": 299}]),
        "a key of slot 0": destroyed(keys=[period | {"slot": 0}]),
        "a key with a shorter check value": destroyed(keys=[period | {"check": "00"}]),
        "a period without a class": destroyed(keys=[period | {"code": None}]),
        "a period without its last day": destroyed(keys=[period | {"last_day": None}]),
        "a period that ends before it begins": destroyed(keys=[period | {"last_day": "2021-03-01"}]),
        "retention of a key that is no period's": destroyed(keys=[of_index]),
        "retention of a period and of another key": destroyed(keys=[period, of_index | {"slot": 301}]),
        "a key of the index with days": destroyed("index", keys=[period]),
        "a period about somebody": destroyed(subject="somebody"),
        "a legal hold about nobody": destroyed("legal-hold", subject=None),
        "a legal hold about a name": destroyed("legal-hold", subject="김민준"),
        "a key destruction of which a box opened": destroyed(boxes={"tried": 2, "shredded": 1}),
        "a key destruction by another method": destroyed(method="deletion"),
        "a key destruction that names the slots of an erasure": destroyed(slots=[]),
        "a key destruction fenced out by one person": destroyed(fenced_out=[one_person]),
    }  # fmt: skip
    return [case(f"misshapen: {name}", "unreadable", [line]) for name, line in shapes.items()]


MAKERS: tuple[Callable[[], list[dict[str, Any]]], ...] = (
    holding_cases,
    forged_cases,
    broken_cases,
    unreadable_cases,
    misshapen_cases,
    misshapen_destructions,
)


def vectors() -> str:
    document = {"spec": "docs/spec/certificate.md", "format": 1, "cases": [each for make in MAKERS for each in make()]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(vectors())
