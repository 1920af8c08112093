"""Joining, opening an account and claiming one: the commands that bring new keys into the world, and new links."""

from collections.abc import Sequence
from functools import partial
from typing import cast
from uuid import UUID

from crypto_shredding import Sealed, SlotId
from ledger.calendar import zone_of
from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Task
from ledger.desk.indexing import Indexing
from ledger.desk.receipts import receipt_of
from ledger.desk.sealing import Sealing, Tags
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.members.commands import Join
from ledger.members.decide import join
from ledger.members.events import MemberJoined
from ledger.personal import Personal, personal_fields
from ledger.points.commands import AccountSlots, Claim, OpenAccount
from ledger.points.decide import decide, open_account
from ledger.points.events import AccountClaimed, AccountOpened
from ledger.points.program import Program
from ledger.points.stamp import first_event_id
from ledger.retention import MEMBERSHIP
from ledger.store import IndexRow


async def join_task(
    sealing: Sealing, indexing: Indexing | None, clock: Clock, command: Join[str], mark: bytes
) -> Task:
    """가입: a slot for each profile field, so that each is forgotten by itself, and one for the retained identity."""
    index_slot = None if indexing is None else await indexing.newest()
    names = tuple(personal_fields(MemberJoined))
    identity, *fresh = await sealing.fresh_slots(1 + len(names))
    slots: dict[str, SlotId] = dict(zip(names, fresh, strict=True))

    def slot_of(name: str, _: Personal) -> SlotId:
        return slots[name]

    ids = FreshIds()
    sealed, boxes, periods, tags = await sealing.seal(command, MemberJoined, ids[0], slot_of, index_slot)

    def decide_on(books: Sequence[Book]) -> Decided:
        events = join(books[0].state, cast("Join[Sealed]", sealed), stamp(ids, clock), identity_slot=identity)
        return [(books[0], event) for event in events]

    return Task(
        key=command.key,
        fingerprint=mark,
        streams=(command.member_id,),
        decide=decide_on,
        answer=partial(receipt_of, command.member_id, command, None),
        boxes={ids[0]: boxes},
        periods=periods,
        index_rows=() if index_slot is None else index_rows(command.member_id, index_slot, tags),
    )


def index_rows(member_id: UUID, slot: SlotId, tags: Tags) -> tuple[IndexRow, ...]:
    """The rows of the blind index by which the member is found, each as long as the class of its value."""
    return tuple(
        IndexRow(member_id, mark.retention.code, mark.indexed, mark.field_id, slot, tag)
        for mark, tag in tags
        if mark.indexed is not None
    )


async def opening_task(
    sealing: Sealing, indexing: Indexing | None, program: Program, clock: Clock, command: OpenAccount[str], mark: bytes
) -> Task:
    """An account with slots of its own; its member is known by the sealed holder and one deletable row, nowhere else.

    The member must be one whose membership is open: refused under the shard's lock otherwise. Until an unregistered
    account is claimed, its card is indexed under the account's own id.
    """
    membership, contract, payment, link = await sealing.fresh_slots(4)
    slots = AccountSlots(membership, contract, payment)
    member_id = None if command.holder is None else UUID(command.holder)
    index_slot = None if indexing is None or command.card is None else await indexing.newest()

    def slot_of(name: str, _: Personal) -> SlotId:
        return link if name == "holder" else membership

    ids = FreshIds()
    sealed, boxes, periods, tags = await sealing.seal(command, AccountOpened, ids[0], slot_of, index_slot)

    def decide_on(books: Sequence[Book]) -> Decided:
        events = open_account(books[0].state, cast("OpenAccount[Sealed]", sealed), program, stamp(ids, clock), slots)
        return [(books[0], event) for event in events]

    return Task(
        key=command.key,
        fingerprint=mark,
        streams=(command.account_id,),
        decide=decide_on,
        answer=partial(receipt_of, command.account_id, command, None),
        boxes={ids[0]: boxes},
        reference=None if command.reference is None else str(command.reference),
        guards=() if member_id is None else ((member_id, MEMBERSHIP.code),),
        links=() if member_id is None else ((command.account_id, member_id),),
        periods=periods,
        index_rows=() if index_slot is None else index_rows(member_id or command.account_id, index_slot, tags),
    )


async def claiming_task(
    sealing: Sealing, program: Program, clock: Clock, command: Claim[str], mark: bytes
) -> Task:
    """카드 등록: the link is made now; with it what is indexed of the account becomes the member's (migration 0010)."""
    [link] = await sealing.fresh_slots(1)
    member_id = UUID(command.holder)
    ids = FreshIds(first_event_id(command.account_id, command.key))
    sealed, boxes, periods, _ = await sealing.seal(command, AccountClaimed, ids[0], lambda *_: link)

    def decide_on(books: Sequence[Book]) -> Decided:
        return [(books[0], event) for event in decide(books[0].state, sealed, program, stamp(ids, clock))]

    return Task(
        key=command.key,
        fingerprint=mark,
        streams=(command.account_id,),
        decide=decide_on,
        answer=partial(receipt_of, command.account_id, command, zone_of(program.zone)),
        boxes={ids[0]: boxes},
        reference=None if command.reference is None else str(command.reference),
        guards=((member_id, MEMBERSHIP.code),),
        links=((command.account_id, member_id),),
        periods=periods,
    )
