"""Opening at display, for one purpose and one actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from crypto_shredding.box import OpenRequest, Shredded, Withheld
from crypto_shredding.errors import StaleKeys
from crypto_shredding.keyring import Keyring

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
        asked = list(requests)
        if self._withhold is None:
            return list(open_boxes(self._keyring, asked))
        reasons = [self._withhold(request) for request in asked]
        allowed = [request for request, reason in zip(asked, reasons, strict=True) if reason is None]
        opened = iter(open_boxes(self._keyring, allowed))
        return [next(opened) if reason is None else Withheld(reason) for reason in reasons]


def open_boxes(keyring: Keyring, requests: Sequence[OpenRequest]) -> list[str | Shredded]:
    """Open for whoever inside this package has checked the right to. Nothing is returned once its key grew stale."""
    pairs = [(request.sealed.subject_slot, request.sealed.period_slot) for request in requests]
    for _ in range(2):  # taking ciphers looks by itself when the last look has grown too old
        ciphers = keyring.ciphers_to_open(pairs)
        opened = [
            cipher if isinstance(cipher := ciphers[pair], Shredded) else cipher.open(request)
            for pair, request in zip(pairs, requests, strict=True)
        ]
        if keyring.vouches_for_all(cipher for cipher in ciphers.values() if not isinstance(cipher, Shredded)):
            return opened
    raise StaleKeys
