"""Who a storm is about: members to erase and members who stay, each with a past that is sealed in every class."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from crypto_shredding import OpenRequest
from ledger import OpenAccount
from ledger.retention import RetentionClass
from tests.ledger.office import PROGRAM, Office
from tests.ledger.storm.instants import BOUGHT, JOINED

POINTS = 50
AT_ONCE = 10


@dataclass(frozen=True)
class Person:
    """A member with two accounts; `purchase` is a record of a day whose period will be closed."""

    member: UUID
    accounts: tuple[UUID, UUID]
    joining: UUID
    purchase: UUID
    values: tuple[tuple[RetentionClass, OpenRequest], ...]

    @property
    def streams(self) -> tuple[UUID, ...]:
        return (self.member, *self.accounts)


@dataclass(frozen=True)
class Cast:
    """`erased` leave one after the other, `staying` never."""

    erased: Sequence[Person]
    staying: Sequence[Person]

    @property
    def everybody(self) -> list[Person]:
        return [*self.erased, *self.staying]

    def holds(self) -> list[tuple[UUID, UUID, UUID]]:
        """Member, record and hold: of everybody the joining, and the purchase whose period will be closed."""
        wanted = [(each.member, record, uuid4()) for each in self.everybody for record in (each.joining, each.purchase)]
        random.shuffle(wanted)
        return wanted


async def make_cast(office: Office, *, erased: int, staying: int) -> Cast:
    people: list[Person] = []
    for first in range(0, erased + staying, AT_ONCE):
        some = range(first, min(first + AT_ONCE, erased + staying))
        people += await asyncio.gather(*(_person(office, number) for number in some))
    return Cast(people[:erased], people[erased:])


async def _person(office: Office, number: int) -> Person:
    member, accounts = uuid4(), (uuid4(), uuid4())
    joined = await office.do(office.joining(member, occurred_at=JOINED))
    for account in accounts:
        stamp = office.stamp(occurred_at=JOINED)
        await office.do(OpenAccount(**stamp, account_id=account, program=PROGRAM, holder=str(member)))
    await office.do(office.accrual(accounts[0], POINTS, memo="a memo"))
    day = BOUGHT[number % len(BOUGHT)]
    bought = await office.do(office.accrual(accounts[1], 1, detail="what was agreed", occurred_at=day))
    values = await office.boxes(member, *accounts)
    return Person(member, accounts, joined.receipt_id, bought.receipt_id, tuple(values))
