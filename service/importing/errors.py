"""What stops an import before or between rows. Nothing personal is in them."""

from __future__ import annotations

from pathlib import Path


class ImportStopped(Exception):
    """The files, or the import that was begun, cannot be gone on with as they are; the text says what to do."""


class SourceUnreadable(ImportStopped):
    """A file is not what its name promises: correct it as the text says."""

    def __init__(self, file: str, why: str, line: int | None = None) -> None:
        super().__init__(f"{file}{'' if line is None else f', line {line}'}: {why}")
        self.file = file
        self.line = line


class ImportDiffers(ImportStopped):
    """The import of this source was begun otherwise: give what it was begun with."""

    def __init__(self, what: str, begun: str, given: str) -> None:
        super().__init__(f"the import was begun with {what} {begun}, not {given}; give that, or name another source")
        self.what = what
        self.begun = begun
        self.given = given


class IdentitiesMissing(ImportStopped):
    """The ledger has points of this source, and the file that says which row became what is gone: put it back."""

    def __init__(self, path: Path, source: str) -> None:
        super().__init__(
            f"points of {source!r} were taken over before, and {path} is not there; put it back from its backup, since "
            "without it everything would be taken over twice"
        )
        self.path = path
        self.source = source


class IdentitiesUnreadable(ImportStopped):
    """The file that says which row became what is damaged: restore it; without it everything would come twice."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged; restore it, since without it everything would be taken over twice")
        self.path = path
