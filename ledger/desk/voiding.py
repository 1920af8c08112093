"""Voids at the desk: a key is barred only where it is certain that it did nothing.

The account's state tells what a key did that a void undoes. Of anything else only the stored receipt tells; and between
that look and the decision the key may be begun anew. Here by this process, which counts it; or by another one, whose
event then stands where the bar was to go, so that the store refuses the bar and all begins again.
"""

from collections.abc import Callable

from ledger.desk.books import Book, Shelf
from ledger.desk.engine import Engine, Overtaken, Receipts
from ledger.desk.receipts import NOTHING
from ledger.desk.under_way import place_of
from ledger.errors import InvalidCommand
from ledger.event import Event
from ledger.points.commands import Void
from ledger.points.errors import NotVoidable
from ledger.points.events import KeyBarred
from ledger.points.receipt import Receipt

Check = Callable[[Book, Event], None]
"""Called with the book and the first event that was decided on it; raises `NotVoidable` or `Overtaken`."""


class Voiding:
    """Looks for what a key did beyond what the account's state tells."""

    def __init__(self, shelf: Shelf, engine: Engine, receipts: Receipts) -> None:
        self._shelf = shelf
        self._engine = engine
        self._receipts = receipts

    async def check(self, command: Void) -> Check:
        """Wait until this process is not carrying the key out, and look for its receipt. Raises `InvalidCommand`."""
        if command.key == command.voided_key:
            raise InvalidCommand("voided_key", "is the key of another command, not the void's own")
        place = place_of(command.account_id, command.voided_key)
        watch = self._engine.under_way.watch(place)
        await self._engine.under_way.over(place)
        begun = watch.begun
        looked_at = await self._shelf.answered_book(command.account_id)
        seen = await self._receipts.find_receipt(command.account_id, command.voided_key)
        done = NOTHING if seen is None or seen.receipt is None else Receipt.from_bytes(seen.receipt, 0).topic

        def check(book: Book, event: Event) -> None:
            if not isinstance(event, KeyBarred):
                return
            if done != NOTHING:
                raise NotVoidable(command.voided_key, done)
            if book is not looked_at or watch.begun != begun:
                raise Overtaken

        return check
