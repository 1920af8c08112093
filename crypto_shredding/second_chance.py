"""A bounded cache whose hits take no lock: what was used since the hand last passed gets a second chance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class Cached(Protocol):
    """An entry with the mark that the passing hand takes away."""

    used: bool


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Cached)


class SecondChanceCache(Generic[K, V]):
    """`get` may be called by any thread at any time; all else only under the owner's lock."""

    def __init__(self, entries_max: int) -> None:
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._entries_max = entries_max

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        if entry is not None:
            entry.used = True
        return entry

    def put(self, key: K, entry: V) -> list[V]:
        """Returns the entries that had to go, for the owner to clear."""
        gone = [old] if (old := self._entries.pop(key, None)) is not None else []
        entry.used = True  # or a full cache of used entries would throw out the newcomer first
        self._entries[key] = entry
        while len(self._entries) > self._entries_max:
            oldest, candidate = self._entries.popitem(last=False)
            if candidate.used:
                candidate.used = False
                self._entries[oldest] = candidate
            else:
                gone.append(candidate)
        return gone

    def pop(self, key: K) -> V | None:
        return self._entries.pop(key, None)

    def drain(self) -> list[V]:
        entries = list(self._entries.values())
        self._entries.clear()
        return entries
