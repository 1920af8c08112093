"""What comes before points: programs with their rules, and partners."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ledger import DefinePartner, DefineProgram, Partner, Program, Receipt
from service.verbs.sending import ACTOR, Sending


class Defining(Sending):
    """Each raises what `ledger.Ledger.execute` does."""

    def define_program(
        self, program: Program, *, key: UUID | None = None, at: datetime | None = None, actor: str = ACTOR
    ) -> Receipt:
        """Define a program, or a new version of one."""
        return self.execute(DefineProgram(program=program, **self.stamp(key, at, actor)))

    def define_partner(
        self, partner: Partner, *, key: UUID | None = None, at: datetime | None = None, actor: str = ACTOR
    ) -> Receipt:
        """Register a partner (제휴사), or define the next version of its terms."""
        return self.execute(DefinePartner(partner=partner, **self.stamp(key, at, actor)))
