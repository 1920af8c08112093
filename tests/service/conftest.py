"""A command line for tests: the real one, on databases of the test's own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.embedded_postgres import EmbeddedPostgres

KEY_CACHE_SECONDS = "0.2"  # every erasure waits so long


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Cli:
    """`points-ledger` within this process; `environ` is what a shell would have set."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ

    def __call__(self, *arguments: object, stdin: str | None = None) -> Answer:
        result = CliRunner().invoke(app, [str(each) for each in arguments], input=stdin, env=self.environ)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def ok(self, *arguments: object, stdin: str | None = None) -> Any:
        """The JSON answer of a command that must succeed."""
        answer = self(*arguments, "--json", stdin=stdin)
        assert answer.code == 0, answer.out + answer.err
        return answer.json


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that the server's user can reach; pytest's own are closed to it."""
    path = Path(tempfile.mkdtemp(prefix="points-ledger-cli-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def environ(
    folder: Path, server: EmbeddedPostgres, ledger_database: str, keys_database: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Two databases by DSN, as in production: each role where it belongs."""
    for name in ("LEDGER_DSN", "KEYS_DSN", "POINTS_LEDGER_DATA", "POINTS_LEDGER_ROOT"):
        monkeypatch.delenv(name, raising=False)
    return {
        "LEDGER_DSN": server.dsn(ledger_database, user="ledger_app"),
        "LEDGER_OWNER_DSN": server.dsn(ledger_database),
        "PROJECTOR_DSN": server.dsn(ledger_database, user="ledger_projector"),
        "LEDGER_DISPUTE_DSN": server.dsn(ledger_database, user="ledger_dispute"),
        "LEDGER_COMPACTION_DSN": server.dsn(ledger_database, user="ledger_compaction"),
        "KEYS_DSN": server.dsn(keys_database, user="keys_app"),
        "KEYS_OWNER_DSN": server.dsn(keys_database),
        "POINTS_LEDGER_DATA": str(folder / "data"),
        "POINTS_LEDGER_KEY_CACHE_SECONDS": KEY_CACHE_SECONDS,
    }


@pytest.fixture
def cli(environ: dict[str, str]) -> Cli:
    """The command line on migrated databases."""
    cli = Cli(environ)
    cli.ok("migrate")
    return cli
