"""The programs that are defined, as this process last read them."""

from collections.abc import Awaitable, Callable, Iterable
from math import inf
from time import monotonic
from uuid import UUID, uuid5

from ledger.errors import UnknownProgram
from ledger.points.program import Program

# A program's stream follows from its code, which is nobody's personal value: so a code is defined by one stream only.
PROGRAM_STREAMS = UUID("6e0f4f0e-6b0c-4c53-9d1b-6f1f5cf3b1a7")

ReadDefinitions = Callable[[], Awaitable[Iterable[Program]]]


def program_stream(code: str) -> UUID:
    """The stream of a program's definitions."""
    # A code that no text can be (half of a surrogate pair) is refused when it is defined; until then it needs a stream.
    return uuid5(PROGRAM_STREAMS, code.encode(errors="replace").decode())


# How long a process may go on deciding by a version after another process has defined the next one. One small query.
LOOK_SECONDS = 2.0


class Programs:
    """The newest version of each program, at most `LOOK_SECONDS` old.

    A code that is not known here is looked up before it is refused.
    """

    def __init__(self, read_definitions: ReadDefinitions) -> None:
        self._read_definitions = read_definitions
        self._newest: dict[str, Program] = {}
        self._looked_at = -inf

    async def named(self, code: str) -> Program:
        """Raises `UnknownProgram`."""
        program = self._newest.get(code)
        if program is None or monotonic() - self._looked_at > LOOK_SECONDS:
            await self.reload()
            program = self._newest.get(code)
        if program is None:
            raise UnknownProgram(code)
        return program

    async def reload(self) -> None:
        """Read every definition again, oldest first."""
        asked = monotonic()
        self._looked_at = max(self._looked_at, asked)  # those who come meanwhile go on with what is here
        self._newest = {program.code: program for program in await self._read_definitions()}
