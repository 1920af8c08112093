"""What a law keeps of a member on a day, read from their accounts; everything else goes when it is asked for."""

from collections.abc import Iterable
from datetime import date

from crypto_shredding import Period
from ledger.members.events import Kept
from ledger.points.account import Account
from ledger.retention import BY_CODE, CONTRACT, LEGAL_HOLD, PAYMENT, POINT_HISTORY, RETAINED_IDENTITY


def kept_by_law(accounts: Iterable[Account], day: date) -> tuple[Kept, ...]:
    """The classes that outlive the membership on the day, by code, each to its last day.

    As long as contract or payment records are kept, so are the identity that they must show and the link from the
    member to the lines of points (전자상거래법 제6조 제2항); without such a record neither has a ground of its own.
    """
    accounts = tuple(accounts)
    records = {
        CONTRACT.code: [each.contract_until for each in accounts],
        PAYMENT.code: [each.payment_until for each in accounts],
    }
    ends = {code: max((end for end in found if end is not None), default=day.min) for code, found in records.items()}
    kept = [Kept(code, end) for code, end in ends.items() if end >= day]
    if kept:
        latest = max(each.last_day for each in kept)
        kept += [Kept(POINT_HISTORY.code, latest), Kept(RETAINED_IDENTITY.code, latest)]
    return tuple(kept)


def closable(closed: frozenset[int], kept: Iterable[Kept]) -> tuple[int, ...]:
    """The codes of every class that is neither closed nor kept, in order; what is held for a dispute ends with it."""
    return tuple(sorted(BY_CODE.keys() - closed - {each.retention_code for each in kept} - {LEGAL_HOLD.code}))


def identity_period(kept: Iterable[Kept]) -> Period | None:
    """The last day of the retained identity, by which its boxes are sealed; None where none is retained."""
    ends = [each.last_day for each in kept if each.retention_code == RETAINED_IDENTITY.code]
    return Period(RETAINED_IDENTITY.code, ends[0]) if ends else None
