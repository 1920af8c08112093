"""The house: every verb of a points ledger for callers without an event loop, from one object.

```python
with service.open() as house:
    member = house.join(name="김민준", email="minjun@example.com", phone="010-0000-0001").stream
    account = house.open_account(member, "PLUS").stream
    house.accrue(account, purchase=Money(23_400), memo="생일 선물")
    house.statement(account)
    house.erase(member, basis="개인정보 보호법 제36조 제1항")
```

Each write draws a random key and takes the time of now unless it is given both: whoever wants to repeat a command
after a lost answer gives them, and the ids of what the command makes. Reads see what was written before them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

from crypto_shredding import IndexKind, Shredded, Withheld
from ledger import (
    Checkpoint,
    Compaction,
    CompactionReport,
    Erase,
    ErasureReport,
    InvalidCommand,
    Join,
    Leave,
    Receipt,
    SweepReport,
    check,
    checked,
)
from projections import (
    HELD_APART,
    BalancesQuery,
    Statement,
    StatementQuery,
)
from service.bookkeeping import Books, refuse_other_days
from service.importing.identities import forget_imported
from service.privacy_office import PrivacyOffice
from service.replay.mapping import FILE_NAME as REPLAY_FILE
from service.replay.mapping import Mapping
from service.sealed_values import DISPUTE, SealedValue, read_sealed_values, withhold_held
from service.verbs import Accounts, Defining, Earning, SettingAside, Spending
from service.verbs.sending import ACTOR
from service.verification import Verification, sign_checkpoint, verify

if TYPE_CHECKING:
    from service.wiring import Wiring

class House(Books, Defining, Accounts, Earning, Spending, SettingAside):
    """Thread-safe. Made by `service.open` or `service.wiring.open_house`."""

    def __init__(self, wiring: Wiring, close: Callable[[], None]) -> None:
        super().__init__(wiring)
        self.settings = wiring.settings
        self._close = close

    def close(self) -> None:
        """Answer what is in flight, let go of every connection, key and embedded server. Twice is once."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def join(
        self,
        *,
        name: str,
        email: str,
        phone: str,
        member: UUID | None = None,
        key: UUID | None = None,
        at: datetime | None = None,
        gender: str | None = None,
        birth_date: str | None = None,
        demographics: str | None = None,
    ) -> Receipt:
        """가입. The receipt's stream is the member's id."""
        return self.execute(
            Join(
                member_id=uuid4() if member is None else member,
                name=name,
                email=email,
                phone=phone,
                gender=gender,
                birth_date=birth_date,
                demographics=demographics,
                **self.stamp(key, at),
            )
        )

    def leave(
        self,
        member: UUID,
        *,
        confirmed_forfeit: int = 0,
        key: UUID | None = None,
        at: datetime | None = None,
        actor: str = ACTOR,
    ) -> Receipt:
        """탈퇴, without destroying anything yet. The receipt's points are what was given up.

        Raises what `ledger.Leaving.leave` does.
        """
        stamp = self.stamp(key, at, actor)
        command = checked(Leave(member_id=member, confirmed_forfeit=confirmed_forfeit, **stamp))
        receipt: Receipt = self.wiring.ledger.wait_for(self.wiring.leaving.leave(command))
        return receipt

    def erase(
        self,
        member: UUID,
        *,
        basis: str,
        confirmed_forfeit: int = 0,
        key: UUID | None = None,
        at: datetime | None = None,
        actor: str = ACTOR,
    ) -> ErasureReport:
        """파기. Blocks until no process can read what was destroyed.

        Sent again after a last day, it destroys what has come due since. The household's line in a replay's mapping
        goes too, if the member came from one.
        """
        stamp = self.stamp(key, at, actor)
        command = checked(Erase(member_id=member, basis=basis, confirmed_forfeit=confirmed_forfeit, **stamp))
        report: ErasureReport = self.wiring.ledger.wait_for(self.wiring.erasures.erase(command))
        self.forget_household(member)
        return report

    def resume_erasures(self, *, actor: str = ACTOR) -> list[ErasureReport]:
        """Finish what crashes interrupted: for a service's worker at its start and now and then.

        Not done by opening: it needs the keys and takes seconds. Raises an ExceptionGroup of what stopped some of them.
        """
        reports: list[ErasureReport] = self.wiring.ledger.wait_for(self.wiring.erasures.resume(actor=actor))
        for report in reports:
            self.forget_household(report.member_id)
        return reports

    def find_member(
        self, *, email: str | None = None, phone: str | None = None, purpose: str = "lookup"
    ) -> list[UUID]:
        """Members who have this e-mail or this phone (both: who have both). Two members may share one.

        Who has left is found for the purpose `DISPUTE` alone, and nobody once erased. Raises `ValueError` without any.
        """
        wanted = [(IndexKind.EMAIL, email), (IndexKind.PHONE, phone)]
        found = [
            set(self.wiring.ledger.find(kind, text, dispute=purpose == DISPUTE))
            for kind, text in wanted
            if text is not None
        ]
        if not found:
            raise ValueError("give an e-mail or a phone")
        return sorted(set.intersection(*found))

    def statement(
        self,
        account: UUID,
        *,
        since: date | None = None,
        until: date | None = None,
        after: int = 0,
        limit: int = 100,
        purpose: str = "statement",
        actor: str = ACTOR,
    ) -> Statement:
        """One page, with its texts, so it needs the keys; the figures alone are in `balance` and `roll_forward`.

        After its member has left, what only a law keeps is withheld unless the purpose is `DISPUTE`.
        """
        check("account", account, UUID)
        refuse_other_days(since=since, until=until)
        if since is not None and until is not None and since > until:
            raise InvalidCommand("since", f"lies after until: {since} > {until}")
        self.catch_up()
        status = BalancesQuery(self.wiring.readers).account(account).status
        withhold = withhold_held if status == "left" and purpose != DISPUTE else None
        opener = self.wiring.opener(purpose=purpose, actor=actor, withhold=withhold)
        held = self.wiring.dispute_readers if purpose == DISPUTE else None
        query = StatementQuery(self.wiring.readers, opener, held=held)
        return query.page(account, since=since, until=until, after=after, limit=limit)

    def checkpoint(self, at: datetime | None = None) -> Checkpoint:
        """Sign the chain's head and append it to the checkpoint file."""
        return sign_checkpoint(self.settings, self.wiring.ledger_dsn, self.instant(at))

    def verify(self, *, checkpoints: Path | None = None, boxes: bool = True) -> Verification:
        """Recompute the chain over all events, against the checkpoint file. Works without the keys."""
        make_opener = partial(self.wiring.opener, purpose="verify", actor=ACTOR)
        return verify(self.settings, self.wiring.ledger_dsn, make_opener, checkpoints=checkpoints, boxes=boxes)

    def sealed_values(self, *streams: UUID, purpose: str = "statement") -> list[SealedValue]:
        """Every sealed value of members and accounts; ask before an erasure takes the link between them away.

        Boxes that are held apart are read only where the purpose is `DISPUTE`.
        """
        ledger = self.wiring.ledger
        held = self.wiring.read_held if purpose == DISPUTE else None
        return ledger.wait_for(read_sealed_values(ledger.core.reader, streams, held))

    def opened(self, values: list[SealedValue], *, purpose: str, actor: str = ACTOR) -> list[str | Shredded | Withheld]:
        """Try to open them; what is held apart only for the purpose `DISPUTE`."""
        held = {id(value.request) for value in values if value.is_held and purpose != DISPUTE}
        opener = self.wiring.opener(
            purpose=purpose, actor=actor, withhold=lambda request: HELD_APART if id(request) in held else None
        )
        return opener.open_many([value.request for value in values])

    def compaction(self) -> Compaction:
        """A run of compaction: what was forgotten leaves the files as well. Use it as a context manager."""
        return self.wiring.compaction()

    def certify_compaction(self, report: CompactionReport, *, at: datetime | None = None) -> int:
        """Sign for a complete run of compaction; the number of its certificate."""
        return self.wiring.certifier.compaction(report, request=uuid4(), at=at or self.wiring.clock()).number

    def forget_household(self, member: UUID) -> None:
        """Drop what tells who the member was elsewhere: the line of a replay's mapping, the ids of an import."""
        file = self.data_dir / REPLAY_FILE
        if file.exists():
            Mapping.read(file).forget(member)
        forget_imported(self.data_dir, member)

    def sweep(self, as_of: date, *, actor: str = ACTOR, **how: Any) -> SweepReport:
        """Everything that is due in every account on the day. See `Sweeps.run`."""
        return self.wiring.ledger.wait_for(self.wiring.sweeps.run(as_of, actor=actor, **how))

    @property
    def privacy(self) -> PrivacyOffice:
        """What privacy officers do: retention runs and legal holds."""
        return PrivacyOffice(self)

    @property
    def data_dir(self) -> Path:
        """Where files of this installation lie."""
        return self.settings.data_dir
