"""Points set aside for a payment, and what takes back a command whose answer was lost: 가승인, 승인, 해제, 망취소."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID

from ledger import Authorise, Capture, Hold, Money, Receipt, Release, TimeOutHolds, Void
from service.verbs.sending import Given, Sending


class SettingAside(Sending):
    """Each raises what `ledger.Ledger.execute` does."""

    def hold(
        self,
        account: UUID,
        points: int,
        *,
        cash: Money | None = None,
        store: str | None = None,
        redeemer: str | None = None,
        times_out_at: datetime | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """가승인. The receipt's id names the hold."""
        return self.execute(
            Hold(
                points=points,
                cash=cash,
                store=store,
                redeemer=redeemer,
                times_out_at=times_out_at,
                **self.told(account, given),
            )
        )

    def authorise(self, account: UUID, hold: UUID, **given: Unpack[Given]) -> Receipt:
        """승인 중: the card company is about to be called; from now on the hold does not time out."""
        return self.execute(Authorise(hold_id=hold, **self.told(account, given)))

    def capture(
        self,
        account: UUID,
        hold: UUID,
        points: int | None = None,
        *,
        cash: Money | None = None,
        memo: str | None = None,
        detail: str | None = None,
        instrument: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """승인 확정: pay with what is held, or with a part of it. Twice is the same answer."""
        return self.execute(
            Capture(
                hold_id=hold,
                points=points,
                cash=cash,
                memo=memo,
                detail=detail,
                instrument=instrument,
                **self.told(account, given),
            )
        )

    def release(self, account: UUID, hold: UUID, **given: Unpack[Given]) -> Receipt:
        """가승인 해제: nothing was bought. Twice is the same answer."""
        return self.execute(Release(hold_id=hold, **self.told(account, given)))

    def time_out_holds(self, account: UUID, **given: Unpack[Given]) -> Receipt:
        """Release the account's holds whose time is over."""
        return self.execute(TimeOutHolds(**self.told(account, given)))

    def void(self, account: UUID, voided_key: UUID, **given: Unpack[Given]) -> Receipt:
        """망취소: what the key did is undone; if it never came, it is barred."""
        return self.execute(Void(voided_key=voided_key, **self.told(account, given)))
