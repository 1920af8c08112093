"""A coupon by its code: which exchange it belongs to. Codes may be used again after years, so there may be several."""

from collections.abc import Sequence
from uuid import UUID

from ledger.desk.books import Shelf
from ledger.desk.engine import Engine
from ledger.errors import UnknownCoupon
from ledger.points.account import Account
from ledger.points.commands import RedeemByCode, RedeemCoupon
from ledger.points.fingerprint import fingerprint
from ledger.points.receipt import Receipt


async def redeeming_of(
    command: RedeemByCode[str], found: Sequence[tuple[UUID, UUID]], shelf: Shelf, engine: Engine
) -> RedeemCoupon | Receipt:
    """The coupon that is open, the oldest first; or the receipt, where this key has redeemed one of them.

    ``found`` are the exchanges with that code: account and receipt id. Raises `UnknownCoupon`.
    """
    if not found:
        raise UnknownCoupon
    candidates = [_redeeming(command, *each) for each in found]
    if len(candidates) == 1:
        return candidates[0]
    for each in candidates:
        first = await engine.answered(each.account_id, each.key, fingerprint(each))
        if first is not None:
            return first
    still_open = [each for each in candidates if await _is_open(each, shelf)]
    return (still_open or candidates)[0]


def _redeeming(command: RedeemByCode[str], account_id: UUID, spending_id: UUID) -> RedeemCoupon:
    return RedeemCoupon(
        key=command.key,
        occurred_at=command.occurred_at,
        actor=command.actor,
        account_id=account_id,
        spending_id=spending_id,
        store=command.store,
        redeemer=command.redeemer,
    )


async def _is_open(command: RedeemCoupon, shelf: Shelf) -> bool:
    account: Account = (await shelf.book(command.account_id)).state
    coupon = account.spendings[command.spending_id].coupon
    return coupon is not None and coupon.status == "issued"
