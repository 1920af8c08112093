"""The rules by which one command is decided: its program's version of the day, and the partners that it may name."""

from dataclasses import dataclass

from ledger.desk.partners import PartnerRegister
from ledger.desk.programs import Programs
from ledger.desk.reading import StoreReader
from ledger.points.account import Account
from ledger.points.commands import AccountCommand, Accrue
from ledger.points.decide import PointsCommand, Stamp, decide
from ledger.points.effective import History
from ledger.points.events import AccountEvent, PartnerDefined, ProgramDefined
from ledger.points.partnering import (
    NO_PARTNERS,
    Partners,
    may_name_partners,
    partners_of,
    refuse_strangers,
    with_rules_in_contract,
)
from ledger.points.program import Program


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force for a command: ``program`` at its instant, every version of it, every partner."""

    program: Program
    history: History[Program]
    partners: Partners

    def decide(self, account: Account | None, command: PointsCommand, stamp: Stamp) -> tuple[AccountEvent, ...]:
        """What the command makes happen. Raises what its verb does, then what `refuse_strangers` does."""
        events = decide(account, command, self.program, stamp, self.history)
        refuse_strangers(command, self.program, self.partners)
        return events


class Rulebook:
    """The definitions of one process, at most two seconds old."""

    def __init__(self, reader: StoreReader) -> None:
        self.programs = Programs(lambda after: reader.definitions(ProgramDefined.TOPIC, after))
        self.partners = PartnerRegister(lambda after: reader.definitions(PartnerDefined.TOPIC, after))

    async def rules_for(self, command: AccountCommand, program: str) -> Rules:
        """The rules for a command to an account of the program. Raises `UnknownProgram`."""
        history = await self.programs.history(program)
        in_force = history.at(command.occurred_at)
        if not may_name_partners(command):  # most: nobody is looked up
            return Rules(in_force, history, NO_PARTNERS)
        partners = await self.partners.all(*partners_of(command))
        if isinstance(command, Accrue) and command.order is not None:
            in_force = with_rules_in_contract(in_force, command.occurred_at, partners)
        return Rules(in_force, history, partners)
