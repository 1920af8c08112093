"""A blind index: values are found again by tags that nobody can make, compare or guess without the index's key.

A tag is HMAC-SHA256(index key, kind and normalised value), truncated to 128 bits. The key is a slot of the key store
like any other: when it is shredded, its tags say nothing about anybody any more.

What counts as the same value (NFC throughout, outer white space dropped):

- e-mail: case folded
- phone: its digits as E.164. A number without country code is Korean: 010-1234-5678 and +82 10 1234 5678 are one
- card number: its letters and digits, in upper case. 8710 1234-5678 is 871012345678
- external id, coupon code: as they are; two coupons may differ in case alone
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import IntEnum

from crypto_shredding.box import OpenRequest, Shredded, SlotId
from crypto_shredding.keyring import Keyring
from crypto_shredding.opener import open_boxes

TAG_BYTES = 16
HOME_COUNTRY = "82"
NATIONAL_DIGITS_MAX = 10
"""A Korean number without its trunk zero; what is longer and begins with the country code lacks only its plus."""

_CONTEXT = b"crypto_shredding/blind-index/v1"


class IndexKind(IntEnum):
    """What a value is, so that equal texts of two kinds have two tags. The numbers are stored and never change."""

    EMAIL = 1
    PHONE = 2
    EXTERNAL_ID = 3
    CARD_NUMBER = 4
    COUPON_CODE = 5


class BlindIndexer:
    """Thread-safe. Makes tags, and never gives out the key or what a box holds."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def issue(self) -> SlotId:
        """A fresh slot for the next key of an index."""
        return self._keyring.issue_subjects(1)[0]

    def is_warm(self, slot: SlotId) -> bool:
        """Whether `tag` needs no I/O now."""
        return self._keyring.is_warm((slot,), ())

    def tag(self, slot: SlotId, kind: IndexKind, text: str) -> bytes | None:
        """The tag of a text; None for one that nobody can be found by (a phone number without digits).

        Raises, in this order: SubjectShredded, KeyMissing.
        """
        value = normalised(kind, text)
        if not value:
            return None
        # No text is refused here that may be sealed: what is not Unicode was refused before.
        message = _CONTEXT + bytes([kind]) + value.encode(errors="surrogatepass")
        return self._keyring.mac(slot, message)[:TAG_BYTES]

    def tag_sealed(self, slot: SlotId, items: Sequence[tuple[IndexKind, OpenRequest]]) -> list[bytes | Shredded | None]:
        """The tags of sealed values, whose texts are not returned; Shredded where the value is gone.

        Raises as opening does, then as `tag` does.
        """
        texts = open_boxes(self._keyring, [request for _, request in items])
        return [
            text if isinstance(text, Shredded) else self.tag(slot, kind, text)
            for (kind, _), text in zip(items, texts, strict=True)
        ]


def normalised(kind: IndexKind, text: str) -> str:
    """The text as it is compared; empty when there is nothing to compare."""
    text = unicodedata.normalize("NFC", text.strip())
    if kind is IndexKind.EMAIL:
        return unicodedata.normalize("NFC", text.casefold())
    if kind is IndexKind.PHONE:
        return _e164(unicodedata.normalize("NFKC", text))
    if kind is IndexKind.CARD_NUMBER:
        return "".join(each for each in unicodedata.normalize("NFKC", text) if each.isalnum()).upper()
    return text


def _e164(text: str) -> str:
    digits = "".join(each for each in text if each.isascii() and each.isdigit())
    if not digits:
        return ""
    if text.startswith("+"):
        international = digits
    elif digits.startswith("00"):
        international = digits[2:]
    elif digits.startswith(HOME_COUNTRY) and len(digits) > NATIONAL_DIGITS_MAX:
        international = digits
    else:
        international = HOME_COUNTRY + digits
    if international.startswith(HOME_COUNTRY):  # the trunk zero, which some write behind the country code too
        international = HOME_COUNTRY + international[len(HOME_COUNTRY) :].lstrip("0")
    return f"+{international}"
