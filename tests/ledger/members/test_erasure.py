"""Erasure (파기): request, fence, destruction; each step repeatable, and taken up again after a last day."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from ledger.errors import ContradictoryHistory, InvalidTime, MemberStillActive, UnknownMember
from ledger.members.decide import fence, request_erasure
from ledger.members.evolve import evolve
from ledger.members.keeping import closable
from ledger.members.member import ErasureRequest
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.retention import BY_CODE, LEGAL_HOLD
from tests.ledger.members.given import BASIS, MemberStory, kept
from tests.ledger.points.given import seoul, stamp

EVERY_CLASS = tuple(sorted(BY_CODE.keys() - {LEGAL_HOLD.code}))
HELD = kept((3, "2029-03-20"), (5, "2029-03-20"), (6, "2029-03-20"))


def left_story() -> MemberStory:
    story = MemberStory()
    story.leave()
    return story


def test_without_a_kept_record_every_class_is_closed() -> None:
    story = left_story()

    (requested,) = story.request()
    (erased,) = story.fence()
    (destroyed,) = story.destroy()

    assert (requested.basis, requested.due_on) == (BASIS, date(2024, 7, 6))
    assert (erased.request_id, erased.closed, erased.kept) == (requested.id, EVERY_CLASS, ())
    assert (destroyed.request_id, destroyed.closed, destroyed.slots) == (requested.id, EVERY_CLASS, 4)
    assert (story.state.status, story.state.closed, story.state.request) == ("erased", frozenset(EVERY_CLASS), None)


def test_classes_that_a_law_keeps_stay_open_with_their_last_days() -> None:
    story = left_story()
    story.request(kept=HELD)

    (erased,) = story.fence(kept=HELD)

    assert erased.closed == (1, 2, 4)
    assert erased.kept == HELD == story.state.kept


def test_a_class_past_its_last_day_on_the_day_of_the_fence_is_not_kept() -> None:
    story = left_story()
    story.request("2029-03-20", kept=HELD)

    (on_the_last_day,) = story.fence("2029-03-20", kept=HELD)
    assert on_the_last_day.kept == HELD

    other = left_story()
    other.request("2029-03-21")
    (after_it,) = other.fence("2029-03-21", kept=HELD)
    assert (after_it.closed, after_it.kept) == (EVERY_CLASS, ())


def test_the_same_erasure_after_the_last_day_closes_the_rest_only() -> None:
    story = left_story()
    story.request(kept=HELD)
    story.fence(kept=HELD)
    story.destroy()

    (again,) = story.request("2029-03-21")
    (erased,) = story.fence("2029-03-21")
    (destroyed,) = story.destroy("2029-03-21")

    assert again.id == erased.request_id
    assert erased.closed == destroyed.closed == (3, 5, 6)
    assert story.state.closed == frozenset(EVERY_CLASS)


def test_where_nothing_is_left_to_close_nothing_happens() -> None:
    done = left_story()
    done.request()
    done.fence()
    done.destroy()
    held = left_story()
    held.request(kept=HELD)
    held.fence(kept=HELD)
    held.destroy()

    assert done.request("2025-01-01") == ()
    assert held.request("2025-01-01", kept=HELD) == ()
    assert held.fence("2025-01-01", kept=HELD) == ()
    assert held.destroy("2025-01-01") == ()


def test_each_step_may_be_repeated_and_goes_on_where_it_stopped() -> None:
    story = left_story()
    assert story.fence() == ()  # no request: nothing to close for
    assert story.destroy() == ()

    (requested,) = story.request()
    under_way = ErasureRequest(requested.id, BASIS, requested.due_on)
    assert story.request() == ()
    assert story.destroy() == ()  # not fenced: no key may go yet
    assert story.state.request == under_way

    story.fence(kept=HELD)
    assert story.fence() == ()
    assert story.request() == ()
    assert story.state.request == replace(under_way, closing=(1, 2, 4))  # which keys are still to go

    story.destroy()
    assert story.destroy() == ()


def test_an_erasure_may_be_requested_before_leaving_but_fences_no_member() -> None:
    story = MemberStory()
    story.request()

    with pytest.raises(MemberStillActive):
        story.fence()


def test_refusals_come_in_their_documented_order() -> None:
    member, now = MemberStory(), seoul("2024-07-01")
    left = left_story()
    future = now + CLOCK_SKEW_MAX + timedelta(microseconds=1)
    command = member.erase_command("2024-07-01")
    late = type(command)(**{**member.common(future), "basis": BASIS})

    with pytest.raises(UnknownMember):
        request_erasure(None, late, stamp(now), kept_now=())
    with pytest.raises(InvalidTime):
        request_erasure(member.member, late, stamp(now), kept_now=())
    with pytest.raises(UnknownMember):
        fence(None, late, stamp(now), date(2024, 7, 1), ())
    with pytest.raises(MemberStillActive):
        fence(member.member, late, stamp(now), date(2024, 7, 1), ())
    with pytest.raises(InvalidTime):
        fence(left.member, late, stamp(now), date(2024, 7, 1), ())
    with pytest.raises(InvalidTime, match="has come"):
        fence(left.member, command, stamp(now), date(2024, 7, 2), ())


def test_stored_bytes_fold_to_the_same_member() -> None:
    story = left_story()
    story.request(kept=HELD)
    story.fence(kept=HELD)
    story.destroy()
    story.request("2029-03-21")

    assert story.refolded() == story.state


def test_histories_that_cannot_have_happened_are_told_from_refusals() -> None:
    story = left_story()
    joined, left = story.events
    (requested,) = story.request()
    (erased,) = story.fence()

    with pytest.raises(ContradictoryHistory, match="before joining"):
        evolve(None, left)
    with pytest.raises(ContradictoryHistory, match="joins once"):
        evolve(story.state, joined)
    with pytest.raises(ContradictoryHistory, match="no erasure"):
        evolve(story.state, erased.model_copy(update={"request_id": uuid4()}))
    story.destroy()
    with pytest.raises(ContradictoryHistory, match="no erasure"):
        evolve(story.state, erased)
    assert requested.id == erased.request_id


def test_closable_is_whatever_is_neither_closed_nor_kept() -> None:
    assert closable(frozenset(), ()) == EVERY_CLASS
    assert closable(frozenset((1, 2)), HELD) == (4,)
    assert closable(frozenset(EVERY_CLASS), ()) == ()
