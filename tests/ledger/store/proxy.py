"""A stretch of network between a client and PostgreSQL that can be cut at a chosen moment."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Self
from urllib.parse import quote

SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Listens on a socket of its own and passes everything on to the server's, which may come back elsewhere."""

    def __init__(self, socket_dir: Path) -> None:
        self.target = socket_dir
        self.answers_to_lose = 0
        self.requests_to_lose = 0
        self.refuses = False
        self.connections = 0
        self.lost = asyncio.Event()
        self._folder = tempfile.TemporaryDirectory(prefix="proxy-")
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    def dsn(self, dbname: str, user: str) -> str:
        """The way through the proxy."""
        return f"postgresql://{user}@/{dbname}?host={quote(self._folder.name)}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._accept, Path(self._folder.name) / SOCKET)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._carrying)
        self._folder.cleanup()

    def cut(self) -> None:
        """Every line, now."""
        for line in self._lines:
            line.transport.abort()

    def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(from_client, to_client))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self.refuses:
            to_client.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_unix_connection(self.target / SOCKET)
        except OSError:
            to_client.transport.abort()
            return
        self.connections += 1
        self._lines |= {to_client, to_server}
        pumps = [
            asyncio.create_task(self._pump(from_client, to_server, "requests_to_lose")),
            asyncio.create_task(self._pump(from_server, to_client, "answers_to_lose")),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for line in (to_client, to_server):
            line.transport.abort()
            self._lines.discard(line)
        await asyncio.wait(pumps)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, to_lose: str) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                if getattr(self, to_lose) > 0:
                    # PostgreSQL sends a small answer when it has committed: what is lost here is the answer alone.
                    setattr(self, to_lose, getattr(self, to_lose) - 1)
                    self.lost.set()
                    return
                sink.write(data)
                await sink.drain()
