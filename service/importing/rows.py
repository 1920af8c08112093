"""Rows as they are understood: one class a file, made of cells, before anything else is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, get_args

from ledger import MONEY_MAX, POINTS_MAX, ConsentChannel, ConsentPurpose, EarlierMovement, Kind
from service.importing.cells import Cells, whole
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
from service.importing.reasons import Reason, RowRejected

STATUSES: Final = ("active", "suspended", "frozen", "left")
HOLD_STATUSES: Final = ("open", "authorising")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``id`` is the other system's; it is in no event."""

    id: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow(Row):
    """A member."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)
    gender: str | None = field(repr=False)
    birth_date: str | None = field(repr=False)
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow(Row):
    """A consent, and when it was withdrawn."""

    member: str = field(repr=False)
    purpose: Any
    text_version: str
    channel: Any
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow(Row):
    """An account."""

    member: str = field(repr=False)
    program: str
    opened_at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow(Row):
    """A line of history; points as the member saw them."""

    account: str = field(repr=False)
    occurred_at: datetime
    movement: Any
    points: int
    store: str | None
    detail: str | None = field(repr=False)
    memo: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow(Row):
    """A lot with what is left of it."""

    account: str = field(repr=False)
    points: int
    kind: Any
    funder: str
    supplier: str | None
    earned_at: datetime
    usable_at: datetime | None
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow(Row):
    """An open hold; ``parts`` are points by the other system's lots."""

    account: str = field(repr=False)
    parts: tuple[tuple[str, int], ...]
    cash: int | None
    store: str | None
    held_at: datetime
    times_out_at: datetime | None
    authorising: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponRow(Row):
    """A coupon that was not used."""

    account: str = field(repr=False)
    coupon: str
    code: str | None = field(repr=False)
    points: int
    kind: Any
    funder: str
    issued_at: datetime
    expires_on: date | None
    points_expire_on: date | None


def understood(layout: FileLayout, cells: Mapping[str, str | None]) -> Any:
    """The row of some cells. Raises `RowRejected`."""
    return _MAKE[layout.name](Cells(cells))


def _member(cells: Cells) -> MemberRow:
    texts = {name: cells.personal(name) or "" for name in ("name", "email", "phone")}
    return MemberRow(
        id=cells.id("member_id"),
        **texts,
        gender=cells.personal("gender"),
        birth_date=cells.personal("birth_date"),
        joined_at=cells.at("joined_at"),
    )


def _consent(cells: Cells) -> ConsentRow:
    return ConsentRow(
        id=cells.id("consent_id"),
        member=cells.id("member_id"),
        purpose=cells.word("purpose", get_args(ConsentPurpose)),
        text_version=cells.version("text_version"),
        channel=cells.word("channel", get_args(ConsentChannel)),
        given_at=cells.at("given_at"),
        withdrawn_at=cells.instant("withdrawn_at"),
    )


def _account(cells: Cells) -> AccountRow:
    return AccountRow(
        id=cells.id("account_id"),
        member=cells.id("member_id"),
        program=cells.id("program"),
        opened_at=cells.at("opened_at"),
        status=cells.word("status", STATUSES),
    )


def _history(cells: Cells) -> HistoryRow:
    return HistoryRow(
        id=cells.id("line_id"),
        account=cells.id("account_id"),
        occurred_at=cells.at("occurred_at"),
        movement=cells.word("movement", get_args(EarlierMovement)),
        points=cells.whole("points", -POINTS_MAX, POINTS_MAX),
        store=cells.named("store"),
        detail=cells.personal("detail"),
        memo=cells.personal("memo"),
    )


def _lot(cells: Cells) -> LotRow:
    return LotRow(
        id=cells.id("lot_id"),
        account=cells.id("account_id"),
        points=cells.whole("points", 1, POINTS_MAX),
        kind=cells.word("kind", get_args(Kind)),
        funder=cells.name("funder"),
        supplier=cells.named("supplier"),
        earned_at=cells.at("earned_at"),
        usable_at=cells.instant("usable_at"),
        expires_on=cells.day("expires_on"),
    )


def _hold(cells: Cells) -> HoldRow:
    parts = []
    for each in cells.listing("lots"):
        lot, _, points = each.rpartition(":")
        if not lot:
            raise RowRejected(Reason.UNKNOWN_LOT, "lots")
        parts.append((lot, whole("lots", points, 1, POINTS_MAX)))
    if sum(points for _, points in parts) > POINTS_MAX:
        raise RowRejected(Reason.OUT_OF_RANGE, "lots")
    return HoldRow(
        id=cells.id("hold_id"),
        account=cells.id("account_id"),
        parts=tuple(parts),
        cash=None if cells.code("cash") is None else cells.whole("cash", 0, MONEY_MAX),
        store=cells.named("store"),
        held_at=cells.at("held_at"),
        times_out_at=cells.instant("times_out_at"),
        authorising=cells.word("status", HOLD_STATUSES) == "authorising",
    )


def _coupon(cells: Cells) -> CouponRow:
    return CouponRow(
        id=cells.id("coupon_id"),
        account=cells.id("account_id"),
        coupon=cells.name("coupon"),
        code=cells.personal("code"),
        points=cells.whole("points", 1, POINTS_MAX),
        kind=cells.word("kind", get_args(Kind)),
        funder=cells.name("funder"),
        issued_at=cells.at("issued_at"),
        expires_on=cells.day("expires_on"),
        points_expire_on=cells.day("points_expire_on"),
    )


_MAKE: Mapping[str, Callable[[Cells], Row]] = {
    MEMBERS.name: _member,
    CONSENTS.name: _consent,
    ACCOUNTS.name: _account,
    HISTORY.name: _history,
    LOTS.name: _lot,
    HOLDS.name: _hold,
    COUPONS.name: _coupon,
}
