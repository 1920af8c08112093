"""A sample of every kind of event as it is written today, made from its fields.

Run it as ``python -m tests.ledger.sampling`` after a change of events. Bytes that were written once are kept: a sample
that does not give itself again is put aside as ``<topic>~<number>.json`` and must go on decoding.
"""

import dataclasses
import types
import typing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic.types import AwareDatetime

import ledger.points.events  # noqa: F401 - so that every topic is known
from crypto_shredding import Sealed, SlotId
from ledger.calendar import Span
from ledger.errors import UnreadableEvent
from ledger.event import Event, decode, encode, topics

SAMPLES = Path(__file__).parent / "samples"
ATOMS: dict[Any, Any] = {
    UUID: UUID("00000000-0000-4000-8000-000000000001"),
    int: 100,
    bool: True,
    bytes: bytes(range(16)),
    date: date(2025, 3, 7),
    datetime: datetime(2024, 3, 7, 5, tzinfo=UTC),
    Sealed: Sealed(SlotId(11), SlotId(900), bytes(range(32))),
    Span: Span(months=18),
}
TEXTS = {"currency": "KRW", "zone": "Asia/Seoul", "funder": "partner-1", "redeemer": "123-45-67890", "actor": "till-7"}


def sample(kind: type[Event]) -> Event:
    """An event of the kind with every field filled."""
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], name) for name in kind.model_fields})


def topic_of(path: Path) -> str:
    """The topic of a sample; what follows ``~`` tells older bytes of it apart."""
    return path.stem.partition("~")[0]


def _value(hint: Any, name: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated or hint is AwareDatetime:
        return _value(inner[0] if inner else datetime, name)
    if origin in (typing.Union, types.UnionType):
        return _value(next(each for each in inner if each is not types.NoneType), name)
    if origin is tuple:
        return (_value(inner[0], name),)
    if origin is typing.Literal:
        return inner[0]
    if hint is str:
        return TEXTS.get(name, name)
    if hint in ATOMS:
        return ATOMS[hint]
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint, include_extras=True)
        fields = [each for each in dataclasses.fields(hint) if each.init]
        return typing.cast(Any, hint)(**{each.name: _value(hints[each.name], each.name) for each in fields})
    return _value(getattr(hint, "__supertype__", None) or typing.cast(Any, hint).__origin__, name)


def main() -> None:
    """Write what is missing or outgrown."""
    for topic, kind in topics().items():
        path = SAMPLES / f"{topic}.json"
        if path.exists():
            state = path.read_bytes().strip()
            try:
                if encode(decode(topic, state)) == state:
                    continue
            except UnreadableEvent as error:
                raise SystemExit(f"{path.name} cannot be read any more: give the event a new version") from error
            number = 1 + sum(1 for _ in SAMPLES.glob(f"{topic}~*.json"))
            path.rename(SAMPLES / f"{topic}~{number}.json")
        path.write_bytes(encode(sample(kind)) + b"\n")


if __name__ == "__main__":
    main()
