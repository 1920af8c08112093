"""Commands are looked at once, at the edge: every attribute is of a type that it may be of.

Types are promised by annotations only, and callers break them: a text for an id, `Decimal` points, an instant without a
zone. Found later, such a value ends in an error of whatever met it first, or in an event.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeVar
from uuid import UUID

from ledger.errors import InvalidCommand, InvalidTime
from ledger.points.commands import Claim, Command, OpenAccount

C = TypeVar("C", bound=Command)

Look = Callable[[str, Any], None]
Allowed = Mapping[type[Any], Look | None]
"""Type → what else is looked at in a value of it."""


def checked(command: C) -> C:
    """The command, every attribute of a type that it may have.

    Raises `InvalidCommand` for what is no command at all; then, in the order of the attributes: `InvalidCommand`,
    `InvalidTime` (no zone, or no instant in every zone).
    """
    if not isinstance(command, Command):
        raise InvalidCommand("command", f"is one of the ledger's commands, not {_kind_of(command)}")
    _look_into("", command)
    if isinstance(command, OpenAccount | Claim) and command.holder is not None:
        _uuid_text("holder", command.holder)
    elif isinstance(command, OpenAccount) and command.card is None:
        raise InvalidCommand("card", "is what an account without a holder is known by")
    return command


def check(name: str, value: object, kind: type) -> None:
    """One argument of a verb that is no command. Raises as `checked` does."""
    _look_at(name, value, _allowed_by(kind))


def _look_into(path: str, value: Any) -> None:
    kind: Any = type(value)
    for name, allowed in _attributes(kind):
        found = getattr(value, name)
        try:
            look = allowed[type(found)]
        except KeyError:
            _look_at(path + name, found, allowed)
        else:
            if look is not None:
                look(path + name, found)


def _look_at(name: str, value: object, allowed: Allowed) -> None:
    """Also subclasses do: an enum of texts, another library's datetime. But a bool is no number, an instant no day."""
    for kind, look in allowed.items():
        is_other = isinstance(value, bool) or (isinstance(value, datetime) and kind is not datetime)
        if isinstance(value, kind) and not is_other:
            if look is not None:
                look(name, value)
            return
    raise InvalidCommand(name, f"is {_named(allowed)}, not {type(value).__name__}")


@cache
def _attributes(kind: Any) -> tuple[tuple[str, Allowed], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((each.name, allowed) for each in fields(kind) if (allowed := _allowed_by(hints[each.name])))


def _allowed_by(hint: Any) -> Allowed:
    """Empty where this module does not know better than the annotation."""
    if isinstance(hint, TypeVar):
        return {str: None}  # how personal text is carried; at the edge it is text
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        parts = [_allowed_by(each) for each in typing.get_args(hint)]
        return {kind: look for part in parts for kind, look in part.items()} if all(parts) else {}
    if typing.get_origin(hint) is tuple:
        return _tuple_of(*typing.get_args(hint))
    if typing.get_origin(hint) is Literal:
        return {str: _one_of(frozenset(typing.get_args(hint)))}
    if hint is datetime:
        return {datetime: _instant}
    if isinstance(hint, type):
        return {hint: _look_into_part if is_dataclass(hint) else None}
    return {}


def _tuple_of(element: Any, *rest: Any) -> Allowed:
    """A tuple of any length, whose elements are all looked at; what has several kinds of element nobody has yet."""
    allowed = _allowed_by(element) if rest == (...,) else {}

    def look(name: str, value: tuple[Any, ...]) -> None:
        for place, each in enumerate(value):
            into = allowed.get(type(each))
            if into is not None:
                into(f"{name}[{place}]", each)
            elif type(each) not in allowed:
                _look_at(f"{name}[{place}]", each, allowed)

    return {tuple: look} if allowed else {}


def _look_into_part(name: str, value: Any) -> None:
    _look_into(f"{name}.", value)


def _instant(name: str, value: datetime) -> None:
    if value.tzinfo is None or value.utcoffset() is None:
        raise InvalidTime(value, "an instant needs a time zone")
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise InvalidTime(value, "lies at an end of the calendar, where not every zone has a day") from None


def _one_of(words: frozenset[str]) -> Look:
    def look(name: str, value: str) -> None:
        if value not in words:
            raise InvalidCommand(name, f"is one of {', '.join(sorted(words))}")

    return look


def _uuid_text(name: str, value: str) -> None:
    try:
        UUID(value)
    except ValueError:
        raise InvalidCommand(name, "is the text of a UUID") from None


def _kind_of(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _named(allowed: Allowed) -> str:
    words = ["None" if kind is type(None) else kind.__name__ for kind in allowed]
    return " or ".join(words)
