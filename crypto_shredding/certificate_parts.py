"""What certificates are made of: classes, keys, rotations, holders. docs/spec/certificate.md has every field.

No personal value belongs here. Every rule that a part must keep is checked when it is made, so also when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

CHECK_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DestroyedClass:
    """A retention class of which every key of the subject is gone."""

    code: int
    name: str


@dataclass(frozen=True, slots=True)
class KeptByLaw:
    """A retention class that a law keeps to its last day, inclusive."""

    code: int
    name: str
    basis: str
    last_day: date


@dataclass(frozen=True, slots=True)
class DestroyedSlot:
    """A key that was destroyed, pinned by its check value, with the class that it belonged to."""

    slot: int
    check: bytes
    code: int
    name: str

    def __post_init__(self) -> None:
        demand(self.slot > 0, "a slot is above 0")
        demand(len(self.check) == CHECK_BYTES, f"a key check value has {CHECK_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """A key that was destroyed for its own sake. `code` None: it belonged to no retention class.

    The key of a period has the period's days: the first counted one, and the last on which its records had to exist.
    """

    slot: int
    check: bytes
    code: int | None
    name: str
    first_day: date | None
    last_day: date | None

    def __post_init__(self) -> None:
        demand(self.slot > 0, "a slot is above 0")
        demand(len(self.check) == CHECK_BYTES, f"a key check value has {CHECK_BYTES} bytes")
        demand((self.first_day is None) == (self.last_day is None), "a period has both days")
        demand(self.first_day is None or self.code is not None, "a period is one of a class")
        if self.first_day is not None and self.last_day is not None:
            demand(self.first_day <= self.last_day, "a period begins before it ends")

    @property
    def is_of_a_period(self) -> bool:
        """Whether it was the key of a retention period, shared by all records that are counted from one day."""
        return self.first_day is not None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A root version that was destroyed. `horizon` is T_horizon; `recoverable_until` None: nothing can be promised."""

    destroyed_version: int
    live_version: int
    horizon: datetime
    provider: str
    recoverable_until: datetime | None
    note: str

    def __post_init__(self) -> None:
        demand(0 < self.destroyed_version != self.live_version > 0, "root versions are two numbers above 0")


@dataclass(frozen=True, slots=True)
class BoxesTried:
    """Sealed values that were tried after the destruction. One that opened, or a lost key, is nothing to certify."""

    tried: int
    shredded: int

    def __post_init__(self) -> None:
        demand(self.tried == self.shredded >= 0, "every box that was tried must be found shredded")


@dataclass(frozen=True, slots=True)
class Scan:
    """A place that was searched for the slots: sealed values (boxes) and readable values found there."""

    place: str
    boxes: int
    values: int

    def __post_init__(self) -> None:
        demand(self.boxes >= 0 <= self.values, "what was found is counted from 0")


@dataclass(frozen=True, slots=True)
class Holder:
    """A registered copy of the key tree, or a failover target that held it."""

    name: str
    role: str

    def __post_init__(self) -> None:
        demand(self.role in ("copy", "failover"), "a holder is a copy or a failover")


@dataclass(frozen=True, slots=True)
class FencedOut:
    """A silent holder that the destruction did not wait for, by the word of two persons."""

    holder: str
    at: datetime
    reason: str
    first_actor: str
    second_actor: str

    def __post_init__(self) -> None:
        demand(self.first_actor != self.second_actor, "fencing a holder out takes two persons")


@dataclass(frozen=True, slots=True)
class LostWindow:
    """What a restore could not bring back; `until_position` None: how far the log had been is not known."""

    after_position: int
    until_position: int | None
    after: datetime
    until: datetime


def demand(holds: bool, rule: str) -> None:
    """Raises ValueError with the rule that does not hold."""
    if not holds:
        raise ValueError(rule)
