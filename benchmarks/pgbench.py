"""Raw single-row inserts by PostgreSQL's own pgbench: the least that any ledger on this server must do."""

import re
import subprocess
import tempfile

import psycopg

from service.embedded_postgres import EmbeddedPostgres

# About as many bytes as a payment's event, receipt and three boxes together.
ROW_BYTES = 1_200
_SCRIPT = "INSERT INTO raw_row (body) VALUES (convert_to(repeat('x', {bytes}), 'UTF8'));\n"


def single_row_inserts(server: EmbeddedPostgres, dbname: str, clients: int, *, seconds: int) -> float:
    """Transactions a second, each one row, prepared, as many connections as clients."""
    with psycopg.connect(server.dsn(dbname), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS raw_row (id bigserial PRIMARY KEY, body bytea NOT NULL)")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT.format(bytes=ROW_BYTES))
        script.flush()
        ran = subprocess.run(
            [
                str(server.binaries / "pgbench"),
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={clients}",
                f"--jobs={min(clients, 2)}",
                f"--time={seconds}",
                f"--file={script.name}",
                server.dsn(dbname),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"tps = ([\d.]+)", ran.stdout)
    assert found, ran.stdout
    return float(found.group(1))
