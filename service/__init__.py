"""Everything that is started: command line, wiring, settings and the embedded PostgreSQL."""

__all__: list[str] = []
