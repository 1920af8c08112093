"""Opening at display, for one purpose and one actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from crypto_shredding.box import OpenRequest, Shredded, Tampered, Withheld
from crypto_shredding.cipher import BoxCipher
from crypto_shredding.errors import EnvelopeTampered, StaleKeys
from crypto_shredding.keyring import Keyring

T = TypeVar("T")
Withhold = Callable[[OpenRequest], str | None]
"""Why a reader may not see a value, or None when it may. Asked before any key is touched."""


class Opener:
    """Thread-safe. Made for one purpose and one actor, which the caller records; never shared between them."""

    def __init__(self, keyring: Keyring, *, purpose: str, actor: str, withhold: Withhold | None = None) -> None:
        self._keyring = keyring
        self.purpose, self.actor = purpose, actor
        self._withhold = withhold

    def open(self, request: OpenRequest) -> str | Shredded | Withheld:
        """Raises, in this order: KeyMissing, EnvelopeTampered, UnknownEnvelopeVersion."""
        return self.open_many([request])[0]

    def open_many(self, requests: Iterable[OpenRequest]) -> list[str | Shredded | Withheld]:
        """One key look-up per distinct slot, one load for all that are not here. Raises as `open` does."""
        return self._allowed(requests, open_boxes)

    def open_each(self, requests: Iterable[OpenRequest]) -> list[str | Shredded | Withheld | Tampered]:
        """The same for a page that is shown although one of its boxes is wrong: that one is `Tampered`.

        Raises KeyMissing.
        """
        return self._allowed(requests, open_each_box)

    def _allowed(
        self, requests: Iterable[OpenRequest], opening: Callable[[Keyring, Sequence[OpenRequest]], list[T]]
    ) -> list[T | Withheld]:
        asked = list(requests)
        if self._withhold is None:
            return list(opening(self._keyring, asked))
        reasons = [self._withhold(request) for request in asked]
        allowed = [request for request, reason in zip(asked, reasons, strict=True) if reason is None]
        opened = iter(opening(self._keyring, allowed))
        return [next(opened) if reason is None else Withheld(reason) for reason in reasons]


def open_boxes(keyring: Keyring, requests: Sequence[OpenRequest]) -> list[str | Shredded]:
    """Open for whoever inside this package has checked the right to. Nothing is returned once its key grew stale."""
    return _open_with(keyring, requests, BoxCipher.open)


def open_each_box(keyring: Keyring, requests: Sequence[OpenRequest]) -> list[str | Shredded | Tampered]:
    """The same, box by box."""

    def open_one(cipher: BoxCipher, request: OpenRequest) -> str | Tampered:
        try:
            return cipher.open(request)
        except EnvelopeTampered as error:
            return Tampered(error.why)

    return _open_with(keyring, requests, open_one)


def _open_with(
    keyring: Keyring, requests: Sequence[OpenRequest], open_one: Callable[[BoxCipher, OpenRequest], T]
) -> list[T | Shredded]:
    pairs = [(request.sealed.subject_slot, request.sealed.period_slot) for request in requests]
    for _ in range(2):  # taking ciphers looks by itself when the last look has grown too old
        ciphers = keyring.ciphers_to_open(pairs)
        opened = [
            cipher if isinstance(cipher := ciphers[pair], Shredded) else open_one(cipher, request)
            for pair, request in zip(pairs, requests, strict=True)
        ]
        if keyring.vouches_for_all(cipher for cipher in ciphers.values() if not isinstance(cipher, Shredded)):
            return opened
    raise StaleKeys
