"""Why a row is rejected: each reason has a number for ever, a name, and a sentence that says what to do."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """The numbers are in reject files, and never change their meaning."""

    WRONG_COLUMNS = 101
    NOT_TEXT = 102
    MISSING = 103
    NOT_WHOLE = 104
    OUT_OF_RANGE = 105
    NO_INSTANT = 106
    NO_DAY = 107
    UNKNOWN_WORD = 108
    UNSTORABLE = 109
    RESIDENT_NUMBER = 110
    CARD_NUMBER = 111
    DUPLICATE = 201
    UNKNOWN_MEMBER = 202
    UNKNOWN_ACCOUNT = 203
    UNKNOWN_PROGRAM = 204
    UNKNOWN_LOT = 205
    OWNER_REJECTED = 206
    AFTER_CUT_OVER = 301
    WRONG_ORDER = 302
    TOO_MANY_POINTS = 303
    LIMIT_REACHED = 304
    ACCOUNT_LEFT = 305
    CHANGED = 401
    REFUSED = 402

    @property
    def sentence(self) -> str:
        """What is wrong, and what to do."""
        return SENTENCES[self]


SENTENCES: dict[Reason, str] = {
    Reason.WRONG_COLUMNS: "the row has more or fewer cells than the header; look for commas that are not quoted",
    Reason.NOT_TEXT: "bytes that are no text in the encoding that was named; write the file in one encoding",
    Reason.MISSING: "a value that must be there is not",
    Reason.NOT_WHOLE: "not a whole number in plain digits; no separators and no decimals",
    Reason.OUT_OF_RANGE: "a number outside what the ledger takes; see docs/points.md",
    Reason.NO_INSTANT: "no instant; write it like 2024-03-07T14:30:00 (Seoul) or with a zone",
    Reason.NO_DAY: "no day; write it like 2024-03-07",
    Reason.UNKNOWN_WORD: "not one of the words that this column may have",
    Reason.UNSTORABLE: "a text with U+0000, or longer than the ledger takes; see docs/points.md",
    Reason.RESIDENT_NUMBER: "a resident registration number, which may not be stored; take it out",
    Reason.CARD_NUMBER: "a whole card number; mask it",
    Reason.DUPLICATE: "an earlier row of the file has the same id",
    Reason.UNKNOWN_MEMBER: "no row of members.csv has this member",
    Reason.UNKNOWN_ACCOUNT: "no row of accounts.csv has this account",
    Reason.UNKNOWN_PROGRAM: "the ledger has no such program; define it first",
    Reason.UNKNOWN_LOT: "no row of lots.csv for this account has this lot",
    Reason.OWNER_REJECTED: "the row that it belongs to was rejected; correct that one",
    Reason.AFTER_CUT_OVER: "lies after the cut-over, which is when the other system stopped",
    Reason.WRONG_ORDER: "happened before what it follows from",
    Reason.TOO_MANY_POINTS: "more points than are left of the lot",
    Reason.LIMIT_REACHED: "more lots or holds than an account may have; see docs/points.md",
    Reason.ACCOUNT_LEFT: "an account that was left takes nothing over",
    Reason.CHANGED: "taken over before with other content; correct it here by an adjustment, not in the file",
    Reason.REFUSED: "the ledger refused it, by the rule that is named",
}


class RowRejected(Exception):
    """A row that is not taken over. Never holds a value of the row."""

    def __init__(self, reason: Reason, column: str | None = None, rule: str | None = None) -> None:
        super().__init__(f"{reason.name} ({reason}) {column or ''}")
        self.reason = reason
        self.column = column
        self.rule = rule
