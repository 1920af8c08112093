"""The register of destructions (파기 관리대장): what, when, by whom, on what ground, how. Read from the certificates.

It is verified like a chain that somebody else handed in, and compared with what the log says was destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, assert_never

from crypto_shredding import (
    Certificate,
    Compaction,
    Erasure,
    KeyChange,
    KeyDestruction,
    Restore,
    Rotation,
    VerifiedChain,
    read_certificate,
    verify_chain,
)
from ledger import CLASSES, LEGAL_HOLD, RecordedDestruction, certificate_lines, recorded_destructions

KNOWN: Final = {each.code: each for each in (*CLASSES, LEGAL_HOLD)}
CAUSES: Final = {
    "erasure": "삭제 요청·탈퇴 · erasure",
    "retention": "보존 기간 만료 · retention ended",
    "legal-hold": "증거 보전 해제 · legal hold released",
    "index": "검색 색인 키 교체 · index re-keyed",
    "compaction": "암호문 삭제 · ciphertext deleted",
}


@dataclass(frozen=True, slots=True)
class DestroyedRecords:
    """A kind of record, with the days of its period where one ended; `until` is the last day it had to exist."""

    title: str
    first_day: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One line. `at`: since then nobody can read it. `unrecoverable_since` None: an older backup of the keys might.

    `keys` were destroyed; of a compaction `boxes` were deleted, otherwise that many were tried and none opened.
    """

    number: int
    issued_at: datetime
    request: str
    cause: str
    subject: str | None
    what: tuple[DestroyedRecords, ...]
    at: datetime
    basis: str | None
    actor: str
    keys: int
    boxes: int
    rotations: tuple[Rotation, ...]

    @property
    def unrecoverable_since(self) -> datetime | None:
        """`T_horizon`."""
        return max((each.horizon for each in self.rotations), default=None)


@dataclass(frozen=True, slots=True)
class DestructionRegister:
    """Entries in the order of their certificates; `chain` None where nothing was certified yet.

    `missing` are destructions that the log records under certificates which are not there or are others;
    `uncertified` were recorded without one, by a release that issued none.
    """

    entries: tuple[RegisterEntry, ...]
    chain: VerifiedChain | None
    missing: tuple[RecordedDestruction, ...]
    uncertified: tuple[RecordedDestruction, ...]


def read_register(dsn: str, trusted: Sequence[bytes]) -> DestructionRegister:
    """The whole register, every signature and link verified. Needs no keys but the public one.

    Raises, in this order: StoreUnavailable, psycopg.OperationalError, what `verify_chain` does.
    """
    recorded = recorded_destructions(dsn)  # first: what is certified meanwhile is then in the chain
    lines = list(certificate_lines(dsn))
    chain = verify_chain(lines, trusted) if lines else None
    certificates = [read_certificate(line) for line in lines]
    kinds = {each.number: each.kind for each in certificates}
    return DestructionRegister(
        tuple(_entries(certificates)),
        chain,
        tuple(each for each in recorded if each.certificate and kinds.get(each.certificate) != each.kind),
        tuple(each for each in recorded if each.certificate is None),
    )


def _entries(certificates: Iterable[Certificate]) -> Iterable[RegisterEntry]:
    for certificate in certificates:
        match certificate.body:
            case Erasure() as body:
                yield _of_erasure(certificate, body)
            case KeyDestruction() as body:
                yield _of_keys(certificate, body)
            case Compaction() as body:
                yield _of_compaction(certificate, body)
            case Restore() | KeyChange():
                continue
            case _:
                assert_never(certificate.body)


def _of_erasure(certificate: Certificate, body: Erasure) -> RegisterEntry:
    return RegisterEntry(
        number=certificate.number,
        issued_at=certificate.issued_at,
        request=str(body.request),
        cause="erasure",
        subject=body.subject,
        what=tuple(DestroyedRecords(_title(each.code, each.name)) for each in body.destroyed),
        at=body.unreadable_since,
        basis=body.basis,
        actor=body.actor,
        keys=len(body.slots),
        boxes=body.boxes.tried,
        rotations=body.rotations,
    )


def _of_keys(certificate: Certificate, body: KeyDestruction) -> RegisterEntry:
    return RegisterEntry(
        number=certificate.number,
        issued_at=certificate.issued_at,
        request=str(body.request),
        cause=body.cause,
        subject=body.subject,
        what=tuple(DestroyedRecords(_title(each.code, each.name), each.first_day, each.last_day) for each in body.keys),
        at=body.unreadable_since,
        basis=body.basis,
        actor=body.actor,
        keys=len(body.keys),
        boxes=body.boxes.tried,
        rotations=body.rotations,
    )


def _of_compaction(certificate: Certificate, body: Compaction) -> RegisterEntry:
    return RegisterEntry(
        number=certificate.number,
        issued_at=certificate.issued_at,
        request=str(body.request),
        cause="compaction",
        subject=None,
        what=(DestroyedRecords("파기된 키의 암호문"),),
        at=body.at,
        basis=None,
        actor=body.role,
        keys=0,
        boxes=body.boxes_deleted,
        rotations=(),
    )


def _title(code: int | None, name: str) -> str:
    """Of a class that this release knows, the words that its policy uses; the certificate's own name for others."""
    known = None if code is None else KNOWN.get(code)
    if known is not None and known.name == name:
        return known.title
    return "검색 색인" if code is None else name
