"""Why an account refuses a command about what it earned, holds or issued; all of them are `ledger.errors.Refused`."""

from datetime import date
from uuid import UUID

from ledger.errors import Refused


class UnknownAccrual(Refused):
    """The account has no accrual of that id, pending or not: name the receipt id of the one meant."""

    def __init__(self, accrual_id: UUID) -> None:
        super().__init__(f"no accrual {accrual_id} on this account; give the receipt id of the one meant")
        self.accrual_id = accrual_id


class NotPending(Refused):
    """The accrual was confirmed or cancelled before, so there is nothing to confirm."""

    def __init__(self, accrual_id: UUID) -> None:
        super().__init__(f"accrual {accrual_id} is not pending")
        self.accrual_id = accrual_id


class AlreadyClawedBack(Refused):
    """Of the accrual there is less left than is to be clawed back: ask for at most ``left``."""

    def __init__(self, accrual_id: UUID, left: int) -> None:
        super().__init__(f"{left} points of accrual {accrual_id} are left to be clawed back")
        self.accrual_id = accrual_id
        self.left = left


class PaidForPoints(Refused):
    """Points that were bought are cashed out (환급), never clawed back."""

    def __init__(self, accrual_id: UUID) -> None:
        super().__init__(f"{accrual_id} was paid for; bought points are cashed out, not clawed back")
        self.accrual_id = accrual_id


class UnknownHold(Refused):
    """The account has no hold of that id: name the receipt id of the one meant."""

    def __init__(self, hold_id: UUID) -> None:
        super().__init__(f"no hold {hold_id} on this account; give the receipt id of the one meant")
        self.hold_id = hold_id


class HoldEnded(Refused):
    """The hold was captured, or let go: what is asked of it comes too late. ``status`` says which."""

    def __init__(self, hold_id: UUID, status: str) -> None:
        super().__init__(f"hold {hold_id} was {status} before")
        self.hold_id = hold_id
        self.status = status


class CaptureTooLarge(Refused):
    """A capture takes at most what is held."""

    def __init__(self, hold_id: UUID, asked: int, held: int) -> None:
        super().__init__(f"hold {hold_id} has {held} points, {asked} are too many; capture at most what is held")
        self.hold_id = hold_id
        self.asked = asked
        self.held = held


class CancelAtPsp(Refused):
    """The hold was gone before its capture came, and its points are spent: cancel what the card company approved."""

    def __init__(self, hold_id: UUID, asked: int, available: int) -> None:
        super().__init__(
            f"hold {hold_id} is gone and {available} of its {asked} points are there; cancel the payment at the PSP"
        )
        self.hold_id = hold_id
        self.asked = asked
        self.available = available


class RefundTooLarge(Refused):
    """More is to be refunded than is left of the spending: ``points`` and ``cash`` (minor units) are left."""

    def __init__(self, spending_id: UUID, points: int, cash: int) -> None:
        super().__init__(f"{points} points and {cash} in money are left of {spending_id}; refund at most that")
        self.spending_id = spending_id
        self.points = points
        self.cash = cash


class CouponClosed(Refused):
    """The coupon was redeemed, expired or cancelled before; ``status`` says which."""

    def __init__(self, spending_id: UUID, status: str) -> None:
        super().__init__(f"the coupon of {spending_id} is {status}")
        self.spending_id = spending_id
        self.status = status


class NoCoupon(Refused):
    """The spending issued no coupon."""

    def __init__(self, spending_id: UUID) -> None:
        super().__init__(f"{spending_id} is no exchange on this account; give the receipt id of the exchange")
        self.spending_id = spending_id


class KeyVoided(Refused):
    """The key was voided (망취소) before its command came: it must not happen. Use a new key for a new command."""

    def __init__(self, key: UUID) -> None:
        super().__init__(f"key {key} was voided before its command arrived; nothing was recorded")
        self.key = key


class NotVoidable(Refused):
    """What the key did cannot be undone by a void: undo it by the command that is made for it."""

    def __init__(self, key: UUID, what: str) -> None:
        super().__init__(f"key {key} recorded {what}, which a void does not undo")
        self.key = key
        self.what = what


class NotInLot(Refused):
    """The lot has fewer points left than are to be taken from it by name, or was never taken over."""

    def __init__(self, lot_id: UUID, asked: int, left: int) -> None:
        super().__init__(f"lot {lot_id} has {left} points left, not {asked}; name the lots as they were taken over")
        self.lot_id = lot_id
        self.asked = asked
        self.left = left


class HoldsOpen(Refused):
    """A payment is under way: capture or release its hold, then leave."""

    def __init__(self, account_id: UUID, holds: int) -> None:
        super().__init__(f"account {account_id} has {holds} open holds; capture or release them first")
        self.account_id = account_id
        self.holds = holds


class UnknownClaim(Refused):
    """The account has no claim of that id: name the id of the event by which bought points became one."""

    def __init__(self, claim_id: UUID) -> None:
        super().__init__(f"no claim {claim_id} on this account; give the id of the event that made it")
        self.claim_id = claim_id


class ClaimSettledBefore(Refused):
    """The claim was paid before."""

    def __init__(self, claim_id: UUID) -> None:
        super().__init__(f"claim {claim_id} has been paid already")
        self.claim_id = claim_id


class NotTransferable(Refused):
    """The two accounts cannot be the ends of a transfer or conversion; the text says why."""

    def __init__(self, account_id: UUID, to_account_id: UUID, why: str) -> None:
        super().__init__(f"{account_id} to {to_account_id}: {why}")
        self.account_id = account_id
        self.to_account_id = to_account_id


class UnknownPartner(Refused):
    """No partner of that business number is registered: define it first, or correct the number."""

    def __init__(self, business_number: str) -> None:
        super().__init__(f"no partner {business_number!r} is registered; define it first")
        self.business_number = business_number


class NoContract(Refused):
    """The partner's contract is not in force on the day: correct the day, or define the contract's next version."""

    def __init__(self, business_number: str, day: date) -> None:
        super().__init__(f"partner {business_number} has no contract on {day.isoformat()}")
        self.business_number = business_number
        self.day = day


class UnknownStore(Refused):
    """The partner does not have that store, or that store that terminal: list it, or correct the code."""

    def __init__(self, business_number: str, store: str, terminal: str | None = None) -> None:
        till = f"store {store!r}" if terminal is None else f"terminal {terminal!r} in store {store!r}"
        super().__init__(f"partner {business_number} has no {till}")
        self.business_number = business_number
        self.store = store
        self.terminal = terminal


class InvalidPartner(Refused):
    """The definition of a partner breaks a rule, which the text names."""

    def __init__(self, business_number: str, rule: str) -> None:
        super().__init__(f"partner {business_number!r}: {rule}")
        self.business_number = business_number
        self.rule = rule
