"""Consents on their way: commands to a member that is there, without texts and without keys."""

from collections.abc import Sequence
from functools import partial

from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Task
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.members.consent import GiveConsent, WithdrawConsent, give_consent, withdraw_consent
from ledger.members.member import Member
from ledger.points.stamp import first_event_id
from ledger.retention import MEMBERSHIP


def consent_task(clock: Clock, command: GiveConsent | WithdrawConsent, mark: bytes) -> Task:
    """동의, 동의 철회. The membership must be open: refused under the shard's lock otherwise."""
    ids = FreshIds(first_event_id(command.member_id, command.key))

    def decide_on(books: Sequence[Book]) -> Decided:
        member: Member | None = books[0].state
        status = None if member is None else member.status
        consent = None if member is None else member.consents.get(command.purpose)
        now = stamp(ids, clock)
        if isinstance(command, GiveConsent):
            return [(books[0], event) for event in give_consent(status, consent, command, now)]
        return [(books[0], event) for event in withdraw_consent(status, consent, command, now)]

    return Task(
        key=command.key,
        fingerprint=mark,
        streams=(command.member_id,),
        decide=decide_on,
        answer=partial(receipt_of, command.member_id, command, None),
        guards=((command.member_id, MEMBERSHIP.code),),
    )
