"""Programs and partners change while processes run: every version of each code, as this process last read them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from time import monotonic
from typing import Generic, TypeVar

from ledger.event import Event
from ledger.points.effective import History

T = TypeVar("T")

ReadDefinitions = Callable[[int], Awaitable[Sequence[tuple[int, Event]]]]
"""Positions and definitions after a position, oldest first."""

# How long a process may go on deciding by a version after another process has defined the next one. One small query,
# which reads what is new.
LOOK_SECONDS = 2.0


class Definitions(Generic[T]):
    """The versions of each code, at most `LOOK_SECONDS` old. ``evolve`` folds a definition into its code's history."""

    def __init__(
        self,
        read: ReadDefinitions,
        code_of: Callable[[Event], str],
        evolve: Callable[[History[T] | None, Event], History[T]],
    ) -> None:
        self._read, self._code_of, self._evolve = read, code_of, evolve
        self._known: dict[str, History[T]] = {}
        self._position = 0
        self._looked_at = -inf
        self._one_at_a_time = asyncio.Lock()

    async def find(self, code: str) -> History[T] | None:
        """The versions of a code; one that is not known here is looked up before it is missed."""
        if code not in self._known or monotonic() - self._looked_at > LOOK_SECONDS:
            await self.reload()
        return self._known.get(code)

    async def all(self) -> Mapping[str, History[T]]:
        """The versions of every code."""
        if monotonic() - self._looked_at > LOOK_SECONDS:
            await self.reload()
        return self._known

    async def reload(self) -> None:
        """Read what was defined since the last look."""
        self._looked_at = max(self._looked_at, monotonic())  # those who come meanwhile go on with what is here
        async with self._one_at_a_time:  # two who fold the same definition would count it twice
            for position, event in await self._read(self._position):
                code = self._code_of(event)
                self._known[code] = self._evolve(self._known.get(code), event)
                self._position = position
