"""Rows in the text format of COPY. Ids, days and instants are copied as the text that they are in an event's state."""

from __future__ import annotations

from typing import Final

NULL: Final = "\\N"

# PostgreSQL's text has no U+0000. The ledger refuses it now; a log from before may hold one, and is read all the same.
_NO_NUL: Final = {"\0": "\ufffd"}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", **_NO_NUL})


def text_of(text: str) -> str:
    """Free text as a parameter of a statement."""
    return text.replace("\0", _NO_NUL["\0"])


def cell(text: str | None) -> str:
    """Free text as one field of a row; None is NULL."""
    if text is None:
        return NULL
    # Printable text has no control characters; asking is much cheaper than translating.
    if text.isprintable() and "\\" not in text:
        return text
    return text.translate(_ESCAPES)
