"""Joining (가입) and leaving (탈퇴)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import ConfirmationNeeded, InvalidTime, MemberExists, MemberNotActive, Refused, UnknownMember
from ledger.members.commands import Erase, Join, Leave
from ledger.members.decide import join, leave
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.retention import PROFILE, RETAINED_IDENTITY
from tests.ledger.members.given import BASIS, IDENTITY, MemberStory, kept, retained
from tests.ledger.points.given import ACTOR, sealed, seoul, stamp

NOW = seoul("2024-07-01")
FUTURE = NOW + CLOCK_SKEW_MAX + timedelta(microseconds=1)


def test_a_member_has_joined_with_a_reference_for_each_field_that_was_given() -> None:
    story = MemberStory()

    member = story.state

    assert (member.status, member.version, member.member_id) == ("active", 1, story.member_id)
    assert dict(member.profile) == {"email": sealed(1), "phone": sealed(2), "name": sealed(3), "birth_date": sealed(5)}
    assert member.joined_as == story.events[0].id
    slots = {code: sorted(slots) for code, slots in member.slots_by_class.items()}
    assert slots == {PROFILE.code: [1, 2, 3, 5], RETAINED_IDENTITY.code: [IDENTITY]}


def test_every_field_of_joining_passes_into_the_event() -> None:
    names = ("email", "phone", "name", "gender", "birth_date", "demographics")
    fields = {name: sealed(number) for number, name in enumerate(names)}
    command = Join[Sealed](key=uuid4(), occurred_at=NOW, actor=ACTOR, member_id=uuid4(), **fields)

    (joined,) = join(None, command, stamp(NOW), identity_slot=IDENTITY)

    assert {name: getattr(joined, name) for name in fields} == fields
    assert joined.identity_slot == IDENTITY


def test_one_joins_once_and_not_in_the_future() -> None:
    story = MemberStory()
    fields = {name: sealed(1) for name in ("email", "phone", "name")}
    command = Join[Sealed](**{**story.common(FUTURE), **fields})

    with pytest.raises(MemberExists):
        join(story.member, command, stamp(NOW), identity_slot=IDENTITY)
    with pytest.raises(InvalidTime):
        join(None, command, stamp(NOW), identity_slot=IDENTITY)


def test_leaving_keeps_name_and_email_only_as_retained_identity() -> None:
    story = MemberStory()
    records = kept((3, "2029-03-20"), (6, "2029-03-20"))

    (left,) = story.leave(
        forfeits=3_000, kept=records, retained_name=retained("name"), retained_email=retained("email")
    )

    assert (left.forfeited, left.kept) == (3_000, records)
    assert dict(story.state.retained) == {"name": retained("name"), "email": retained("email")}
    assert (story.state.status, story.state.left_as, story.state.kept) == ("left", left.id, records)


def test_leaving_retains_nothing_where_no_law_keeps_a_record() -> None:
    story = MemberStory()

    story.leave()

    assert dict(story.state.retained) == {}


@pytest.mark.parametrize("confirmed", [0, 2_999, 3_001])
def test_what_is_forfeited_must_be_confirmed_exactly(confirmed: int) -> None:
    story = MemberStory()
    before = story.state

    with pytest.raises(ConfirmationNeeded) as refused:
        story.leave(forfeits=3_000, confirmed_forfeit=confirmed)

    assert refused.value.forfeits == 3_000
    assert story.state is before


@pytest.mark.parametrize("kind", [Leave, Erase])
def test_refusals_of_leaving_come_in_their_documented_order(kind: type[Any]) -> None:
    story, gone = MemberStory(), MemberStory()
    gone.leave()
    basis = {"basis": BASIS} if kind is Erase else {}

    def refusal(of: MemberStory | None, at: Any) -> type[Refused]:
        command = kind(**story.common(at), **basis)
        with pytest.raises(Refused) as refused:
            leave(of.member if of else None, command, stamp(NOW), forfeits=5, kept=())
        return type(refused.value)

    assert refusal(None, FUTURE) is UnknownMember
    assert refusal(gone, FUTURE) is MemberNotActive
    assert refusal(story, FUTURE) is InvalidTime
    assert refusal(story, NOW) is ConfirmationNeeded


def test_a_member_leaves_once() -> None:
    story = MemberStory()
    story.leave()

    with pytest.raises(MemberNotActive) as refused:
        story.leave()

    assert refused.value.status == "left"


def test_a_day_to_come_is_refused_also_within_the_skew_of_clocks() -> None:
    """At 23:59 of a record's last day, a command of 00:01 would not keep it."""
    story = MemberStory()
    command = Leave(**story.common(seoul("2024-07-02", "00:01")))

    with pytest.raises(InvalidTime, match="has come"):
        leave(story.member, command, stamp(seoul("2024-07-01", "23:59")), forfeits=0, kept=())
