"""What a cell says: a number, an instant, a day, a word, a text. Each is looked at by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Final

from crypto_shredding import TEXT_BYTES_MAX
from ledger import SEOUL, WORD_CHARACTERS_MAX, is_storable
from service.importing.reasons import Reason, RowRejected

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
"""Days of a points system; outside of them a slip."""

CODE_CHARACTERS_MAX: Final = 200
"""An id of the other system."""

# Where a day is all that is known. At 00:00 the day itself would count (민법 제157조), and what a law keeps would go a
# day too early; so it is taken for some time within the day.
SOME_TIME: Final = time(12)

VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
DAY_OF_BIRTH: Final = r"([0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
RESIDENT: Final = re.compile(rf"(?<![0-9]){DAY_OF_BIRTH}([-\s]?)([1-8][0-9]{{6}})(?![0-9])")
CARD: Final = re.compile(r"(?<![0-9])(?:[0-9][- ]?){14,15}[0-9](?![0-9])")
WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


class Cells:
    """One row's cells. Every method raises `RowRejected`, which names the column and never the value."""

    def __init__(self, cells: Mapping[str, str | None]) -> None:
        self._cells = cells

    def code(self, name: str) -> str | None:
        """An id, or the name of a firm or a thing."""
        text = self._cells[name]
        if text is not None and (len(text) > CODE_CHARACTERS_MAX or not text.isprintable()):
            raise RowRejected(Reason.UNSTORABLE, name)
        return text

    def named(self, name: str) -> str | None:
        """A store, a firm, a kind of coupon: a name of the business, which the ledger takes up to a length."""
        text = self.code(name)
        if text is not None and len(text) > WORD_CHARACTERS_MAX:
            raise RowRejected(Reason.UNSTORABLE, name)
        return text

    def name(self, name: str) -> str:
        """A required one."""
        return self._there(name, self.named(name))

    def id(self, name: str) -> str:
        """A required id."""
        return self._there(name, self.code(name))

    @staticmethod
    def _there(name: str, text: str | None) -> str:
        if text is None:
            raise RowRejected(Reason.MISSING, name)
        return text

    def version(self, name: str) -> str:
        """The name of a text that was shown: letters, digits, dots and hyphens."""
        text = self.id(name)
        if not VERSION.fullmatch(text):
            raise RowRejected(Reason.UNKNOWN_WORD, name)
        return text

    def listing(self, name: str) -> list[str]:
        """What is listed, with spaces between."""
        return (self._cells[name] or "").split()

    def personal(self, name: str) -> str | None:
        """A text that will be sealed; numbers that may not be stored are not in it."""
        text = self._cells[name]
        if text is None:
            return None
        if not is_storable(text) or len(text.encode()) > TEXT_BYTES_MAX:
            raise RowRejected(Reason.UNSTORABLE, name)
        if any(map(_is_resident_number, RESIDENT.finditer(text))):
            raise RowRejected(Reason.RESIDENT_NUMBER, name)
        if any(_is_card_number(each.group()) for each in CARD.finditer(text)):
            raise RowRejected(Reason.CARD_NUMBER, name)
        return text

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number within limits."""
        text = self._cells[name]
        if text is None:
            raise RowRejected(Reason.MISSING, name)
        return whole(name, text, least, most)

    def instant(self, name: str) -> datetime | None:
        """An instant; without a zone it is time in Seoul, and a day alone is some time within it."""
        text = self._cells[name]
        if text is None:
            return None
        try:
            if len(text) <= 10:
                found = datetime.combine(date.fromisoformat(text), SOME_TIME, SEOUL)
            else:
                found = datetime.fromisoformat(text)
        except ValueError:
            raise RowRejected(Reason.NO_INSTANT, name) from None
        if not EARLIEST <= found.date() < LATEST:
            raise RowRejected(Reason.NO_INSTANT, name)
        return found if found.tzinfo is not None else found.replace(tzinfo=SEOUL)

    def at(self, name: str) -> datetime:
        """A required instant."""
        found = self.instant(name)
        if found is None:
            raise RowRejected(Reason.MISSING, name)
        return found

    def day(self, name: str) -> date | None:
        """A day."""
        text = self._cells[name]
        if text is None:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            raise RowRejected(Reason.NO_DAY, name) from None
        if not found >= EARLIEST:
            raise RowRejected(Reason.NO_DAY, name)
        return found

    def word(self, name: str, words: Collection[str]) -> str:
        """One of some words."""
        text = self._cells[name]
        if text not in words:
            raise RowRejected(Reason.UNKNOWN_WORD, name)
        assert text is not None
        return text


def whole(name: str, text: str, least: int, most: int) -> int:
    """The whole number of a text, in plain digits. Raises `RowRejected`."""
    if not WHOLE.fullmatch(text):
        raise RowRejected(Reason.NOT_WHOLE, name)
    number = int(text)
    if not least <= number <= most:
        raise RowRejected(Reason.OUT_OF_RANGE, name)
    return number


def _is_resident_number(found: re.Match[str]) -> bool:
    """With its hyphen it looks like nothing else; thirteen digits in a row have to have the check digit."""
    if found.group(4):
        return True
    digits = [int(each) for each in found.group() if each.isdigit()]
    check = (11 - sum(weight * each for weight, each in zip(WEIGHTS, digits, strict=False)) % 11) % 10
    return check == digits[-1]


def _is_card_number(text: str) -> bool:
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
