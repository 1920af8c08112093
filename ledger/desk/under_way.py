"""Which keys this process is carrying out now, for those who must not decide in the middle of it."""

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary

Place = tuple[int, int]
"""A stream and a key that is unique in it, as numbers: a UUID is slow to hash, and every command comes by here."""


def place_of(stream: UUID, key: UUID) -> Place:
    """Where a command is under way."""
    return stream.int, key.int


class Watch:
    """How often a key was begun since somebody began to watch it; it is watched as long as the watch is held."""

    __slots__ = ("__weakref__", "begun")

    def __init__(self) -> None:
        self.begun = 0


class UnderWay:
    """Keys from the first decision about them to their answer."""

    def __init__(self) -> None:
        self._counts: dict[Place, int] = {}
        self._ends: dict[Place, asyncio.Future[None]] = {}
        self._watched: WeakValueDictionary[Place, Watch] = WeakValueDictionary()

    def begin(self, place: Place) -> None:
        """A command with this key is decided from now on."""
        self._counts[place] = self._counts.get(place, 0) + 1
        if self._watched and (watch := self._watched.get(place)) is not None:
            watch.begun += 1

    def end(self, place: Place) -> None:
        """It has its answer."""
        left = self._counts.pop(place) - 1
        if left:
            self._counts[place] = left
        elif self._ends and (end := self._ends.pop(place, None)) is not None and not end.done():
            end.set_result(None)

    def watch(self, place: Place) -> Watch:
        """Count from now on how often the key is begun."""
        watch = self._watched.get(place)
        if watch is None:
            watch = self._watched[place] = Watch()
        return watch

    async def over(self, place: Place) -> None:
        """Wait until nothing with this key is under way."""
        while place in self._counts:
            end = self._ends.get(place)
            if end is None:
                end = self._ends[place] = asyncio.get_running_loop().create_future()
            await asyncio.shield(end)
