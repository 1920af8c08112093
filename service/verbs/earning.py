"""Points come in, and are taken back: 적립, 적립확정, 적립취소, 부분취소, 충전, 조정."""

from __future__ import annotations

from datetime import date, datetime
from typing import Unpack
from uuid import UUID

from ledger import OPERATOR, Accrue, Adjust, Charge, ClawBack, Confirm, Kind, Money, Order, Receipt, Reprice
from service.verbs.sending import Given, Sending


class Earning(Sending):
    """Each raises what `ledger.Ledger.execute` does."""

    def accrue(
        self,
        account: UUID,
        points: int | None = None,
        *,
        purchase: Money | None = None,
        order: Order | None = None,
        kind: Kind = "free",
        funder: str = OPERATOR,
        supplier: str | None = None,
        own_use: str | None = None,
        priority: int = 0,
        usable_at: datetime | None = None,
        expires_on: date | None = None,
        pending: bool = False,
        memo: str | None = None,
        detail: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """적립: stated points, or what a purchase earns, or an order by the program's rules.

        ``pending`` ones (적립예정) wait for their confirmation. What rules give has the terms that they say.
        """
        return self.execute(
            Accrue(
                points=points,
                purchase=purchase,
                order=order,
                kind=kind,
                funder=funder,
                supplier=supplier,
                own_use=own_use,
                priority=priority,
                usable_at=usable_at,
                expires_on=expires_on,
                pending=pending,
                memo=memo,
                detail=detail,
                **self.told(account, given),
            )
        )

    def reprice(
        self,
        account: UUID,
        accrual: UUID,
        remains: Order,
        *,
        reason: str = "order cancelled in part",
        **given: Unpack[Given],
    ) -> Receipt:
        """부분취소: that remains of the order, named by its accrual's receipt id; the rest earns nothing any more."""
        told = self.told(account, given)
        return self.execute(Reprice(accrual_id=accrual, remains=remains, reason=reason, **told))

    def confirm(
        self,
        account: UUID,
        accrual: UUID,
        *,
        usable_at: datetime | None = None,
        expires_on: date | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """적립확정 (구매확정) of a pending accrual, named by its receipt id."""
        told = self.told(account, given)
        return self.execute(Confirm(accrual_id=accrual, usable_at=usable_at, expires_on=expires_on, **told))

    def claw_back(
        self,
        account: UUID,
        accrual: UUID,
        points: int | None = None,
        *,
        reason: str = "purchase cancelled",
        **given: Unpack[Given],
    ) -> Receipt:
        """적립취소, in full or in part. The receipt's ``shortfall`` says what was not there any more."""
        told = self.told(account, given)
        return self.execute(ClawBack(accrual_id=accrual, points=points, reason=reason, **told))

    def charge(
        self,
        account: UUID,
        points: int,
        money: Money,
        *,
        bonus: int = 0,
        bonus_expires_on: date | None = None,
        memo: str | None = None,
        detail: str | None = None,
        instrument: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """충전: points for money, and perhaps free ones beside them."""
        return self.execute(
            Charge(
                points=points,
                money=money,
                bonus=bonus,
                bonus_expires_on=bonus_expires_on,
                memo=memo,
                detail=detail,
                instrument=instrument,
                **self.told(account, given),
            )
        )

    def adjust(
        self,
        account: UUID,
        points: int,
        reason: str,
        *,
        approver: str | None = None,
        may_owe: bool = False,
        corrects: UUID | None = None,
        kind: Kind = "free",
        funder: str = OPERATOR,
        expires_on: date | None = None,
        memo: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """조정: add points, or take them (below 0); above the program's limit with a second person's approval."""
        return self.execute(
            Adjust(
                points=points,
                reason=reason,
                approver=approver,
                may_owe=may_owe,
                corrects=corrects,
                kind=kind,
                funder=funder,
                expires_on=expires_on,
                memo=memo,
                **self.told(account, given),
            )
        )
