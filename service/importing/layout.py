"""The files that another system hands over, and their columns. `docs/migration.md` is compared with this by a test."""

from __future__ import annotations

from typing import Final, NamedTuple


class Column(NamedTuple):
    """One column. ``form`` is how its values are written."""

    name: str
    form: str
    required: bool = False


class FileLayout(NamedTuple):
    """One file; its first column names the row, once in the file. ``owner`` is the column of the row that it is of."""

    name: str
    title: str
    columns: tuple[Column, ...]
    owner: str

    @property
    def key(self) -> str:
        """The column that names the row."""
        return self.columns[0].name

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return f"{self.name}.csv"


TEXT, WHOLE, INSTANT, DAY, WORD = "text", "whole number", "instant", "day", "word"
PERSONAL: Final = "personal text"

MEMBERS: Final = FileLayout(
    "members",
    "회원",
    (
        Column("member_id", TEXT, required=True),
        Column("name", PERSONAL, required=True),
        Column("email", PERSONAL, required=True),
        Column("phone", PERSONAL, required=True),
        Column("gender", PERSONAL),
        Column("birth_date", PERSONAL),
        Column("joined_at", INSTANT, required=True),
    ),
    "member_id",
)
CONSENTS: Final = FileLayout(
    "consents",
    "동의",
    (
        Column("consent_id", TEXT, required=True),
        Column("member_id", TEXT, required=True),
        Column("purpose", WORD, required=True),
        Column("text_version", TEXT, required=True),
        Column("channel", WORD, required=True),
        Column("given_at", INSTANT, required=True),
        Column("withdrawn_at", INSTANT),
    ),
    "member_id",
)
ACCOUNTS: Final = FileLayout(
    "accounts",
    "계정",
    (
        Column("account_id", TEXT, required=True),
        Column("member_id", TEXT, required=True),
        Column("program", TEXT, required=True),
        Column("opened_at", INSTANT, required=True),
        Column("status", WORD, required=True),
    ),
    "account_id",
)
HISTORY: Final = FileLayout(
    "history",
    "지난 내역",
    (
        Column("line_id", TEXT, required=True),
        Column("account_id", TEXT, required=True),
        Column("occurred_at", INSTANT, required=True),
        Column("movement", WORD, required=True),
        Column("points", WHOLE, required=True),
        Column("store", TEXT),
        Column("detail", PERSONAL),
        Column("memo", PERSONAL),
    ),
    "account_id",
)
LOTS: Final = FileLayout(
    "lots",
    "적립분",
    (
        Column("lot_id", TEXT, required=True),
        Column("account_id", TEXT, required=True),
        Column("points", WHOLE, required=True),
        Column("kind", WORD, required=True),
        Column("funder", TEXT, required=True),
        Column("supplier", TEXT),
        Column("earned_at", INSTANT, required=True),
        Column("usable_at", INSTANT),
        Column("expires_on", DAY),
    ),
    "account_id",
)
HOLDS: Final = FileLayout(
    "holds",
    "가승인",
    (
        Column("hold_id", TEXT, required=True),
        Column("account_id", TEXT, required=True),
        Column("lots", "lot:points …", required=True),
        Column("cash", WHOLE),
        Column("store", TEXT),
        Column("held_at", INSTANT, required=True),
        Column("times_out_at", INSTANT),
        Column("status", WORD, required=True),
    ),
    "account_id",
)
COUPONS: Final = FileLayout(
    "coupons",
    "쿠폰",
    (
        Column("coupon_id", TEXT, required=True),
        Column("account_id", TEXT, required=True),
        Column("coupon", TEXT, required=True),
        Column("code", PERSONAL),
        Column("points", WHOLE, required=True),
        Column("kind", WORD, required=True),
        Column("funder", TEXT, required=True),
        Column("issued_at", INSTANT, required=True),
        Column("expires_on", DAY),
        Column("points_expire_on", DAY),
    ),
    "account_id",
)

FILES: Final = (MEMBERS, CONSENTS, ACCOUNTS, HISTORY, LOTS, HOLDS, COUPONS)
"""In the order in which they are taken over: what a row names lies before it, and history before what is left of it."""
