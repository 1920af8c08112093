"""What the drill finds: a verdict on each row of the threat model, and the times that an erasure took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What an attack came to."""

    HELD = "held"
    EXPOSED = "exposed as disclosed"
    NOT_HELD = "not held"


@dataclass(frozen=True, slots=True)
class Threat:
    """A row of docs/threat-model.md: what an attacker has or does, and what was promised of it."""

    name: str
    title: str
    attacker: str
    promised: Verdict


THREATS: Final = (
    Threat("live-database", "가동 중인 데이터베이스", "the live database", Verdict.HELD),
    Threat("old-backup", "예전 백업과 WAL", "an old database backup and WAL, no root", Verdict.HELD),
    Threat("old-keys", "예전 키 테이블과 현재 루트", "an old key-table backup and the current root", Verdict.HELD),
    Threat("cached-key", "캐시된 예전 키", "a key in a process's memory, after T_horizon", Verdict.HELD),
    Threat("old-root", "예전 루트와 예전 키 테이블", "an old root backup and an old key table", Verdict.EXPOSED),
    Threat("old-production", "예전 백업으로 가동", "restores an old backup into production", Verdict.HELD),
    Threat("takeover", "대기 서버의 인계", "makes a standby take over that an erasure missed", Verdict.HELD),
    Threat("moved-box", "옮겨진 봉인값", "moves a box to another event or field", Verdict.HELD),
    Threat("old-key-row", "되돌린 키 행", "puts an old key row back", Verdict.HELD),
    Threat("racing", "파기와 경합하는 기록", "appends while the erasure closes the classes", Verdict.HELD),
    Threat("memory", "T_live 전 메모리", "process memory before T_live", Verdict.EXPOSED),
    Threat("kept-amounts", "보관되는 금액과 시각", "kept amounts and times", Verdict.EXPOSED),
)
"""In the order of the threat model."""

BY_NAME: Final = {each.name: each for each in THREATS}


@dataclass(frozen=True, slots=True)
class Row:
    """One threat as it was tried."""

    threat: Threat
    verdict: Verdict
    found: str
    seconds: float

    @property
    def is_as_promised(self) -> bool:
        """Whether what was found is what the threat model says."""
        return self.verdict is self.threat.promised


@dataclass(frozen=True, slots=True)
class Check:
    """Something that a restore has to achieve."""

    what: str
    holds: bool


@dataclass(frozen=True, slots=True)
class DrillReport:
    """Everything that was seen. Times of the erasure are seconds after its doom."""

    rows: tuple[Row, ...]
    restore: tuple[Check, ...]
    live_seconds: float
    horizon_seconds: float
    restore_seconds: float
    seconds: float

    @property
    def is_as_promised(self) -> bool:
        """Whether all is as the threat model says."""
        return all(each.is_as_promised for each in self.rows) and all(each.holds for each in self.restore)
