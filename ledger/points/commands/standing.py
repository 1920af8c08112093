"""Commands that say what an account may do."""

from dataclasses import dataclass

from ledger.points.commands.command import AccountCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(AccountCommand):
    """정지: a card was lost, or fraud is suspected. Nothing is spent; what was earned still comes in."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(AccountCommand):
    """동결: the member has died. Only what undoes, settles and ends goes on."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstate(AccountCommand):
    """정지 해제, 동결 해제."""

    reason: str

