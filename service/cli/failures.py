"""Exit codes, and which error ends in which. Expected errors are told in one sentence; only bugs show a traceback."""

from __future__ import annotations

import sys
from enum import IntEnum

import orjson
import psycopg
from rich.console import Console

import crypto_shredding as crypto
import ledger
import projections
from service.embedded_postgres import EmbeddedPostgresError
from service.replay import DataMissing
from service.replay.mapping import MappingUnreadable
from service.root_settings import SettingsRefused
from service.tree_care import BackupRefused
from service.wiring import NotMigrated


class ExitCode(IntEnum):
    """What a caller's script can rely on; docs/cli.md explains each."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNAVAILABLE = 3
    VERIFICATION_FAILED = 4
    INTERRUPTED = 130


class VerificationFailed(Exception):
    """A check that was asked for found something wrong; the report has been shown already."""


class BadInput(Exception):
    """An option or the input that was read cannot be understood: correct it as the text says."""


# The first match counts, so a class stands before those above it in its tree.
CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (VerificationFailed, ExitCode.VERIFICATION_FAILED),
    (BadInput, ExitCode.USAGE),
    (SettingsRefused, ExitCode.USAGE),
    (BackupRefused, ExitCode.USAGE),
    (NotMigrated, ExitCode.UNAVAILABLE),
    (DataMissing, ExitCode.UNAVAILABLE),
    (MappingUnreadable, ExitCode.VERIFICATION_FAILED),
    (EmbeddedPostgresError, ExitCode.UNAVAILABLE),
    (ledger.Refused, ExitCode.REFUSED),
    (ledger.KeyReused, ExitCode.REFUSED),
    (ledger.UnknownTopic, ExitCode.VERIFICATION_FAILED),
    (ledger.ContradictoryHistory, ExitCode.VERIFICATION_FAILED),
    (ledger.LedgerError, ExitCode.UNAVAILABLE),
    (projections.NoSuchAccount, ExitCode.REFUSED),
    (projections.CannotApply, ExitCode.VERIFICATION_FAILED),
    (projections.RebuildDiffers, ExitCode.VERIFICATION_FAILED),
    (projections.ProjectionError, ExitCode.UNAVAILABLE),
    (crypto.TextRefused, ExitCode.USAGE),
    (crypto.SubjectShredded, ExitCode.REFUSED),
    (crypto.PeriodShredded, ExitCode.REFUSED),
    (crypto.KeyRefused, ExitCode.VERIFICATION_FAILED),
    (crypto.EnvelopeTampered, ExitCode.VERIFICATION_FAILED),
    (crypto.StillReadable, ExitCode.VERIFICATION_FAILED),
    (crypto.CertificateRefused, ExitCode.VERIFICATION_FAILED),
    (crypto.ShreddingError, ExitCode.UNAVAILABLE),
    (psycopg.OperationalError, ExitCode.UNAVAILABLE),
)


def code_of(error: BaseException) -> ExitCode | None:
    """The exit code of an expected error; None for a bug."""
    return next((code for kind, code in CODES if isinstance(error, kind)), None)


def tell(error: BaseException, *, as_json: bool) -> None:
    """Say what went wrong: as a sentence on standard error, or as JSON on standard output with the error's facts."""
    if isinstance(error, VerificationFailed):
        return
    if as_json:
        facts = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        content = {"error": {"type": type(error).__name__, "message": _sentence(error), **facts}}
        sys.stdout.buffer.write(orjson.dumps(content, default=str) + b"\n")
        sys.stdout.flush()
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]{type(error).__name__}[/]: {_sentence(error)}", markup=True)


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, psycopg.OperationalError):
        # The text names host, port and database, never the password.
        return f"a database cannot be reached; look at LEDGER_DSN, KEYS_DSN and the servers ({text})"
    return text
