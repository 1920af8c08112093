"""Another points system for tests: members, points and five years of history, as the files that it hands over.

The same seed writes the same files. What is wrong with some rows is said in `MISTAKES`; the rest is right.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ledger import SEOUL
from service.importing.layout import FILES, FileLayout

CUT_OVER = datetime(2025, 6, 1, tzinfo=SEOUL)
PROGRAM = "PLUS"
FUNDERS = ("operator", "operator", "1208147521")

Rows = dict[str, list[dict[str, object]]]

MISTAKES: tuple[tuple[str, dict[str, object], str], ...] = (
    ("members", {"email": ""}, "MISSING"),
    ("members", {"birth_date": "900101-1234567"}, "RESIDENT_NUMBER"),
    ("members", {"joined_at": "2025-06-02T00:00:00"}, "AFTER_CUT_OVER"),
    ("members", {"joined_at": "yesterday"}, "NO_INSTANT"),
    ("members", {"name": "a\0b"}, "UNSTORABLE"),
    ("consents", {"member_id": "nobody"}, "UNKNOWN_MEMBER"),
    ("consents", {"purpose": "world domination"}, "UNKNOWN_WORD"),
    ("consents", {"withdrawn_at": "2010-01-01T00:00:00"}, "WRONG_ORDER"),
    ("accounts", {"program": "MINUS"}, "UNKNOWN_PROGRAM"),
    ("accounts", {"status": "left"}, "ACCOUNT_LEFT"),
    ("accounts", {"member_id": "nobody"}, "UNKNOWN_MEMBER"),
    ("history", {"account_id": "none"}, "UNKNOWN_ACCOUNT"),
    ("history", {"points": "1,000"}, "NOT_WHOLE"),
    ("history", {"memo": "카드 4111 1111 1111 1111"}, "CARD_NUMBER"),
    ("lots", {"points": "0"}, "OUT_OF_RANGE"),
    ("lots", {"points": "10.5"}, "NOT_WHOLE"),
    ("lots", {"expires_on": "2010-01-01"}, "WRONG_ORDER"),
    ("lots", {"expires_on": "2027-02-30"}, "NO_DAY"),
    ("lots", {"usable_at": "2010-01-01T00:00:00"}, "WRONG_ORDER"),
    ("holds", {"lots": "nothing:5"}, "UNKNOWN_LOT"),
    ("holds", {"lots": "OWN:999999999"}, "TOO_MANY_POINTS"),
    ("coupons", {"kind": "borrowed"}, "UNKNOWN_WORD"),
    ("coupons", {"expires_on": "2019-01-01"}, "WRONG_ORDER"),
)
"""File, what is changed in a copy of one of its right rows, and the reason for which it is rejected."""


@dataclass(slots=True)
class OtherSystem:
    """So many members, each with an account. ``rows`` by file, to be changed by a test before `write`."""

    members: int
    seed: int = 1
    rows: Rows = field(default_factory=lambda: {layout.name: [] for layout in FILES})

    def __post_init__(self) -> None:
        draw = random.Random(self.seed)
        for number in range(1, self.members + 1):
            self._member(draw, number)

    def write(self, folder: Path, encoding: str = "utf-8") -> Path:
        """All files."""
        folder.mkdir(parents=True, exist_ok=True)
        for layout in FILES:
            self.write_file(folder, layout, encoding)
        return folder

    def write_file(self, folder: Path, layout: FileLayout, encoding: str = "utf-8") -> None:
        """One of them."""
        with (folder / layout.file_name).open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, [column.name for column in layout.columns])
            writer.writeheader()
            writer.writerows(self.rows[layout.name])

    def make_mistakes(self) -> None:
        """Add one wrong row for each of `MISTAKES`: a copy of the file's first, under an id of its own."""
        keys = {layout.name: layout.key for layout in FILES}
        for number, (file, change, _) in enumerate(MISTAKES):
            right = self.rows[file][0]
            own = str(right.get("lots", "")).partition(":")[0]
            told = {name: str(value).replace("OWN", own) for name, value in change.items()}
            self.rows[file].append({**right, keys[file]: f"wrong-{number}", **told})

    def personal(self) -> Iterator[str]:
        """Every personal value in the files."""
        columns = {layout.name: [each.name for each in layout.columns if "personal" in each.form] for layout in FILES}
        for file, names in columns.items():
            for row in self.rows[file]:
                yield from (str(row[name]) for name in names if row.get(name))

    def points(self, file: str) -> int:
        """The points of its rows."""
        if file == "holds":
            parts = [each for row in self.rows[file] for each in str(row["lots"]).split()]
            return sum(int(each.rpartition(":")[2]) for each in parts)
        return sum(int(str(row["points"])) for row in self.rows[file])

    def _member(self, draw: random.Random, number: int) -> None:
        account = f"A{number}"
        joined = CUT_OVER - timedelta(days=draw.randint(60, 2_500), seconds=draw.randint(1, 80_000))
        self.rows["members"].append(
            {
                "member_id": f"M{number}",
                "name": f"홍길동{number:05d}",
                "email": f"gildong.{number:05d}@example.com",
                "phone": f"010-7{number:03d}-{number % 10_000:04d}"[:13],
                "gender": draw.choice(("남", "여", "")),
                "birth_date": f"19{draw.randint(60, 99)}-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}",
                "joined_at": _text(joined),
            }
        )
        withdrawn = _text(joined + timedelta(days=30)) if draw.random() < 0.3 else ""
        self.rows["consents"].append(
            {
                "consent_id": f"C{number}",
                "member_id": f"M{number}",
                "purpose": draw.choice(("marketing", "ad_targeting")),
                "text_version": "2019-03",
                "channel": "app",
                "given_at": _text(joined),
                "withdrawn_at": withdrawn,
            }
        )
        status = "suspended" if number % 17 == 0 else "frozen" if number % 31 == 0 else "active"
        self.rows["accounts"].append(
            {
                "account_id": account,
                "member_id": f"M{number}",
                "program": PROGRAM,
                "opened_at": _text(joined),
                "status": status,
            }
        )
        self._history(draw, account, joined)
        self._lots(draw, number, account)

    def _history(self, draw: random.Random, account: str, joined: datetime) -> None:
        at = joined
        for number in range(1, draw.randint(3, 9)):
            at = min(at + timedelta(days=draw.randint(1, 300)), CUT_OVER)
            movement = draw.choice(("accrue", "accrue", "pay", "exchange", "refund", "expire"))
            sign = 1 if movement in ("accrue", "refund") else -1
            told = movement != "expire"
            self.rows["history"].append(
                {
                    "line_id": f"{account}-{number}",
                    "account_id": account,
                    "occurred_at": _text(at),
                    "movement": movement,
                    "points": sign * draw.randint(1, 5_000),
                    "store": f"S{draw.randint(1, 9)}" if told else "",
                    "detail": f"영수증 {account}-{number} 홍길동, 커피" if told else "",
                    "memo": f"메모 {account}-{number} 생일 선물" if draw.random() < 0.3 else "",
                }
            )

    def _lots(self, draw: random.Random, number: int, account: str) -> None:
        first = ""
        for _ in range(draw.randint(1, 4)):
            name = f"L{len(self.rows['lots']) + 1}"
            earned = CUT_OVER - timedelta(days=draw.randint(1, 700), minutes=draw.randint(1, 1_000))
            kind = "paid" if draw.random() < 0.1 else "free"
            self.rows["lots"].append(
                {
                    "lot_id": name,
                    "account_id": account,
                    "points": draw.randint(500, 9_000),
                    "kind": kind,
                    "funder": "operator" if kind == "paid" else draw.choice(FUNDERS),
                    "supplier": draw.choice(("", "2148801234")),
                    "earned_at": _text(earned),
                    "usable_at": "",
                    "expires_on": "" if kind == "paid" else (earned + timedelta(days=1_800)).date().isoformat(),
                }
            )
            first = first or name
        if number % 5 == 0:
            status = draw.choice(("open", "authorising"))
            self.rows["holds"].append(
                {
                    "hold_id": f"H{number}",
                    "account_id": account,
                    "lots": f"{first}:{draw.randint(1, 400)}",
                    "cash": draw.choice(("", "12000")),
                    "store": "S1",
                    "held_at": _text(CUT_OVER - timedelta(minutes=20)),
                    "times_out_at": "2099-01-01T00:00:00" if status == "open" else "",
                    "status": status,
                }
            )
        if number % 4 == 0:
            self.rows["coupons"].append(
                {
                    "coupon_id": f"K{number}",
                    "account_id": account,
                    "coupon": "COFFEE",
                    "code": f"COFFEE-{number:06d}-SECRET",
                    "points": 300,
                    "kind": "free",
                    "funder": "operator",
                    "issued_at": _text(CUT_OVER - timedelta(days=20)),
                    "expires_on": "2027-10-31",
                    "points_expire_on": "2028-03-31",
                }
            )


def _text(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat()
