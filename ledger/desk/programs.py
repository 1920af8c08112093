"""The programs that are defined, every version of each, as this process last read them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from ledger.desk.definitions import Definitions, ReadDefinitions
from ledger.errors import UnknownProgram
from ledger.points.effective import History
from ledger.points.program import Program
from ledger.points.versions import evolve_program

# A program's stream follows from its code, which is nobody's personal value: so a code is defined by one stream only.
PROGRAM_STREAMS = UUID("6e0f4f0e-6b0c-4c53-9d1b-6f1f5cf3b1a7")


def program_stream(code: str) -> UUID:
    """The stream of a program's definitions."""
    # A code that no text can be (half of a surrogate pair) is refused when it is defined; until then it needs a stream.
    return uuid5(PROGRAM_STREAMS, code.encode(errors="replace").decode())


class Programs:
    """Every version of each program, at most two seconds old."""

    def __init__(self, read_definitions: ReadDefinitions) -> None:
        self._definitions: Definitions[Program] = Definitions(read_definitions, _code_of, evolve_program)

    async def history(self, code: str) -> History[Program]:
        """Every version of it. Raises `UnknownProgram`."""
        history = await self._definitions.find(code)
        if history is None:
            raise UnknownProgram(code)
        return history

    async def named(self, code: str, at: datetime | None = None) -> Program:
        """The version in force at the instant; without one that which was defined last, for what never changes.

        Raises `UnknownProgram`.
        """
        history = await self.history(code)
        return history.newest if at is None else history.at(at)

    async def reload(self) -> None:
        """Read what was defined since the last look."""
        await self._definitions.reload()


def _code_of(event: Any) -> str:
    code: str = event.program.code
    return code
