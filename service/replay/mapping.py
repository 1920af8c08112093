"""Which household is which member: random ids, written down before the first command so that a replay can resume.

The file is the only link from the data set's households to members. An erasure takes the household's line out; a
household without a line is not replayed again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import orjson

FILE_NAME = "replay.json"


class MappingUnreadable(Exception):
    """The file is not what was written: restore it, or start with another data folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged; restore it or replay into another data folder")
        self.path = path


@dataclass(frozen=True, slots=True)
class Identity:
    """Under which random ids a household is known to the ledger, and what its idempotency keys are made from."""

    namespace: UUID
    member: UUID
    account: UUID

    def key(self, what: str) -> UUID:
        """The same key for the same thing, in this run and when it is started again; another in every other run."""
        return uuid5(self.namespace, f"{self.account}/{what}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Household → its ids."""

    path: Path
    namespace: UUID
    identities: dict[int, Identity]

    @classmethod
    def open(cls, path: Path, households: Iterable[int]) -> Mapping:
        """The mapping of the file; drawn and made durable first if there is none. Raises MappingUnreadable."""
        if path.exists():
            return cls.read(path)
        namespace = uuid4()
        identities = {each: Identity(namespace, member=uuid4(), account=uuid4()) for each in households}
        mapping = cls(path, namespace, identities)
        mapping._write()
        return mapping

    @classmethod
    def read(cls, path: Path) -> Mapping:
        """The mapping of an existing file. Raises MappingUnreadable."""
        try:
            content = orjson.loads(path.read_bytes())
            namespace = UUID(content["namespace"])
            lines = content["households"].items()
            identities = {
                int(each): Identity(namespace, UUID(ids["member"]), UUID(ids["account"])) for each, ids in lines
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MappingUnreadable(path) from error
        return cls(path, namespace, identities)

    @property
    def program_key(self) -> UUID:
        """The idempotency key of the program's definition."""
        return uuid5(self.namespace, "program")

    def partner_key(self, business_number: str) -> UUID:
        """The idempotency key of a partner's definition."""
        return uuid5(self.namespace, f"partner/{business_number}")

    def household_of(self, member: UUID) -> int | None:
        """The household that a member stands for; None when there is none or its line is gone."""
        return next((each for each, ids in self.identities.items() if ids.member == member), None)

    def forget(self, member: UUID) -> bool:
        """Take a member's household out of the file; False when it was not there."""
        household = self.household_of(member)
        if household is None:
            return False
        del self.identities[household]
        self._write()
        return True

    def _write(self) -> None:
        """All or nothing, and on disk when this returns."""
        lines = {
            str(each): {"member": str(ids.member), "account": str(ids.account)} for each, ids in self.identities.items()
        }
        content = orjson.dumps({"namespace": str(self.namespace), "households": lines}, option=orjson.OPT_INDENT_2)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_suffix(".tmp")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
