"""Consents (동의): per purpose, with the version of the text that was shown. Nothing personal is in them.

Optional ones alone: what a contract needs is not asked for. Each is given and withdrawn by itself (정책 제1조 제2항,
제2조, 제7조; 개인정보 보호법 제22조; 정보통신망법 제50조), and withdrawing is not leaving.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from ledger.calendar import utc
from ledger.errors import InvalidText, MemberNotActive, NoConsent, UnknownMember
from ledger.event import Event, stored_as
from ledger.points.commands import Command
from ledger.points.facts import facts
from ledger.points.limits import happened, not_before, storable
from ledger.points.stamp import Stamp

ConsentPurpose = Literal["marketing", "marketing_at_night", "ad_targeting", "third_party", "overseas_transfer"]
"""마케팅 수신, 야간 수신(21시–08시), 광고 타게팅, 제3자 제공, 국외 이전."""

ConsentChannel = Literal["app", "web", "store", "phone", "paper"]
"""Where the member said so."""


VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent(Command):
    """동의: ``text_version`` names the text that was shown, such as the date from which it holds."""

    member_id: UUID
    purpose: ConsentPurpose
    text_version: str
    channel: ConsentChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent(Command):
    """동의 철회, which takes effect at once."""

    member_id: UUID
    purpose: ConsentPurpose
    channel: ConsentChannel


@stored_as("members.consent-given.v1")
class ConsentGiven(Event):
    """동의."""

    purpose: ConsentPurpose
    text_version: str
    channel: ConsentChannel


@stored_as("members.consent-withdrawn.v1")
class ConsentWithdrawn(Event):
    """동의 철회."""

    purpose: ConsentPurpose
    channel: ConsentChannel


@dataclass(frozen=True, slots=True)
class Consent:
    """The newest of one purpose: given and, if so, withdrawn."""

    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def is_given(self) -> bool:
        """Whether it holds."""
        return self.withdrawn_at is None


def give_consent(
    status: str | None, consent: Consent | None, command: GiveConsent, stamp: Stamp
) -> tuple[()] | tuple[ConsentGiven]:
    """A consent of a member of this status; no event where it holds already, by the same text.

    Raises, in this order: `UnknownMember`, `MemberNotActive`, `InvalidTime`, `InvalidText`.
    """
    _active(status, command)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    if not VERSION.fullmatch(command.text_version):  # stored in plain for ever, so it may say nothing of anybody
        raise InvalidText("text_version", "names the text that was shown: 1 to 32 of A-Z, a-z, 0-9, dot and hyphen")
    if consent is not None and consent.is_given and consent.text_version == command.text_version:
        return ()
    event = ConsentGiven(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        purpose=command.purpose,
        text_version=command.text_version,
        channel=command.channel,
    )
    return (event,)


def withdraw_consent(
    status: str | None, consent: Consent | None, command: WithdrawConsent, stamp: Stamp
) -> tuple[()] | tuple[ConsentWithdrawn]:
    """No event where it was withdrawn before.

    Raises, in this order: `UnknownMember`, `MemberNotActive`, `NoConsent` (never given), `InvalidTime`, `InvalidText`.
    """
    _active(status, command)
    if consent is None:
        raise NoConsent(command.purpose)
    happened(command.occurred_at, stamp.recorded_at)
    at = not_before(consent.given_at, utc(command.occurred_at), "the consent")
    storable(actor=command.actor)
    if not consent.is_given:
        return ()
    event = ConsentWithdrawn(
        **facts(stamp, occurred_at=at, actor=command.actor), purpose=command.purpose, channel=command.channel
    )
    return (event,)


def _active(status: str | None, command: GiveConsent | WithdrawConsent) -> None:
    if status is None:
        raise UnknownMember(command.member_id)
    if status != "active":
        raise MemberNotActive(command.member_id, status)
