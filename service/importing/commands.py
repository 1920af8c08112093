"""What a row becomes: commands of the ledger, each with a key that follows from the row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid5

from ledger import (
    PAYMENTS,
    Command,
    Freeze,
    GiveConsent,
    ImportCoupon,
    ImportHistory,
    ImportHold,
    ImportLot,
    Join,
    LotPoints,
    Money,
    OpenAccount,
    Suspend,
    WithdrawConsent,
)
from service.importing.identities import Identities
from service.importing.judge import Accepted
from service.importing.layout import ACCOUNTS, CONSENTS, COUPONS, HISTORY, HOLDS, LOTS, MEMBERS

ACTOR: Final = "import"
STANDING: Final = "taken over as it stood"


class Commands:
    """Makes the commands of one import. ``currencies`` by program."""

    def __init__(self, identities: Identities, source: str, currencies: Mapping[str, str]) -> None:
        assert identities.cut_over is not None
        self._identities = identities
        self._source = source
        self._cut_over = identities.cut_over
        self._currencies = currencies
        self._makers: Mapping[str, Callable[[Accepted], Iterator[Command]]] = {
            MEMBERS.name: self._member,
            CONSENTS.name: self._consent,
            ACCOUNTS.name: self._account,
            HISTORY.name: self._history,
            LOTS.name: self._lot,
            HOLDS.name: self._hold,
            COUPONS.name: self._coupon,
        }

    def of(self, accepted: Accepted) -> list[Command]:
        """In their order; the first is what the row is, the others follow from it."""
        return list(self._makers[accepted.layout.name](accepted))

    def _stamp(self, accepted: Accepted, at: datetime, also: str = "") -> dict[str, Any]:
        key = self._identities.key(accepted.stream, accepted.key_name + also)
        return {"key": key, "occurred_at": at, "actor": ACTOR}

    def _taken(self, accepted: Accepted) -> dict[str, Any]:
        return {
            "account_id": accepted.stream,
            "source": self._source,
            **self._stamp(accepted, self._cut_over),
        }

    def _member(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        yield Join(
            member_id=accepted.stream,
            name=row.name,
            email=row.email,
            phone=row.phone,
            gender=row.gender,
            birth_date=row.birth_date,
            **self._stamp(accepted, row.joined_at),
        )

    def _consent(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        common = {"member_id": accepted.stream, "purpose": row.purpose, "channel": row.channel}
        yield GiveConsent(text_version=row.text_version, **common, **self._stamp(accepted, row.given_at))
        if row.withdrawn_at is not None:
            yield WithdrawConsent(**common, **self._stamp(accepted, row.withdrawn_at, "/withdrawn"))

    def _account(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        stream = accepted.stream
        yield OpenAccount(
            account_id=stream,
            program=row.program,
            holder=str(accepted.member),
            **self._stamp(accepted, row.opened_at),
        )
        if row.status != "active":
            kind = Suspend if row.status == "suspended" else Freeze
            yield kind(account_id=stream, reason=STANDING, **self._stamp(accepted, self._cut_over, f"/{row.status}"))

    def _history(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        record = "paid" if row.movement in PAYMENTS else "detail"
        yield ImportHistory(
            account_id=accepted.stream,
            source=self._source,
            movement=row.movement,
            points=row.points,
            store=row.store,
            memo=row.memo,
            **{record: row.detail},
            **self._stamp(accepted, row.occurred_at),
        )

    def _lot(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        yield ImportLot(
            points=row.points,
            earned_at=row.earned_at,
            kind=row.kind,
            funder=row.funder,
            supplier=row.supplier,
            usable_at=row.usable_at,
            expires_on=row.expires_on,
            **self._taken(accepted),
        )

    def _hold(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        yield ImportHold(
            parts=tuple(LotPoints(lot, points) for lot, points in accepted.lots),
            held_at=row.held_at,
            cash=None if row.cash is None else Money(row.cash, self._currencies[accepted.program]),
            store=row.store,
            times_out_at=row.times_out_at,
            authorising=row.authorising,
            **self._taken(accepted),
        )

    def _coupon(self, accepted: Accepted) -> Iterator[Command]:
        row = accepted.row
        taken = self._taken(accepted)
        yield ImportCoupon(
            coupon=row.coupon,
            coupon_id=uuid5(taken["key"], "coupon"),
            points=row.points,
            issued_at=row.issued_at,
            kind=row.kind,
            funder=row.funder,
            expires_on=row.expires_on,
            points_expire_on=row.points_expire_on,
            code=row.code,
            **taken,
        )
