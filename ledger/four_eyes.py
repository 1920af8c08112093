"""Four eyes: what one person asks for another one approves."""

from ledger.errors import FourEyesNeeded


def approved_by_another(actor: str, approver: str | None) -> None:
    """Raises `FourEyesNeeded` without an approver, and where who asks approves: case and space make no other name."""
    other = (approver or "").strip()
    if not other or other.casefold() == actor.strip().casefold():
        raise FourEyesNeeded(actor, other or None)
