"""Exit codes, and which error ends in which. Expected errors are told in one sentence; only bugs show a traceback."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from enum import IntEnum
from typing import Any

import orjson
import psycopg

import crypto_shredding as crypto
import ledger
import projections
from service.cli.show import AnswerLost, alarm, console
from service.embedded_postgres import EmbeddedPostgresError
from service.failover import NoSuchDatabase
from service.importing.errors import IdentitiesMissing, IdentitiesUnreadable, ImportStopped
from service.importing.expecting import SourceDiffers
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
    NOT_SHOWN = 5
    DEFECT = 70
    INTERRUPTED = 130


class VerificationFailed(Exception):
    """A check that was asked for found something wrong; the report has been shown already."""


class BadInput(Exception):
    """An option or the input that was read cannot be understood: correct it as the text says."""


# The first match counts, so a class stands before those above it in its tree.
CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (AnswerLost, ExitCode.NOT_SHOWN),
    (VerificationFailed, ExitCode.VERIFICATION_FAILED),
    (BadInput, ExitCode.USAGE),
    (SettingsRefused, ExitCode.USAGE),
    (BackupRefused, ExitCode.USAGE),
    (NoSuchDatabase, ExitCode.USAGE),
    (NotMigrated, ExitCode.UNAVAILABLE),
    (DataMissing, ExitCode.UNAVAILABLE),
    (MappingUnreadable, ExitCode.VERIFICATION_FAILED),
    (SourceDiffers, ExitCode.VERIFICATION_FAILED),
    (IdentitiesMissing, ExitCode.VERIFICATION_FAILED),
    (IdentitiesUnreadable, ExitCode.VERIFICATION_FAILED),
    (ImportStopped, ExitCode.USAGE),
    (EmbeddedPostgresError, ExitCode.UNAVAILABLE),
    (ledger.Refused, ExitCode.REFUSED),
    (ledger.KeyReused, ExitCode.REFUSED),
    (ledger.ReferenceReused, ExitCode.REFUSED),
    (ledger.InvalidCommand, ExitCode.USAGE),
    (ledger.UnknownTopic, ExitCode.VERIFICATION_FAILED),
    (ledger.UnreadableEvent, ExitCode.VERIFICATION_FAILED),
    (ledger.ContradictoryHistory, ExitCode.VERIFICATION_FAILED),
    (ledger.CheckpointsMissing, ExitCode.VERIFICATION_FAILED),
    (ledger.CheckpointUnreadable, ExitCode.VERIFICATION_FAILED),
    (ledger.SigningKeyMissing, ExitCode.VERIFICATION_FAILED),
    (ledger.ShardMissing, ExitCode.VERIFICATION_FAILED),
    (ledger.LedgerError, ExitCode.UNAVAILABLE),
    (projections.NoSuchAccount, ExitCode.REFUSED),
    (projections.CannotApply, ExitCode.VERIFICATION_FAILED),
    (projections.RebuildDiffers, ExitCode.VERIFICATION_FAILED),
    (projections.ProjectionError, ExitCode.UNAVAILABLE),
    (crypto.TextRefused, ExitCode.USAGE),
    (crypto.SubjectShredded, ExitCode.REFUSED),
    (crypto.PeriodShredded, ExitCode.REFUSED),
    (crypto.TargetNameRefused, ExitCode.USAGE),
    (crypto.TargetUnknown, ExitCode.REFUSED),
    (crypto.TwoPersonsNeeded, ExitCode.REFUSED),
    (crypto.KeyRefused, ExitCode.VERIFICATION_FAILED),
    (crypto.EnvelopeTampered, ExitCode.VERIFICATION_FAILED),
    (crypto.StillReadable, ExitCode.VERIFICATION_FAILED),
    (crypto.CertificateRefused, ExitCode.VERIFICATION_FAILED),
    (crypto.SigningKeyUnreadable, ExitCode.VERIFICATION_FAILED),
    (crypto.ShreddingError, ExitCode.UNAVAILABLE),
    (psycopg.OperationalError, ExitCode.UNAVAILABLE),
    (OSError, ExitCode.UNAVAILABLE),  # a folder or file that a setting names
)


def code_of(error: BaseException) -> ExitCode | None:
    """The exit code of an expected error, of a group's worst; None for a defect of ours."""
    if isinstance(error, ExceptionGroup):
        codes = [code_of(each) for each in error.exceptions]
        return max((code for code in codes if code is not None), default=None) if None not in codes else None
    return next((code for kind, code in CODES if isinstance(error, kind)), None)


def tell(error: BaseException, *, as_json: bool) -> None:
    """Say what went wrong: as a sentence on standard error, or as JSON on standard output with the error's facts."""
    if isinstance(error, VerificationFailed):
        return
    if isinstance(error, AnswerLost):
        _let_go_of_stdout()
    elif as_json:
        facts = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        _answer_error(type(error).__name__, _sentence(error), facts)
        return
    console(stderr=True, soft_wrap=True).print(alarm(type(error).__name__, f": {_sentence(error)}"))


def tell_usage(error: Exception, message: str) -> None:
    """Say in JSON what could not be understood."""
    _answer_error(type(error).__name__, " ".join(message.split()), {})


def _answer_error(name: str, message: str, facts: dict[str, Any]) -> None:
    content = {"error": {"type": name, "message": message, **facts}}
    try:
        sys.stdout.buffer.write(_document(content) + b"\n")
        sys.stdout.flush()
    except OSError:  # nobody reads any more; the exit code is told all the same
        _let_go_of_stdout()


def _document(content: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(content, default=str)
    except TypeError:  # a number beyond 64 bits, which somebody typed: JSON has no limit, but orjson has
        plain = json.dumps(content, default=lambda value: orjson.loads(orjson.dumps(value, default=str)))
        return plain.encode()


def _let_go_of_stdout() -> None:
    """What is left in the buffer would be written at the exit, fail again, and change the exit code."""
    with suppress(OSError, ValueError):  # a stand-in has no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(error: BaseException) -> str:
    if isinstance(error, ExceptionGroup):
        causes = (f"{_sentence(each)} ({', '.join(getattr(each, '__notes__', ()))})" for each in error.exceptions)
        return f"{error.message}: {'; '.join(causes)}"
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, psycopg.OperationalError):
        # The text names host, port and database, never the password.
        return f"a database cannot be reached; look at LEDGER_DSN, KEYS_DSN and the servers ({text})"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; look at POINTS_LEDGER_DATA, _ROOT and _CHECKPOINTS"
    return text
