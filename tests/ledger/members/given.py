"""A member's story, told in the words of the domain."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import uuid4

from crypto_shredding import Sealed, SlotId
from ledger.calendar import day_of
from ledger.event import decode, encode
from ledger.members.commands import Erase, Join, Leave
from ledger.members.decide import fence, join, keys_destroyed, leave, request_erasure
from ledger.members.events import Kept, MemberEvent
from ledger.members.evolve import evolve
from ledger.members.member import Member
from tests.ledger.points.given import ACTOR, sealed, seoul, stamp

BASIS = "개인정보 보호법 제36조"
IDENTITY = SlotId(50)


class MemberStory:
    """A member, and the events so far. `Refused` leaves both as they were."""

    def __init__(self, joined_at: str = "2024-01-01") -> None:
        self.member_id = uuid4()
        self.events: list[MemberEvent] = []
        self.member: Member | None = None
        at = seoul(joined_at)
        command = Join(**self.common(at), email=sealed(1), phone=sealed(2), name=sealed(3), birth_date=sealed(5))
        self.append(join(None, command, stamp(at), identity_slot=IDENTITY))

    def common(self, at: datetime) -> dict[str, Any]:
        """What every command about this member carries."""
        return {"key": uuid4(), "occurred_at": at, "actor": ACTOR, "member_id": self.member_id}

    def append(self, events: tuple[MemberEvent, ...]) -> tuple[Any, ...]:
        """Fold what was decided."""
        for event in events:
            self.member = evolve(self.member, event)
            self.events.append(event)
        return events

    def leave(self, at: str = "2024-07-01", *, forfeits: int = 0, **content: Any) -> tuple[Any, ...]:
        """Leave at noon of the day, with exactly what is forfeited confirmed, unless said otherwise."""
        when = seoul(at)
        confirmed = content.pop("confirmed_forfeit", forfeits)
        command = Leave(**self.common(when), confirmed_forfeit=confirmed)
        return self.append(leave(self.member, command, stamp(when), forfeits=forfeits, **{"kept": (), **content}))

    def erase_command(self, at: str) -> Erase:
        """An erasure asked for at noon of the day."""
        return Erase(**self.common(seoul(at)), basis=BASIS)

    def request(self, at: str = "2024-07-01", kept: tuple[Kept, ...] = ()) -> tuple[Any, ...]:
        """The duty to erase."""
        return self.append(request_erasure(self.member, self.erase_command(at), stamp(seoul(at)), kept_now=kept))

    def fence(self, at: str = "2024-07-01", kept: tuple[Kept, ...] = ()) -> tuple[Any, ...]:
        """Close what no law keeps."""
        when = seoul(at)
        return self.append(fence(self.member, self.erase_command(at), stamp(when), day_of(when), kept))

    def destroy(self, at: str = "2024-07-01") -> tuple[Any, ...]:
        """Record that the keys are gone."""
        when = seoul(at)
        done = keys_destroyed(self.state, stamp(when), actor=ACTOR, slots=4, boxes_tried=4, unreadable_since=when)
        return self.append(done)

    @property
    def state(self) -> Member:
        """The member, who has joined."""
        assert self.member is not None
        return self.member

    def refolded(self) -> Member | None:
        """The member as the stored bytes make them."""
        member: Member | None = None
        for event in self.events:
            again = decode(event.TOPIC, encode(event))
            member = evolve(member, again)  # type: ignore[arg-type]  # the topics of a member are their events
        return member


def kept(*classes: tuple[int, str]) -> tuple[Kept, ...]:
    """Classes by code, each with its last day."""
    return tuple(Kept(code, date.fromisoformat(day)) for code, day in classes)


Which = Literal["name", "email"]


def retained(which: Which) -> Sealed:
    """The reference of a value that was re-sealed for retention."""
    return sealed({"name": 60, "email": 61}[which])
