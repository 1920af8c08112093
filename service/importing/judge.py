"""The judge: whether a row is taken over, by what it says itself, by the rows before it, and by what a law still keeps.

It sees all that the ledger would refuse, so that a dry run and a real one agree; what the ledger refuses all the same
is told as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from ledger import (
    CONTRACT,
    OPEN_HOLDS_MAX,
    OPEN_LOTS_MAX,
    PAYMENT,
    PAYMENTS,
    Program,
    Span,
    day_of,
    first_event_id,
    last_retention_day,
    zone_of,
)
from service.importing.identities import Identities
from service.importing.layout import (
    ACCOUNTS,
    CONSENTS,
    COUPONS,
    HISTORY,
    HOLDS,
    LOTS,
    MEMBERS,
    FileLayout,
)
from service.importing.notebook import KnownAccount, KnownLot, Notebook
from service.importing.reading import RawRow, cells_of
from service.importing.reasons import Reason, RowRejected
from service.importing.rows import (
    AccountRow,
    ConsentRow,
    CouponRow,
    HistoryRow,
    HoldRow,
    LotRow,
    MemberRow,
    understood,
)

HISTORY_SPAN: Final = Span(years=5)
"""A line that is no record of a contract or a payment: five years (정책 제3조 제3항) from its own day."""


class PastRetention(Exception):
    """No law keeps the row any more, so it is not taken over."""


class Forgotten(Exception):
    """Its member was taken over and erased. The points stay in the books, under ids that nobody can find again."""

    def __init__(self, program: str = "", points: tuple[tuple[str, str, int], ...] = ()) -> None:
        super().__init__("erased after it was taken over")
        self.program = program
        self.points = points


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that is taken over, with the stream that it is of: a member's or an account's.

    ``points`` by kind and funder is what it brings into the books.
    """

    layout: FileLayout
    raw: RawRow
    row: Any
    stream: UUID
    program: str = ""
    points: tuple[tuple[str, str, int], ...] = ()
    member: UUID | None = None
    lots: tuple[tuple[UUID, int], ...] = ()

    @property
    def key_name(self) -> str:
        """What its key is made from."""
        return f"{self.layout.name}/{self.row.id}"


class Judge:
    """One run. Rows come in the order of `FILES`, and within a file in its own."""

    def __init__(
        self, notebook: Notebook, identities: Identities, programs: Mapping[str, Program], *, now: datetime
    ) -> None:
        assert identities.cut_over is not None
        self._notebook = notebook
        self._identities = identities
        self._programs = programs
        self._cut_over = identities.cut_over
        self._today = day_of(now)
        self._judges: dict[str, Any] = {
            MEMBERS.name: self._member,
            CONSENTS.name: self._consent,
            ACCOUNTS.name: self._account,
            HISTORY.name: self._history,
            LOTS.name: self._lot,
            HOLDS.name: self._hold,
            COUPONS.name: self._coupon,
        }

    def judge(self, layout: FileLayout, raw: RawRow) -> Accepted:
        """Raises `RowRejected`, `PastRetention`, `Forgotten`."""
        row: Any = None
        try:
            row = understood(layout, cells_of(layout, raw))
            accepted: Accepted = self._judges[layout.name](raw, row)
        except (RowRejected, PastRetention, Forgotten) as error:
            name = row.id if row is not None else self._name_of(layout, raw)
            is_rejected = isinstance(error, RowRejected)
            is_first = name is None or self._notebook.note(layout.name, name, accepted=not is_rejected)
            if not is_first and is_rejected and getattr(error, "reason", None) is not Reason.DUPLICATE:
                raise RowRejected(Reason.DUPLICATE, layout.key) from None
            if isinstance(error, Forgotten):
                raise self._forgotten(row) from None
            raise
        if not self._notebook.note(layout.name, row.id, accepted=True):
            raise RowRejected(Reason.DUPLICATE, layout.key)
        self._remember(accepted)
        return accepted

    def event_of(self, accepted: Accepted) -> UUID:
        """The id that the first event of the row has."""
        return first_event_id(accepted.stream, self._identities.key(accepted.stream, accepted.key_name))

    def _name_of(self, layout: FileLayout, raw: RawRow) -> str | None:
        return raw.cells[0].strip() or None if len(raw.cells) == len(layout.columns) else None

    def _forgotten(self, row: Any) -> Forgotten:
        """What a row of an erased member has left in the books. What it is the owner of is remembered."""
        if isinstance(row, AccountRow):
            self._notebook.add_account(row.id, row.program)
            return Forgotten(row.program)
        account = self._notebook.account(getattr(row, "account", ""))
        if account is None:
            return Forgotten()
        if isinstance(row, LotRow):
            self._notebook.add_lot(row.id, KnownLot(row.account, row.kind, row.funder, row.points))
        if isinstance(row, LotRow | CouponRow):
            return Forgotten(account.program, ((row.kind, row.funder, row.points),))
        if isinstance(row, HoldRow):
            return Forgotten(account.program, self._held(row))
        return Forgotten(account.program)

    def _held(self, row: HoldRow) -> tuple[tuple[str, str, int], ...]:
        """The points of a hold by kind and funder."""
        sums: dict[tuple[str, str], int] = {}
        for name, points in row.parts:
            lot = self._notebook.lot(name)
            if lot is not None:
                sums[lot.kind, lot.funder] = sums.get((lot.kind, lot.funder), 0) + points
        return tuple((kind, funder, points) for (kind, funder), points in sums.items())

    def _remember(self, accepted: Accepted) -> None:
        row, notebook = accepted.row, self._notebook
        if isinstance(row, AccountRow):
            notebook.add_account(row.id, row.program)
        elif isinstance(row, LotRow):
            notebook.add_lot(row.id, KnownLot(row.account, row.kind, row.funder, row.points))
        elif isinstance(row, HoldRow):
            notebook.take(row.account, list(row.parts))
        if accepted.points:
            notebook.expect(self.event_of(accepted), accepted.layout.file_name, accepted.raw.line, accepted.points)

    def _member(self, raw: RawRow, row: MemberRow) -> Accepted:
        self._before_cut_over(row.joined_at, "joined_at")
        return Accepted(MEMBERS, raw, row, self._new(MEMBERS, row.id))

    def _consent(self, raw: RawRow, row: ConsentRow) -> Accepted:
        self._before_cut_over(row.given_at, "given_at")
        if row.withdrawn_at is not None:
            self._before_cut_over(row.withdrawn_at, "withdrawn_at")
            if row.withdrawn_at < row.given_at:
                raise RowRejected(Reason.WRONG_ORDER, "withdrawn_at")
        return Accepted(CONSENTS, raw, row, self._owner(MEMBERS, row.member, Reason.UNKNOWN_MEMBER))

    def _account(self, raw: RawRow, row: AccountRow) -> Accepted:
        if row.program not in self._programs:
            raise RowRejected(Reason.UNKNOWN_PROGRAM, "program")
        if row.status == "left":
            raise RowRejected(Reason.ACCOUNT_LEFT, "status")
        self._before_cut_over(row.opened_at, "opened_at")
        member = self._owner(MEMBERS, row.member, Reason.UNKNOWN_MEMBER)
        return Accepted(ACCOUNTS, raw, row, self._new(ACCOUNTS, row.id, member), row.program, member=member)

    def _history(self, raw: RawRow, row: HistoryRow) -> Accepted:
        self._before_cut_over(row.occurred_at, "occurred_at")
        stream, account = self._of_account(row.account)
        retention = PAYMENT if row.movement in PAYMENTS else CONTRACT
        span = (retention.span if row.detail is not None else None) or HISTORY_SPAN
        if last_retention_day(row.occurred_at, span) < self._today:
            raise PastRetention
        return Accepted(HISTORY, raw, row, stream, account.program)

    def _lot(self, raw: RawRow, row: LotRow) -> Accepted:
        self._before_cut_over(row.earned_at, "earned_at")
        usable_at = row.usable_at or row.earned_at
        if usable_at < row.earned_at:
            raise RowRejected(Reason.WRONG_ORDER, "usable_at")
        stream, account = self._of_account(row.account)
        if row.expires_on is not None and row.expires_on < self._day(usable_at, account):
            raise RowRejected(Reason.WRONG_ORDER, "expires_on")
        if account.lots >= OPEN_LOTS_MAX:
            raise RowRejected(Reason.LIMIT_REACHED, "account_id")
        return Accepted(LOTS, raw, row, stream, account.program, ((row.kind, row.funder, row.points),))

    def _hold(self, raw: RawRow, row: HoldRow) -> Accepted:
        self._before_cut_over(row.held_at, "held_at")
        if row.times_out_at is not None and row.times_out_at <= row.held_at:
            raise RowRejected(Reason.WRONG_ORDER, "times_out_at")
        stream, account = self._of_account(row.account)
        if account.holds >= OPEN_HOLDS_MAX:
            raise RowRejected(Reason.LIMIT_REACHED, "account_id")
        left: dict[str, int] = {}
        lots = []
        for name, points in row.parts:
            lot = self._notebook.lot(name)
            if lot is None or lot.account != row.account:
                is_there = self._notebook.accepted(LOTS.name, name) is False
                raise RowRejected(Reason.OWNER_REJECTED if is_there else Reason.UNKNOWN_LOT, "lots")
            left[name] = left.get(name, lot.points) - points
            if left[name] < 0:
                raise RowRejected(Reason.TOO_MANY_POINTS, "lots")
            lots.append((first_event_id(stream, self._identities.key(stream, f"{LOTS.name}/{name}")), points))
        return Accepted(HOLDS, raw, row, stream, account.program, self._held(row), lots=tuple(lots))

    def _coupon(self, raw: RawRow, row: CouponRow) -> Accepted:
        self._before_cut_over(row.issued_at, "issued_at")
        stream, account = self._of_account(row.account)
        for name in ("expires_on", "points_expire_on"):
            last: date | None = getattr(row, name)
            if last is not None and last < self._day(row.issued_at, account):
                raise RowRejected(Reason.WRONG_ORDER, name)
        return Accepted(COUPONS, raw, row, stream, account.program, ((row.kind, row.funder, row.points),))

    def _before_cut_over(self, at: datetime, column: str) -> None:
        if at > self._cut_over:
            raise RowRejected(Reason.AFTER_CUT_OVER, column)

    def _day(self, at: datetime, account: KnownAccount) -> date:
        return day_of(at, zone_of(self._programs[account.program].zone))

    def _new(self, layout: FileLayout, name: str, owner: UUID | None = None) -> UUID:
        if self._notebook.accepted(layout.name, name) is not None:
            raise RowRejected(Reason.DUPLICATE, layout.key)
        found = self._identities.id_of(layout.name, name, owner)
        if found is None:
            raise Forgotten
        return found

    def _owner(self, layout: FileLayout, name: str, unknown: Reason) -> UUID:
        accepted = self._notebook.accepted(layout.name, name)
        if accepted is None:
            raise RowRejected(unknown, layout.key)
        if not accepted:
            raise RowRejected(Reason.OWNER_REJECTED, layout.key)
        found = self._identities.id_of(layout.name, name)
        if found is None:
            raise Forgotten
        return found

    def _of_account(self, name: str) -> tuple[UUID, KnownAccount]:
        stream = self._owner(ACCOUNTS, name, Reason.UNKNOWN_ACCOUNT)
        account = self._notebook.account(name)
        if account is None:
            raise Forgotten
        return stream, account
