"""Rules that change on a day: every version ever defined, and which of them was in force at an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """Rules, and the instant from which they are in force."""

    number: int
    begins_at: datetime
    rules: T


@dataclass(frozen=True, slots=True)
class History(Generic[T]):
    """The versions of one program or partner, in the order of their definition; at least one.

    Of two versions that have begun, the one defined later decides: so a version that was defined ahead is withdrawn
    by a newer one that begins no later.
    """

    versions: tuple[Version[T], ...]

    @property
    def newest(self) -> T:
        """What was defined last, in force or not."""
        return self.versions[-1].rules

    def at(self, instant: datetime) -> T:
        """What was in force at the instant; before anything was, the first version."""
        for version in reversed(self.versions):
            if version.begins_at <= instant:
                return version.rules
        return self.versions[0].rules

    def numbered(self, number: int) -> T:
        """The version of that number; they are counted from 1 without a gap."""
        return self.versions[number - 1].rules


def always(number: int, rules: T) -> History[T]:
    """A history of one version, which was in force at every instant."""
    return History((Version(number, datetime.min.replace(tzinfo=UTC), rules),))


def with_version(history: History[T] | None, number: int, begins_at: datetime, rules: T) -> History[T]:
    """The history with one more version."""
    versions = () if history is None else history.versions
    return History((*versions, Version(number, begins_at, rules)))
