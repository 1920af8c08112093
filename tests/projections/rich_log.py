"""A log with every kind of event: random commands, decided by the ledger's own domain, over three programs.

The same seed makes the same log. It has the shape of `benchmarks.history`, so that the same `Log` appends it; the
folded accounts stay at hand, for comparing the read models with what the domain says.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.history import Happened
from crypto_shredding import Sealed, SlotId
from ledger.calendar import SEOUL, Span, day_of
from ledger.errors import Refused
from ledger.points import commands as c
from ledger.points.account import Account
from ledger.points.decide import convert, decide, leave_account, open_account, transfer
from ledger.points.draws import total
from ledger.points.events import PartnerDefined, ProgramDefined
from ledger.points.evolve import evolve
from ledger.points.movements import Money
from ledger.points.partner import Partner
from ledger.points.program import Conversion, Program
from ledger.points.stamp import Stamp, first_event_id

BEGINNING = datetime(2024, 1, 1, 3, tzinfo=UTC)
IDS = 60
FUNDERS = ("operator", "operator", "1208147521", "2148801234")
PARTNER = Partner("1208147521", "동네서점", 1, date(2024, 1, 1))
PROGRAMS = (
    Program(
        "ACME",
        "포인트",
        1,
        expires_after=Span(months=3),
        clawback_reach="any_funder",
        conversions=(Conversion("BLUE", 3, 2),),
    ),
    Program(
        "BLUE",
        "파랑",
        1,
        clawback_policy="offset_refund",
        refund_grace_days=10,
        conversions=(Conversion("ACME", 1, 1),),
    ),
    Program(
        "CLAY",
        "점토",
        1,
        clawback_policy="clamp",
        spending_order="free_first",
        cash_out_fee=150,
        expires_after=Span(days=90),
        expiry_from="activity",
        unnoticed_days=10,
    ),
)


class RichLog:
    """Gives commands to accounts and keeps what happened. A command that is refused leaves nothing.

    ``late`` of them come some time after what they tell had happened.
    """

    def __init__(self, seed: int = 0, *, late: float = 0) -> None:
        self.late = late
        self.random = random.Random(seed)
        self.now = BEGINNING
        self.events: list[Happened] = []
        self.accounts: dict[UUID, Account] = {}
        self.programs = {program.code: program for program in PROGRAMS}
        for program in PROGRAMS:
            facts = {"occurred_at": self.now, "recorded_at": self.now, "actor": "officer"}
            self.events.append((self.id(), ProgramDefined(id=self.id(), program=program, **facts)))
        self.events.append((self.id(), PartnerDefined(id=self.id(), partner=PARTNER, **facts)))

    def id(self) -> UUID:
        """A random id, the same for the same seed."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def sealed(self) -> Sealed:
        """A reference to a value that nobody sealed."""
        return Sealed(SlotId(self.random.randint(1, 1 << 40)), SlotId(0), self.random.randbytes(32))

    def open(self, program: str = "ACME", **known_by: Sealed | None) -> UUID:
        """A new account, of a member unless it is said otherwise."""
        account_id = self.id()
        content = {"program": program, **(known_by or {"holder": self.sealed()})}
        command = self._command(account_id, c.OpenAccount[Sealed], content)
        slots = c.AccountSlots(SlotId(1), SlotId(2), SlotId(3))
        self._append(account_id, open_account(None, command, self.programs[program], self._stamp(command), slots))
        return account_id

    def do(self, account_id: UUID, kind: Any, **content: Any) -> tuple[Any, ...]:
        """Decide on a command to the account, and append. Raises `Refused`."""
        command = self._command(account_id, kind, content)
        account = self.accounts[account_id]
        events = decide(account, command, self._program(account), self._stamp(command))
        self._append(account_id, events)
        return events

    def move(self, giver: UUID, receiver: UUID, points: int) -> tuple[Any, ...]:
        """Transfer within a program, convert between two. Raises `Refused`."""
        one, other = self.accounts[giver], self.accounts[receiver]
        is_transfer = one.program == other.program
        notes = {"memo": self.sealed(), "receiver_memo": self.sealed()} if is_transfer else {}
        content = {"to_account_id": receiver, "points": points, **notes}
        command = self._command(giver, c.Transfer[Sealed] if is_transfer else c.Convert, content)
        stamps = self._stamp(command), self._stamp(command, receiver)
        if is_transfer:
            both = transfer(one, other, command, self._program(one), stamps)
        else:
            both = convert(one, other, command, (self._program(one), self._program(other)), stamps)
        self._append(giver, both[0])
        self._append(receiver, both[1])
        return (*both[0], *both[1])

    def leave(self, account_id: UUID) -> tuple[Any, ...]:
        """Leave with the account. Raises `Refused`."""
        account = self.accounts[account_id]
        stamp = Stamp([self.id() for _ in range(IDS)], self.now)
        events = leave_account(account, self._program(account), stamp, occurred_at=self.now, actor="app")
        self._append(account_id, events)
        return events

    def pass_days(self, days: int) -> None:
        """Time goes on."""
        self.now += timedelta(days=days)

    def today(self) -> date:
        """In the programs' zone."""
        return day_of(self.now, SEOUL)

    def run(self, commands: int, accounts: int = 6) -> None:
        """Give so many random commands; about a third of them is refused."""
        ids = [self.open(code) for code in ("ACME", "ACME", "BLUE", "CLAY", "ACME", "BLUE")[:accounts]]
        for _ in range(commands):
            self.now += timedelta(minutes=self.random.choice((1, 20, 700, 3_000)))
            account_id = self.random.choice(ids)
            try:
                self._anything(account_id, ids)
            except Refused:
                continue
        self._somebody_claims()
        self._somebody_leaves()

    def _somebody_claims(self) -> None:
        """An account that was known by a card number alone."""
        account_id = self.open(holder=None, card=self.sealed())
        self.do(account_id, c.Accrue[Sealed], points=40)
        self.do(account_id, c.Claim[Sealed], holder=self.sealed())

    def _somebody_leaves(self) -> None:
        """With points, and with a payment that is refunded afterwards."""
        account_id, late, self.late = self.open(), self.late, 0.0
        self.do(account_id, c.Accrue[Sealed], points=500, funder="1208147521")
        (paid,) = self.do(account_id, c.Pay[Sealed], points=120, store="S9")
        self.do(account_id, c.Charge[Sealed], points=70, money=Money(70))
        self.leave(account_id)
        self.pass_days(1)
        self.do(account_id, c.Refund[Sealed], spending_id=paid.id)
        (claim_id,) = self.accounts[account_id].aside.claims
        self.do(account_id, c.SettleClaim[Sealed], claim_id=claim_id, payee=self.sealed())
        self.late = late

    def _anything(self, account_id: UUID, ids: list[UUID]) -> None:
        account, some = self.accounts[account_id], self.random.randint(1, 300)
        pick = self.random.choice
        open_holds = [hold.hold_id for hold in account.aside.holds.values() if hold.is_open]
        coupons = [each.spending_id for each in account.spendings.values() if each.coupon is not None]
        verbs: list[tuple[int, Any]] = [
            (9, lambda: self._earn(account_id, some)),
            (2, lambda: self.do(account_id, c.Confirm, accrual_id=pick(list(account.aside.pending)))),
            (4, lambda: self.do(account_id, c.ClawBack, accrual_id=pick([*account.lots, *account.aside.pending]))),
            (1, lambda: self._claw_back_some(account_id)),
            (2, lambda: self.do(account_id, c.Charge[Sealed], points=some, money=Money(some), bonus=some // 10)),
            (1, lambda: self.do(account_id, c.CashOut[Sealed], points=some // 2 + 1, payee=self.sealed())),
            (2, lambda: self._adjust(account_id, pick((some, -some)))),
            (4, lambda: self.do(account_id, c.Pay[Sealed], points=some, cash=Money(some), store="S1", redeemer="55")),
            (3, lambda: self._exchange(account_id, some)),
            (4, lambda: self._refund(account_id)),
            (3, lambda: self.do(account_id, c.Hold, points=some, cash=Money(some), store="S2")),
            (1, lambda: self.do(account_id, c.Authorise, hold_id=pick(open_holds))),
            (2, lambda: self._capture(account_id, pick(open_holds))),
            (1, lambda: self.do(account_id, c.Release, hold_id=pick(open_holds))),
            (1, lambda: self.do(account_id, c.TimeOutHolds)),
            (2, lambda: self.do(account_id, c.RedeemCoupon, spending_id=pick(coupons), redeemer="66", store="S3")),
            (1, lambda: self.do(account_id, c.ExpireCoupons, as_of=self.today())),
            (3, lambda: self.move(account_id, pick(ids), some // 3 + 1)),
            (1, lambda: self.do(account_id, c.Void, voided_key=self.id())),
            (2, lambda: self.do(account_id, c.Expire, as_of=self.today())),
            (3, lambda: self._import(account_id, some)),
            (2, lambda: self.do(account_id, c.Extend, as_of=self.today())),
            (2, lambda: self.do(account_id, c.NotifyExpiry, as_of=self.today())),
            (1, lambda: self.do(account_id, pick((c.Suspend, c.Freeze)), reason="card lost")),
            (3, lambda: self.do(account_id, c.Reinstate, reason="card found")),
        ]
        if self.random.random() < 0.004 and len(ids) > 3:
            self.leave(account_id)
            return
        weights = [weight for weight, _ in verbs]
        try:
            self.random.choices(verbs, weights)[0][1]()
        except IndexError:
            return  # there was nothing to pick from

    def _earn(self, account_id: UUID, points: int) -> None:
        self.do(
            account_id,
            c.Accrue[Sealed],
            points=points,
            purchase=Money(points * 100),
            funder=self.random.choice(FUNDERS),
            pending=self.random.random() < 0.3,
            usable_at=self.now + timedelta(days=2) if self.random.random() < 0.1 else None,
            memo=self.sealed() if self.random.random() < 0.5 else None,
            detail=self.sealed(),
        )

    def _claw_back_some(self, account_id: UUID) -> None:
        lot = self.random.choice(list(self.accounts[account_id].lots.values()))
        self.do(account_id, c.ClawBack, accrual_id=lot.lot_id, points=lot.points // 2 + 1)

    def _adjust(self, account_id: UUID, points: int) -> None:
        funder, may_owe = self.random.choice(FUNDERS), self.random.random() < 0.5
        content = {"points": points, "reason": "correction", "funder": funder, "may_owe": may_owe, "approver": "two"}
        self.do(account_id, c.Adjust[Sealed], **content)

    def _exchange(self, account_id: UUID, points: int) -> None:
        last = self.today() + timedelta(days=self.random.choice((3, 200)))
        content = {"coupon": "COFFEE", "coupon_id": self.id(), "code": self.sealed(), "expires_on": last}
        self.do(account_id, c.Exchange[Sealed], points=points, **content)

    def _refund(self, account_id: UUID) -> None:
        spending = self.random.choice(list(self.accounts[account_id].spendings.values()))
        choice = self.random.random()
        if choice < 0.2:
            part = {"points": 0, "cash": 1}
        elif choice < 0.6:
            part = {"amount": self.random.randint(1, spending.points)}
        else:
            part = {}
        self.do(account_id, c.Refund[Sealed], spending_id=spending.spending_id, **part)

    def _capture(self, account_id: UUID, hold_id: UUID) -> None:
        points = self.random.choice((None, total(self.accounts[account_id].aside.holds[hold_id].draws) // 2 + 1))
        self.do(account_id, c.Capture[Sealed], hold_id=hold_id, points=points, memo=self.sealed())

    def _import(self, account_id: UUID, points: int) -> None:
        """What another system owed, and a line of what it remembers."""
        old, then = {"source": "old", "funder": self.random.choice(FUNDERS)}, self.now - timedelta(days=40)
        last = self.today() + timedelta(days=self.random.choice((3, 200)))
        (lot,) = self.do(account_id, c.ImportLot, points=points, earned_at=then, expires_on=last, **old)[:1]
        part = c.LotPoints(lot.id, points // 2 + 1)
        if any(each.lot_id == lot.id and each.points > part.points for each in self.accounts[account_id].open_lots):
            self.do(account_id, c.ImportHold, source="old", parts=(part,), held_at=then)
        content = {"coupon": "TEA", "coupon_id": self.id(), "points": points, "issued_at": then, **old}
        self.do(account_id, c.ImportCoupon[Sealed], points_expire_on=last, code=self.sealed(), **content)
        told = {"source": "old", "movement": "pay", "points": -points, "occurred_at": then}
        self.do(account_id, c.ImportHistory[Sealed], paid=self.sealed(), **told)

    def _command(self, account_id: UUID, kind: Any, content: dict[str, Any]) -> Any:
        ago = self.random.choice((30, 1_000, 8_000)) if self.random.random() < self.late else 0
        occurred_at = content.pop("occurred_at", self.now - timedelta(minutes=ago))
        return kind(key=self.id(), account_id=account_id, occurred_at=occurred_at, actor="till", **content)

    def _stamp(self, command: Any, account_id: UUID | None = None) -> Stamp:
        first = first_event_id(account_id or command.account_id, command.key)
        return Stamp((first, *(self.id() for _ in range(IDS))), self.now)

    def _program(self, account: Account) -> Program:
        return self.programs[account.program]

    def _append(self, account_id: UUID, events: Iterable[Any]) -> None:
        account = self.accounts.get(account_id)
        for event in events:
            account = evolve(account, event)
            self.events.append((account_id, event))
        if account is not None:
            self.accounts[account_id] = account
