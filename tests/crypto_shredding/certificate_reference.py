"""A second implementation of docs/spec/certificate.md, by another library and sharing no code: it makes the vectors.

python -m tests.crypto_shredding.certificate_vectors > tests/vectors/certificate.json
"""

from __future__ import annotations

import datetime
import re
from hashlib import sha256
from itertools import pairwise
from typing import Any

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

LIMIT, DEPTH, SAFE = 4_194_304, 8, 9_007_199_254_740_991
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
TAIL = 144


class Unreadable(Exception):
    pass


class Forged(Exception):
    pass


class Broken(Exception):
    pass


def need(holds: object) -> None:
    if not holds:
        raise Unreadable


def write(value: Any) -> str:
    """Canonical JSON by hand."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return "{" + ",".join(f"{write(name)}:{write(value[name])}" for name in sorted(value)) + "}"


class Reader:
    """Reads the canonical grammar and no other: what may not be written has no rule here."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def take(self, pattern: str) -> str:
        match = re.compile(pattern, re.DOTALL).match(self.text, self.at)
        if match is None:
            raise Unreadable
        self.at = match.end()
        return match[0]

    def peek(self, start: str) -> bool:
        return self.text.startswith(start, self.at)

    def value(self, depth: int = 1) -> Any:
        if self.peek('"'):
            return self.string()
        if self.peek("{") or self.peek("["):
            need(depth <= DEPTH)
            return self.object(depth) if self.peek("{") else self.array(depth)
        word = self.take(r"null|true|false|0|-?[1-9][0-9]{0,15}")
        if word in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[word]
        need(abs(int(word)) <= SAFE)
        return int(word)

    def string(self) -> str:
        written = self.take(r'"(?:[^"\\\x00-\x1f\ud800-\udfff]|\\["\\btnfr]|\\u00(?:0[0-7bef]|1[0-9a-f]))*"')[1:-1]
        long = {short: letter for letter, short in SHORT.items()}
        return re.sub(r"\\(?:u(....)|.)", lambda m: chr(int(m[1], 16)) if m[1] else long[m[0]], written)

    def array(self, depth: int) -> list[Any]:
        self.take(r"\[")
        items: list[Any] = []
        while not self.peek("]"):
            if items:
                self.take(",")
            items.append(self.value(depth + 1))
        self.take("]")
        return items

    def object(self, depth: int) -> dict[str, Any]:
        self.take("{")
        members: dict[str, Any] = {}
        while not self.peek("}"):
            if members:
                self.take(",")
            name = self.take('"[a-z0-9_]{1,40}"')[1:-1]
            need(not members or name > max(members))
            self.take(":")
            members[name] = self.value(depth + 1)
        self.take("}")
        return members


def hexadecimal(length: int) -> Any:
    return re.compile(rf"[0-9a-f]{{{2 * length}}}").fullmatch


UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def text(value: str) -> bool:
    return 1 <= len(value) <= 2000 and min(value) >= " "


def instant(value: str) -> bool:
    match = re.fullmatch(r"([0-9-]{10})T([0-9:]{8})\.[0-9]{6}Z", value)
    return bool(match and day(match[1]) and datetime.time.fromisoformat(match[2]))


def day(value: str) -> bool:
    return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) and datetime.date.fromisoformat(value))


NUMBER, CODE = "number", "code"
SLOT = {"slot": NUMBER, "check": hexadecimal(32), "code": CODE, "name": text}
KEY = {
    "slot": NUMBER, "check": hexadecimal(32), "code": (CODE,), "name": text, "first_day": (day,), "last_day": (day,),
}  # fmt: skip
ROTATION = {
    "destroyed_version": NUMBER, "live_version": NUMBER, "horizon": instant, "provider": text,
    "recoverable_until": (instant,), "note": text,
}  # fmt: skip
FENCED = {"holder": text, "at": instant, "reason": text, "first_actor": text, "second_actor": text}
LOST = {"after_position": CODE, "until_position": (CODE,), "after": instant, "until": instant}
BODIES: dict[str, dict[str, Any]] = {
    "erasure": {
        "request": UUID, "subject": re.compile("[A-Za-z0-9._:-]{1,128}").fullmatch, "basis": text, "due_on": (day,),
        "actor": text, "method": "cryptographic erase".__eq__,
        "remains": "pseudonymous: amounts and times of kept records stay readable".__eq__,
        "destroyed": [{"code": CODE, "name": text}],
        "kept": [{"code": CODE, "name": text, "basis": text, "last_day": day}],
        "slots": [SLOT], "unreadable_since": instant, "rotations": [ROTATION],
        "boxes": {"tried": NUMBER, "shredded": NUMBER}, "scans": [{"place": text, "boxes": NUMBER, "values": NUMBER}],
        "index_horizon": (instant,), "holders": [{"name": text, "role": re.compile("copy|failover").fullmatch}],
        "fenced_out": [FENCED], "awaited": [text],
    },
    "key-destruction": {
        "request": UUID, "cause": re.compile("retention|legal-hold|index").fullmatch,
        "subject": (re.compile("[A-Za-z0-9._:-]{1,128}").fullmatch,), "basis": text, "actor": text,
        "method": "cryptographic erase".__eq__,
        "remains": "pseudonymous: amounts and times of kept records stay readable".__eq__,
        "keys": [KEY], "unreadable_since": instant, "rotations": [ROTATION],
        "boxes": {"tried": NUMBER, "shredded": NUMBER},
        "holders": [{"name": text, "role": re.compile("copy|failover").fullmatch}], "fenced_out": [FENCED],
    },
    "compaction": {
        "request": UUID, "partitions": [text], "boxes_deleted": NUMBER, "boxes_left": NUMBER, "at": instant,
        "role": text,
    },
    "restore": {
        "request": UUID, "restored_to": CODE, "timeline_before": UUID, "timeline_after": UUID,
        "erasures_again": [UUID], "destructions_again": [UUID], "lost": LOST, "at": instant, "actor": text,
    },
    "key-change": {
        "request": UUID, "old_public_key": hexadecimal(32), "new_public_key": hexadecimal(32), "reason": text,
        "actor": text,
    },
}  # fmt: skip
ENVELOPE = {
    "body": None, "format": text, "issued_at": instant, "issuer": UUID, "key": hexadecimal(32), "kind": text,
    "number": NUMBER, "previous": hexadecimal(32), "signature": hexadecimal(64),
}  # fmt: skip


def fits(shape: Any, value: Any) -> None:
    if isinstance(shape, dict):
        need(isinstance(value, dict) and value.keys() == shape.keys())
        for name, each in shape.items():
            fits(each, value[name])
    elif isinstance(shape, list):
        need(isinstance(value, list))
        for each in value:
            fits(shape[0], each)
    elif isinstance(shape, tuple):
        if value is not None:
            fits(shape[0], value)
    elif shape in (NUMBER, CODE):
        need(type(value) is int and (value >= 0 or shape is CODE))
    elif shape is not None:
        try:
            need(isinstance(value, str) and shape(value))
        except ValueError:
            raise Unreadable from None


def read(line: bytes) -> dict[str, Any]:
    need(len(line) <= LIMIT)
    try:
        reader = Reader(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable from None
    told = reader.value()
    need(reader.at == len(reader.text) and isinstance(told, dict))
    need(told.get("format") == "crypto_shredding/certificate/1")
    fits(ENVELOPE, told)
    need(told["number"] > 0 and told["kind"] in BODIES)
    fits(BODIES[told["kind"]], told["body"])
    if told["kind"] == "erasure":
        rules_of_shredding(told["body"], told["body"]["slots"])
    if told["kind"] == "key-destruction":
        rules_of_shredding(told["body"], told["body"]["keys"])
        rules_of_causes(told["body"])
    if told["kind"] == "restore":
        need(told["body"]["timeline_before"] != told["body"]["timeline_after"])
    return told  # type: ignore[no-any-return]


def rules_of_causes(body: dict[str, Any]) -> None:
    need(body["keys"])
    need((body["cause"] == "legal-hold") == isinstance(body["subject"], str))
    for key in body["keys"]:
        ends = body["cause"] == "retention"
        need([key["first_day"] is not None, key["last_day"] is not None] == [ends, ends])
        if ends:
            need(key["code"] is not None and key["last_day"] >= key["first_day"])


def rules_of_shredding(body: dict[str, Any], keys: list[dict[str, Any]]) -> None:
    slots = [0, *(each["slot"] for each in keys)]
    need(all(before < after for before, after in pairwise(slots)))
    need(body["boxes"]["tried"] == body["boxes"]["shredded"])
    need(all(each["first_actor"] != each["second_actor"] for each in body["fenced_out"]))
    for each in body["rotations"]:
        need(0 < each["destroyed_version"] != each["live_version"] > 0)


def id_of(public_key: str) -> str:
    return sha256(bytes.fromhex(public_key)).hexdigest()


def signed_part(line: bytes) -> bytes:
    return line[:-TAIL] + b"}"


def signature_fits(public_key: str, told: dict[str, Any], line: bytes) -> bool:
    try:
        key = eddsa.import_public_key(bytes.fromhex(public_key))
        eddsa.new(key, "rfc8032").verify(signed_part(line), bytes.fromhex(told["signature"]))
    except ValueError:
        return False
    return True


def next_key(told: dict[str, Any]) -> str:
    return id_of(told["body"]["new_public_key"]) if told["kind"] == "key-change" else str(told["key"])


def named_keys(lines: list[bytes]) -> list[str]:
    found: list[str] = []
    for line in lines:
        try:
            body = read(line)["body"]
        except Unreadable:
            continue
        found += [body[name] for name in ("old_public_key", "new_public_key") if name in body]
    return found


def verify(lines: list[bytes], public_keys: list[str]) -> list[str]:
    """The hashes of certificates that hold; raises Unreadable, Forged, Broken."""
    keys = {id_of(each): each for each in named_keys(lines) + public_keys}
    before: dict[str, Any] | None = None
    hashes: list[str] = []
    signers = set()
    for line in lines:
        told = read(line)
        if told["key"] not in keys or not signature_fits(keys[told["key"]], told, line):
            raise Forged
        if not stands_behind(told, before, hashes):
            raise Broken
        hashes.append(sha256(signed_part(line)).hexdigest())
        before = told
        signers.add(told["key"])
    need(lines)
    if not signers & {id_of(each) for each in public_keys}:
        raise Forged
    return hashes


def stands_behind(told: dict[str, Any], before: dict[str, Any] | None, hashes: list[str]) -> bool:
    body = told["body"]
    if told["kind"] == "key-change" and (
        id_of(body["old_public_key"]) != told["key"] or body["old_public_key"] == body["new_public_key"]
    ):
        return False
    if before is not None:
        expected = (before["issuer"], before["number"] + 1, hashes[-1], next_key(before))
        return expected == (told["issuer"], told["number"], told["previous"], told["key"])
    genesis = sha256(b"crypto_shredding/certificates" + bytes.fromhex(told["issuer"].replace("-", ""))).hexdigest()
    return bool(told["number"] > 1 or told["previous"] == genesis)


def private_key(label: str) -> Any:
    return ECC.construct(curve="Ed25519", seed=sha256(label.encode()).digest())


def public_half(key: Any) -> str:
    exported: bytes = key.public_key().export_key(format="raw")
    return exported.hex()


def signed(key: Any, content: dict[str, Any]) -> bytes:
    """The line of a content without signature, whatever it is."""
    return resigned(key, write(content).encode("utf-8"))


def resigned(key: Any, message: bytes) -> bytes:
    """The line of any bytes that end in a brace, with a signature that holds over them."""
    signature = eddsa.new(key, "rfc8032").sign(message).hex()
    return message[:-1] + f',"signature":"{signature}"}}'.encode()
