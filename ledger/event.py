"""Events: what every one carries, the names by which they are stored, and their bytes.

Topics are pinned by hand, never derived from a module path, and carry their version: ``points.accrued.v1``. Bytes once
written decode for ever: a version that is no longer written has a step in `UPCASTERS`, which gives the topic and the
fields of the next version.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict

from ledger.errors import UnknownTopic, UnreadableEvent


class Event(BaseModel):
    """Something that happened; never changed and never deleted.

    ``occurred_at`` is chosen by the caller and may lie in the past; ``recorded_at`` is the business clock at the
    append. ``rule_version`` names the program's rules that decided it (0 where none applied). Validation never
    repeats its input, since that could be personal.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        # A lot or a draw is a plain dataclass, which checks nothing: one that cannot be read again must not be written,
        # since no later command could load the stream. Costs an accrual one to two microseconds.
        revalidate_instances="always",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )
    TOPIC: ClassVar[str]

    id: UUID
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    actor: str
    rule_version: int = 0
    reference: str | None = None


E = TypeVar("E", bound=Event)

REGISTRY: dict[str, type[Event]] = {}
UPCASTERS: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {}


def stored_as(topic: str) -> Callable[[type[E]], type[E]]:
    """Class decorator: pin the topic under which an event type is stored."""

    def pin(event_type: type[E]) -> type[E]:
        if topic in REGISTRY:
            raise ValueError(f"topic {topic!r} is taken by {REGISTRY[topic].__name__}")
        event_type.TOPIC = topic
        REGISTRY[topic] = event_type
        return event_type

    return pin


def encode(event: Event) -> bytes:
    """The event's `state`: compact JSON, the same bytes each time."""
    return event.__pydantic_serializer__.to_json(event)


def decode(topic: str, state: bytes) -> Event:
    """The event of a stored row.

    Raises `UnknownTopic` for a name that no version of the code here can read, and `UnreadableEvent` for bytes that
    none ever wrote.
    """
    event_type = REGISTRY.get(topic)
    try:
        if event_type is not None:
            return event_type.model_validate_json(state)
        newest, fields = fields_of(topic, state)
        return REGISTRY[newest].model_validate_json(orjson.dumps(fields))
    except ValueError:
        raise UnreadableEvent(topic) from None  # the cause would quote what somebody put there


def fields_of(topic: str, state: bytes) -> tuple[str, dict[str, Any]]:
    """The topic of today and the fields of a stored row, not validated again: for readers of the whole log.

    Raises as `decode` does.
    """
    stored_topic = topic
    try:
        fields: dict[str, Any] = orjson.loads(state)
        while topic not in REGISTRY:
            if topic not in UPCASTERS:
                raise UnknownTopic(topic)
            topic, fields = UPCASTERS[topic](fields)
    except (ValueError, KeyError, TypeError):
        raise UnreadableEvent(stored_topic) from None
    return topic, fields


def topics() -> Mapping[str, type[Event]]:
    """Every topic that is written today."""
    return dict(REGISTRY)
