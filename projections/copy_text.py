"""Rows in the text format of COPY. Ids, days and instants are copied as the text that they are in an event's state."""

from __future__ import annotations

from typing import Final

NULL: Final = "\\N"

_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def cell(text: str | None) -> str:
    """Free text as one field of a row; None is NULL."""
    if text is None:
        return NULL
    # Printable text has no control characters; asking is much cheaper than translating.
    if text.isprintable() and "\\" not in text:
        return text
    return text.translate(_ESCAPES)
