"""Accounts begin and stand: opened, claimed, 정지, 동결, 해제."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack
from uuid import UUID, uuid4

from ledger import Claim, Freeze, OpenAccount, Receipt, Reinstate, Suspend
from service.verbs.sending import Given, Sending


class Accounts(Sending):
    """Each raises what `ledger.Ledger.execute` does."""

    def open_account(
        self,
        member: UUID | None,
        program: str,
        *,
        card: str | None = None,
        account: UUID | None = None,
        key: UUID | None = None,
        at: datetime | None = None,
    ) -> Receipt:
        """The receipt's stream is the account's id. Without a member, its ``card`` names it until it is claimed."""
        holder = None if member is None else str(member)
        stamp = self.stamp(key, at)
        return self.execute(
            OpenAccount(
                account_id=uuid4() if account is None else account, program=program, holder=holder, card=card, **stamp
            )
        )

    def claim(self, account: UUID, member: UUID, **given: Unpack[Given]) -> Receipt:
        """카드 등록: an unregistered account becomes the member's, with all that it has earned."""
        return self.execute(Claim(holder=str(member), **self.told(account, given)))

    def find_accounts(self, card: str) -> list[UUID]:
        """Accounts that were opened with a card number."""
        return self.wiring.ledger.find_accounts(card)

    def suspend(self, account: UUID, reason: str, **given: Unpack[Given]) -> Receipt:
        """정지: nothing is spent; what was earned still comes in."""
        return self.execute(Suspend(reason=reason, **self.told(account, given)))

    def freeze(self, account: UUID, reason: str, **given: Unpack[Given]) -> Receipt:
        """동결: the member has died."""
        return self.execute(Freeze(reason=reason, **self.told(account, given)))

    def reinstate(self, account: UUID, reason: str, **given: Unpack[Given]) -> Receipt:
        """정지 해제, 동결 해제."""
        return self.execute(Reinstate(reason=reason, **self.told(account, given)))
