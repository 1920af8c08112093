"""Which commands begin a membership."""

from __future__ import annotations

from datetime import datetime

from ledger import Join, OpenAccount
from service.replay.mapping import Identity
from service.replay.people import Person
from service.replay.rules import ACTOR, PROGRAM


def join(who: Person, ids: Identity, at: datetime) -> Join[str]:
    """A household becomes a member."""
    return Join(
        key=ids.key("join"),
        occurred_at=at,
        actor=ACTOR,
        member_id=ids.member,
        email=who.email,
        phone=who.phone,
        name=who.name,
        demographics=who.demographics,
    )


def open_account(ids: Identity, at: datetime) -> OpenAccount[str]:
    """The member's account."""
    return OpenAccount(
        key=ids.key("open"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        program=PROGRAM.code,
        holder=str(ids.member),
    )
