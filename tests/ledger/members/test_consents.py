"""Consents: each given and withdrawn by itself, with the text that was shown."""

from datetime import datetime
from typing import Any

import pytest

from ledger.errors import InvalidText, InvalidTime, MemberNotActive, NoConsent, UnknownMember
from ledger.members.consent import (
    ConsentGiven,
    ConsentWithdrawn,
    GiveConsent,
    WithdrawConsent,
    give_consent,
    withdraw_consent,
)
from tests.ledger.members.given import MemberStory
from tests.ledger.points.given import seoul, stamp


def give(story: MemberStory, at: str = "2024-02-01", purpose: Any = "marketing", version: str = "2024-03") -> Any:
    command = GiveConsent(**story.common(seoul(at)), purpose=purpose, text_version=version, channel="app")
    member = story.member
    assert member is not None
    return story.append(give_consent(member.status, member.consents.get(purpose), command, _now(at)))


def withdraw(story: MemberStory, at: str = "2024-03-01", purpose: Any = "marketing") -> Any:
    command = WithdrawConsent(**story.common(seoul(at)), purpose=purpose, channel="web")
    member = story.member
    assert member is not None
    return story.append(withdraw_consent(member.status, member.consents.get(purpose), command, _now(at)))


def _now(at: str) -> Any:
    when: datetime = seoul(at)
    return stamp(when)


def test_a_consent_names_its_purpose_and_the_text_that_was_shown() -> None:
    story = MemberStory()

    (event,) = give(story)

    assert isinstance(event, ConsentGiven)
    assert (event.purpose, event.text_version, event.channel) == ("marketing", "2024-03", "app")
    assert story.member is not None
    assert story.member.consents["marketing"].is_given


def test_the_same_consent_again_is_nothing_and_a_newer_text_is_a_new_consent() -> None:
    story = MemberStory()
    give(story)

    assert give(story) == ()
    assert len(give(story, version="2025-01")) == 1


def test_one_is_withdrawn_and_the_others_stay() -> None:
    story = MemberStory()
    give(story)
    give(story, purpose="ad_targeting")

    (event,) = withdraw(story)

    assert isinstance(event, ConsentWithdrawn)
    assert story.member is not None
    assert {name: each.is_given for name, each in story.member.consents.items()} == {
        "marketing": False,
        "ad_targeting": True,
    }
    assert withdraw(story) == ()
    assert len(give(story, "2024-04-01")) == 1


def test_what_was_never_given_cannot_be_withdrawn() -> None:
    with pytest.raises(NoConsent):
        withdraw(MemberStory())


def test_a_consent_is_not_withdrawn_before_it_was_given() -> None:
    story = MemberStory()
    give(story)

    with pytest.raises(InvalidTime):
        withdraw(story, "2024-01-31")


def test_a_text_without_a_name_is_none() -> None:
    with pytest.raises(InvalidText):
        give(MemberStory(), version=" ")


def test_who_has_left_or_never_joined_consents_to_nothing() -> None:
    story = MemberStory()
    story.leave("2024-07-01")
    command = GiveConsent(
        **story.common(seoul("2024-07-02")), purpose="marketing", text_version="1", channel="app"
    )

    with pytest.raises(MemberNotActive):
        give(story, "2024-07-02")
    with pytest.raises(UnknownMember):
        give_consent(None, None, command, stamp(seoul("2024-07-02")))
