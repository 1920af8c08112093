"""Points come in, and are taken back: 적립, 적립확정, 적립취소, 충전, 조정."""

from __future__ import annotations

from datetime import date
from typing import Unpack
from uuid import UUID

from ledger import OPERATOR, Accrue, Adjust, Charge, ClawBack, Confirm, Money, Receipt
from service.verbs.sending import Given, Sending


class Earning(Sending):
    """Each raises what `ledger.Ledger.execute` does."""

    def accrue(
        self,
        account: UUID,
        points: int | None = None,
        *,
        purchase: Money | None = None,
        funder: str = OPERATOR,
        pending: bool = False,
        memo: str | None = None,
        detail: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """적립: stated points, or what a purchase earns; ``pending`` ones (적립예정) wait for their confirmation."""
        return self.execute(
            Accrue(
                points=points,
                purchase=purchase,
                funder=funder,
                pending=pending,
                memo=memo,
                detail=detail,
                **self.told(account, given),
            )
        )

    def confirm(self, account: UUID, accrual: UUID, **given: Unpack[Given]) -> Receipt:
        """적립확정 (구매확정) of a pending accrual, named by its receipt id."""
        return self.execute(Confirm(accrual_id=accrual, **self.told(account, given)))

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
                expires_on=expires_on,
                memo=memo,
                **self.told(account, given),
            )
        )
