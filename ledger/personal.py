"""What is personal: the declaration that every personal field carries, and the fields of an event type.

A personal field of an event is annotated ``Annotated[Sealed | None, Personal(...)]``. The declaration is the single
source from which field ids, retention and the privacy policy's tables are read, so nothing else may say it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from crypto_shredding import IndexKind, Sealed
from ledger.retention import RetentionClass


class Basis(StrEnum):
    """The legal ground on which an item is collected; the values are quoted in generated policy tables."""

    CONTRACT_PERFORMANCE = "개인정보 보호법 제15조 제1항 제4호"
    CONSENT = "개인정보 보호법 제15조 제1항 제1호"
    LEGITIMATE_INTEREST = "개인정보 보호법 제15조 제1항 제6호"
    E_COMMERCE_RECORDS = "전자상거래법 제6조, 시행령 제6조"


class Source(StrEnum):
    """How an item reaches the company (policy article 1, paragraph 3)."""

    INPUT = "INPUT"
    AUTOMATIC = "AUTO"
    AFFILIATE = "AFFILIATE"


@dataclass(frozen=True, slots=True)
class Personal:
    """One personal field.

    ``field_id`` is unique within the event type and fixed for ever: it is bound into every box, where the attribute's
    name is not, so that an attribute may be renamed and a field id may not be used again.
    ``indexed``: by what kind of value the member is found in the blind index.
    """

    field_id: int
    item: str
    purpose: str
    basis: Basis
    retention: RetentionClass
    source: Source = Source.INPUT
    indexed: IndexKind | None = None

    def __get_pydantic_core_schema__(self, annotation: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Stored references are validated; one that a sealer just made is what it says, and is taken as it is."""
        stored = handler(annotation)
        made = core_schema.is_instance_schema(Sealed)
        return core_schema.json_or_python_schema(
            json_schema=stored,
            python_schema=core_schema.nullable_schema(made) if stored["type"] == "nullable" else made,
        )


@cache
def personal_fields(event_type: type[Any]) -> Mapping[str, Personal]:
    """Attribute name → declaration, in the order of the class body; empty for an event without personal fields."""
    return {
        name: mark
        for name, info in event_type.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Personal)
    }
