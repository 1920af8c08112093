"""One process's desk with everything beside it, for tests: short verbs, a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg

from crypto_shredding import (
    BlindIndexer,
    Certificate,
    FileRoot,
    Holder,
    IndexKind,
    Keyring,
    Opener,
    OpenRequest,
    PeriodRegister,
    Place,
    PostgresKeyStore,
    Resealer,
    RootStore,
    Sealer,
    Shredder,
    SigningKey,
    read_certificate,
    verify_chain,
)
from ledger import (
    Accrue,
    Certificates,
    Certifier,
    Command,
    DefineProgram,
    Erase,
    Erasures,
    Join,
    Leave,
    Leaving,
    Ledger,
    LegalHolds,
    Money,
    OpenAccount,
    Pay,
    PlaceLegalHold,
    Program,
    Receipt,
    Rekeying,
    ReleaseLegalHold,
    RetentionRun,
    certificate_lines,
    decode,
    log_place,
    personal_fields,
)
from ledger.retention import RetentionClass

PROGRAM = "TEST"
MORNING = datetime(2024, 3, 7, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Addresses:
    """Where a process of the tests finds its databases and root; fits on a command line."""

    ledger: str
    keys: str
    root: Path


def read_held(addresses: Addresses, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Boxes that lie apart, as the role of disputes reads them."""
    with psycopg.connect(addresses.ledger.replace("ledger_app@", "ledger_dispute@")) as connection:
        rows = connection.execute(
            "SELECT b.position, b.field, b.box FROM ledger.held_box AS b "
            "INNER JOIN unnest(%s::bigint [], %s::smallint []) AS w (position, field) USING (position, field)",
            [[position for position, _ in places], [field for _, field in places]],
        ).fetchall()
    return {(position, field): bytes(box) for position, field, box in rows}


@dataclass
class Office:
    """``now`` may be set; ids are random unless they are given."""

    ledger: Ledger
    keyring: Keyring
    leaving: Leaving
    erasures: Erasures
    holds: LegalHolds
    retention: RetentionRun
    rekeying: Rekeying
    clock: list[datetime]
    addresses: Addresses
    tells: Callable[[], datetime]
    _stack: AsyncExitStack = field(repr=False)

    @classmethod
    async def open(
        cls,
        addresses: Addresses,
        now: datetime = MORNING,
        *,
        tells: Callable[[], datetime] | None = None,
        root: RootStore | None = None,
    ) -> Self:
        """With `tells` the clock goes by itself; `root` is another one than the file at the address."""
        stack = AsyncExitStack()
        clock = [now]
        tells = tells or (lambda: clock[0])
        witness = partial(log_place, addresses.ledger)
        root = root or FileRoot(addresses.root)
        store = PostgresKeyStore.connect(addresses.keys, root, at=tells(), witness=witness)
        keyring = stack.enter_context(Keyring(store))
        ledger = await stack.enter_async_context(
            await Ledger.open(
                addresses.ledger, sealer=Sealer(keyring), clock=tells, indexer=BlindIndexer(keyring)
            )
        )
        leaving = Leaving(ledger, Resealer(keyring))
        shredder = Shredder(keyring)
        erasures = Erasures(ledger, leaving, shredder)
        key = SigningKey.from_file(addresses.root.with_name("certificate.key"))
        issuer = keyring.installation.id
        certifier = Certifier(Certificates(addresses.ledger, issuer=issuer, key=key), (Holder("tree", "copy"),))
        held = partial(read_held, addresses)
        holds = LegalHolds(ledger, Resealer(keyring), shredder, held, certifier)
        retention = RetentionRun(
            ledger, erasures, holds, shredder, PeriodRegister(addresses.keys), certifier
        )
        rekeying = Rekeying(ledger, shredder, held, certifier)
        return cls(ledger, keyring, leaving, erasures, holds, retention, rekeying, clock, addresses, tells, stack)

    async def aclose(self) -> None:
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def now(self) -> datetime:
        return self.tells()

    @now.setter
    def now(self, instant: datetime) -> None:
        self.clock[0] = instant

    def stamp(self, **given: Any) -> dict[str, Any]:
        return {"key": uuid4(), "occurred_at": self.now, "actor": "test"} | given

    async def do(self, command: Command) -> Receipt:
        return await self.ledger.execute(command)

    async def program(self, **rules: Any) -> None:
        await self.do(DefineProgram(**self.stamp(), program=Program(PROGRAM, "a program", 1, **rules)))

    def joining(self, member: UUID, **given: Any) -> Join[str]:
        texts = {"name": f"name of {member}", "email": f"{member}@example.org", "phone": f"phone of {member}"}
        return Join(member_id=member, **self.stamp(**(texts | given)))

    async def member(self, *points: int) -> tuple[UUID, list[UUID]]:
        """A member with an account for each number of points (an empty one for 0)."""
        member = uuid4()
        await self.do(self.joining(member))
        accounts = [await self.account(member, each) for each in points]
        return member, accounts

    async def account(self, member: UUID, points: int = 0) -> UUID:
        account = uuid4()
        await self.do(OpenAccount(**self.stamp(), account_id=account, program=PROGRAM, holder=str(member)))
        if points:
            await self.do(self.accrual(account, points))
        return account

    def accrual(self, account: UUID, points: int, **given: Any) -> Accrue[str]:
        return Accrue(account_id=account, points=points, **self.stamp(**given))

    def payment(self, account: UUID, points: int, **given: Any) -> Pay[str]:
        return Pay(account_id=account, points=points, **self.stamp(**given))

    def full_payment(self, account: UUID, points: int) -> Pay[str]:
        """With every personal text that a payment has."""
        return self.payment(
            account, points, cash=Money(1_000), memo="a memo", detail="what was bought", instrument="**** 4821"
        )

    def leave(self, member: UUID, confirmed: int = 0) -> Leave:
        return Leave(member_id=member, confirmed_forfeit=confirmed, **self.stamp())

    def erase(self, member: UUID, confirmed: int = 0, **given: Any) -> Erase:
        return Erase(member_id=member, basis="test", confirmed_forfeit=confirmed, **self.stamp(**given))

    def hold(self, member: UUID, record: UUID, **given: Any) -> PlaceLegalHold[str]:
        told = {"hold_id": uuid4(), "approved_by": "officer", "reason": "a dispute over this receipt", **given}
        told.setdefault("review_on", (self.now + timedelta(days=90)).date())
        return PlaceLegalHold(member_id=member, record=str(record), **self.stamp(**told))

    def release(self, member: UUID, hold_id: UUID, **given: Any) -> ReleaseLegalHold:
        return ReleaseLegalHold(member_id=member, hold_id=hold_id, **self.stamp(approved_by="officer", **given))

    def certificates(self) -> list[Certificate]:
        """Everything that was certified; the chain holds."""
        lines = list(certificate_lines(self.addresses.ledger))
        key = SigningKey.from_file(self.addresses.root.with_name("certificate.key"))
        if lines:
            verify_chain(lines, [key.public_bytes])
        return [read_certificate(line) for line in lines]

    async def find(self, kind: IndexKind, text: str, *, dispute: bool = False) -> list[UUID]:
        return await self.ledger.find(kind, text, dispute=dispute)

    async def available(self, account: UUID) -> int:
        return (await self.ledger.balance(account)).available

    async def boxes(self, *streams: UUID) -> list[tuple[RetentionClass, OpenRequest]]:
        """Every sealed value of the streams, with its retention class."""
        rows, _ = await self.ledger.reader.read([(stream, 0) for stream in streams])
        found = []
        for row in rows:
            event = decode(row.topic, row.state)
            for name, mark in personal_fields(type(event)).items():
                if (sealed := getattr(event, name)) is not None:
                    stored = await self.ledger.reader.boxes([(row.position, mark.field_id)])
                    place = Place(event.id, event.TOPIC, mark.field_id)
                    box = stored.get((row.position, mark.field_id)) or self._held(row.position, mark.field_id)
                    found.append((mark.retention, OpenRequest(place, sealed, box)))
        return found

    def _held(self, position: int, field: int) -> bytes | None:
        """A box that is held apart, as the role of disputes reads it."""
        return read_held(self.addresses, [(position, field)]).get((position, field))

    def opened(self, requests: list[OpenRequest]) -> list[Any]:
        return list(Opener(self.keyring, purpose="test", actor="test").open_many(requests))
