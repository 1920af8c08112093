"""The schema that a package's migrations make, as PostgreSQL itself says it.

`make schema` writes it to the `schema.sql` of the packages that do not keep one by hand.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import subprocess
import tempfile
from pathlib import Path

from service.embedded_postgres import EmbeddedPostgres
from tests.architecture.checkout import ROOT

BELOW: dict[str, tuple[str, ...]] = {"crypto_shredding": (), "ledger": (), "projections": ("ledger",)}
"""Packages with migrations, each with those that share its database and migrate before it."""

HEADER = "-- What the migrations make, for reading. Written by `make schema`, never by hand; a test compares.\n\n"


NOISE = re.compile(
    r"^(--$|-- Dumped .*|-- PostgreSQL .*|\\(un)?restrict .*|SELECT pg_catalog\.set_config.*|SET \w+ = (\w+|'\S*');)\n",
    re.MULTILINE,
)
"""Empty comments around headings, versions, the salt against injection, and settings of the dump's own session."""


def schema_of(server: EmbeddedPostgres, dsn: str, package: str) -> str:
    """What PostgreSQL itself says about a package's schema, without its noise."""
    dump = subprocess.run(
        [server.binaries / "pg_dump", "--schema-only", f"--schema={package}", f"--dbname={dsn}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    text = NOISE.sub("", dump)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def main() -> None:
    """Write `schema.sql` of every package."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        Path(folder).chmod(0o711)  # the server may run as another user
        server = stack.enter_context(EmbeddedPostgres(Path(folder) / "data"))
        for package, below in BELOW.items():
            server.create_database(package)
            for name in (*below, package):
                importlib.import_module(name).migrate(server.dsn(package))
            written = ROOT / package / "schema.sql"
            if not written.exists() or written.read_text().startswith(HEADER):
                written.write_text(HEADER + schema_of(server, server.dsn(package), package))


if __name__ == "__main__":
    main()
