"""Statements from the `.sql` files of a read model, read once at import."""

from __future__ import annotations

from pathlib import Path


def sql(module_file: str, name: str) -> bytes:
    """The statement in ``sql/<name>.sql`` beside the module; bytes, which is one of psycopg's own query types."""
    return (Path(module_file).parent / "sql" / f"{name}.sql").read_bytes()
