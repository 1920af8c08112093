"""Points go out, to shops, to others, into money; and come back: 사용, 교환, 사용취소, 환급, 선물, 전환, 소멸."""

from __future__ import annotations

from datetime import date, datetime
from typing import Unpack
from uuid import UUID, uuid4

from ledger import (
    CashOut,
    Convert,
    Exchange,
    Expire,
    ExpireCoupons,
    Fault,
    Money,
    Pay,
    Receipt,
    RedeemByCode,
    RedeemCoupon,
    Refund,
    RefundSplit,
    SettleClaim,
    SpendingOrder,
    Transfer,
)
from service.verbs.sending import ACTOR, Given, Sending


class Spending(Sending):
    """Each raises what `ledger.Ledger.execute` does."""

    def pay(
        self,
        account: UUID,
        points: int,
        *,
        cash: Money | None = None,
        store: str | None = None,
        redeemer: str | None = None,
        memo: str | None = None,
        detail: str | None = None,
        instrument: str | None = None,
        spending_order: SpendingOrder | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """사용. The receipt's id is what a refund names."""
        return self.execute(
            Pay(
                points=points,
                cash=cash,
                store=store,
                redeemer=redeemer,
                memo=memo,
                detail=detail,
                instrument=instrument,
                order=spending_order,
                **self.told(account, given),
            )
        )

    def exchange(
        self,
        account: UUID,
        points: int,
        coupon: str,
        *,
        coupon_id: UUID | None = None,
        code: str | None = None,
        expires_on: date | None = None,
        memo: str | None = None,
        detail: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """교환: points for a coupon; by its secret ``code`` it is redeemed."""
        return self.execute(
            Exchange(
                points=points,
                coupon=coupon,
                coupon_id=uuid4() if coupon_id is None else coupon_id,
                code=code,
                expires_on=expires_on,
                memo=memo,
                detail=detail,
                **self.told(account, given),
            )
        )

    def redeem_coupon(
        self,
        account: UUID,
        exchange: UUID,
        *,
        store: str | None = None,
        redeemer: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """쿠폰 사용, once; the coupon is named by the receipt id of its exchange."""
        told = self.told(account, given)
        return self.execute(RedeemCoupon(spending_id=exchange, store=store, redeemer=redeemer, **told))

    def redeem_code(
        self,
        code: str,
        *,
        store: str | None = None,
        redeemer: str | None = None,
        key: UUID | None = None,
        at: datetime | None = None,
        actor: str = ACTOR,
    ) -> Receipt:
        """쿠폰 사용 by its secret. The receipt's stream is the account."""
        stamp = self.stamp(key, at, actor)
        return self.execute(RedeemByCode(code=code, store=store, redeemer=redeemer, **stamp))

    def refund(
        self,
        account: UUID,
        spending: UUID,
        *,
        amount: int | None = None,
        points: int | None = None,
        cash: int | None = None,
        split: RefundSplit | None = None,
        fault: Fault | None = None,
        memo: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """사용취소: all that is left; or an ``amount`` of money's worth; or the stated points and cash.

        The receipt's ``money`` is what is to be given back beside the points. ``split`` is how an amount is divided,
        where not as the program says; by ``fault`` the program may let points that come back live longer.
        """
        return self.execute(
            Refund(
                spending_id=spending,
                amount=amount,
                points=points,
                cash=cash,
                split=split,
                fault=fault,
                memo=memo,
                **self.told(account, given),
            )
        )

    def cash_out(
        self,
        account: UUID,
        points: int,
        *,
        payee: str | None = None,
        memo: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """환급 of points that were charged; the receipt's ``money`` is what is paid out."""
        return self.execute(CashOut(points=points, payee=payee, memo=memo, **self.told(account, given)))

    def settle_claim(
        self, account: UUID, claim: UUID, *, payee: str | None = None, **given: Unpack[Given]
    ) -> Receipt:
        """환급금 지급 to who left with charged points; the receipt's ``money`` is what is paid out."""
        return self.execute(SettleClaim(claim_id=claim, payee=payee, **self.told(account, given)))

    def transfer(
        self,
        account: UUID,
        to: UUID,
        points: int,
        *,
        memo: str | None = None,
        receiver_memo: str | None = None,
        **given: Unpack[Given],
    ) -> Receipt:
        """선물 to another account of the program; each party has a note of their own."""
        told = self.told(account, given)
        return self.execute(
            Transfer(to_account_id=to, points=points, memo=memo, receiver_memo=receiver_memo, **told)
        )

    def convert(self, account: UUID, to: UUID, points: int, **given: Unpack[Given]) -> Receipt:
        """전환 to an account of another program."""
        return self.execute(Convert(to_account_id=to, points=points, **self.told(account, given)))

    def expire(self, account: UUID, as_of: date, **given: Unpack[Given]) -> Receipt:
        """기간만료 소멸 of what ended before the day."""
        return self.execute(Expire(as_of=as_of, **self.told(account, given)))

    def expire_coupons(self, account: UUID, as_of: date, **given: Unpack[Given]) -> Receipt:
        """쿠폰 기간만료 of what ended before the day."""
        return self.execute(ExpireCoupons(as_of=as_of, **self.told(account, given)))
