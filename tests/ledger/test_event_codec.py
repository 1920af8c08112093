"""Stored bytes: every event that was ever written decodes for ever, and none carries plain personal text."""

import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crypto_shredding import Sealed
from ledger.errors import UnknownTopic, UnreadableEvent
from ledger.event import REGISTRY, UPCASTERS, Event, decode, encode, fields_of, stored_as, topics
from ledger.members import commands as member_commands
from ledger.members.events import MemberJoined, MemberLeft
from ledger.members.legal_hold import HELD_FIELDS_MAX, LegalHoldPlaced
from ledger.personal import Personal, personal_fields
from ledger.points import commands
from ledger.points.events import (
    AccountOpened,
    ClaimSettled,
    CouponImported,
    HistoryImported,
    HoldCaptured,
    PointsAccrued,
    PointsAdjustedUp,
    PointsCashedOut,
    PointsCharged,
    PointsExchanged,
    PointsPaid,
    PointsRefunded,
)
from tests.ledger.sampling import topic_of

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))  # `tests.ledger.sampling` writes what is missing
TEXT = {
    # What every event carries: who asked (an operator's or a device's id) and the till's receipt.
    "actor",
    "reference",
    # The programme's own public description.
    "program.code",
    # What a root's provider says of itself.
    "horizons[].provider",
    "horizons[].note",
    "program.name",
    "program.currency",
    "program.zone",
    # Codes of programmes, coupons and stores, and business numbers of firms.
    "program",
    "coupon",
    "store",
    "lot.funder",
    "lot.supplier",
    "draws[].funder",
    "draws[].redeemer",
    "given[].funder",
    "given[].redeemer",
    "lots[].funder",
    "lots[].supplier",
    "lots[].own_use",
    "lot.own_use",
    "funder",
    "repaid[].funder",
    "program.conversions[].program",
    # Codes of the business's own list: `reason_code` refuses a sentence.
    "reason",
    "fault",
    # Another points system, and the text of a consent, by their codes.
    "source",
    "text_version",
    # Who approved an adjustment.
    "approver",
    # Rules: their codes, what they name, and whom; a firm's business number and name, its tills.
    "priced.rule",
    "program.rules[].code",
    "program.rules[].rates[].tender",
    "program.rules[].excluded[]",
    "program.rules[].funder",
    "program.rules[].own_use",
    "program.expiry_notices[].name",
    "program.notice_channels[]",
    "partner.business_number",
    "partner.name",
    "partner.stores[].code",
    "partner.stores[].terminals[]",
    # A notice's stage and the ways by which it goes out, none of them anybody's address.
    "stage",
    "channels[]",
    # Who approved a legal hold, and what kind of event it holds.
    "approved_by",
    "record_topic",
    # Money's currency, and the legal ground of an erasure.
    "cash.currency",
    "purchase.currency",
    "money.currency",
    "basis",
}
"""Every text field that an event may have beside sealed ones. Free text is personal: it has no place here."""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_what_was_written_once_decodes_for_ever(sample: Path) -> None:
    state = sample.read_bytes().strip()

    event = decode(topic_of(sample), state)

    assert isinstance(event, Event)
    if sample.stem in REGISTRY:  # no older bytes
        assert encode(event) == state


def test_every_topic_that_is_written_has_a_sample() -> None:
    assert set(topics()) <= {sample.stem for sample in SAMPLES}


@pytest.mark.parametrize("topic", sorted(topics()))
def test_a_field_with_a_default_may_be_missing_in_old_bytes(topic: str) -> None:
    sample = next(each for each in SAMPLES if each.stem == topic)
    fields = json.loads(sample.read_bytes())
    optional = [name for name, info in REGISTRY[topic].model_fields.items() if not info.is_required()]

    old = {name: value for name, value in fields.items() if name not in optional}

    event = decode(topic, json.dumps(old).encode())
    assert all(getattr(event, name) == REGISTRY[topic].model_fields[name].default for name in optional)


def test_an_event_gives_the_same_bytes_each_time_and_after_a_round() -> None:
    state = SAMPLES[0].read_bytes().strip()

    once = encode(decode(SAMPLES[0].stem, state))

    assert once == encode(decode(SAMPLES[0].stem, once))


def test_a_topic_that_this_code_does_not_know_is_named() -> None:
    with pytest.raises(UnknownTopic) as unknown:
        decode("points.teleported.v9", b"{}")

    assert unknown.value.topic == "points.teleported.v9"


def test_a_topic_is_taken_once() -> None:
    with pytest.raises(ValueError, match="is taken by PointsPaid"):
        stored_as("points.paid.v1")(PointsAccrued)


def test_old_versions_climb_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "points.account-left.v0b", {"actor": fields.pop("by"), **fields}

    def dated(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "points.account-left.v1", {**fields, "recorded_at": fields["occurred_at"]}

    monkeypatch.setitem(UPCASTERS, "points.account-left.v0a", renamed)
    monkeypatch.setitem(UPCASTERS, "points.account-left.v0b", dated)
    state = b'{"id":"00000000-0000-4000-8000-000000000001","by":"till","occurred_at":"2024-03-07T05:00:00Z"}'

    event = decode("points.account-left.v0a", state)

    assert (event.TOPIC, event.actor, event.recorded_at) == ("points.account-left.v1", "till", event.occurred_at)
    assert fields_of("points.account-left.v0a", state)[0] == "points.account-left.v1"


def test_what_does_not_validate_is_not_repeated_in_the_error() -> None:
    with pytest.raises(UnreadableEvent) as error:
        decode("points.account-left.v1", b'{"memo":"\xec\x98\x81\xec\x88\x98\xec\xa6\x9d"}')

    assert "영수증" not in str(error.value)


def test_an_instant_without_a_zone_is_no_event() -> None:
    fields = json.loads((Path(__file__).parent / "samples" / "points.account-left.v1.json").read_bytes())

    with pytest.raises(UnreadableEvent):
        decode("points.account-left.v1", json.dumps({**fields, "occurred_at": "2024-03-07T05:00:00"}).encode())


# What is personal.


def leaves(kind: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every plain type that values of a field may have, with the path to it."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        yield from leaves(typing.get_args(kind)[0], path)
    elif origin in (typing.Union, types.UnionType):
        for each in typing.get_args(kind):
            yield from leaves(each, path)
    elif origin is tuple:
        yield from leaves(typing.get_args(kind)[0], f"{path}[]")
    elif origin is typing.Literal:
        return
    elif dataclasses.is_dataclass(kind) and kind is not Sealed:
        for name, hint in typing.get_type_hints(kind, include_extras=True).items():
            yield from leaves(hint, f"{path}.{name}")
    else:
        yield path, kind


@pytest.mark.parametrize("topic", sorted(topics()))
def test_no_text_of_an_event_is_free_and_every_sealed_value_is_declared(topic: str) -> None:
    event_type = REGISTRY[topic]
    declared = personal_fields(event_type)
    for name, hint in typing.get_type_hints(event_type, include_extras=True).items():
        if name not in event_type.model_fields:
            continue
        for path, kind in leaves(hint, name):
            if kind is Sealed:
                assert path in declared, f"{path} is sealed but not declared"
            if kind in (str, bytes, Any, object, dict):
                assert kind is str, f"{path} may hold anything"
                assert path in TEXT, f"{path} is free text"


def test_a_declared_field_is_sealed_and_nothing_else() -> None:
    for event_type in topics().values():
        hints = typing.get_type_hints(event_type)
        for name in personal_fields(event_type):
            kinds = {kind for _, kind in leaves(hints[name], name)}
            assert kinds - {types.NoneType} == {Sealed}, f"{event_type.__name__}.{name}"


# Field ids are bound into every box. They never change, and none is used again for another item.
FIELD_IDS = {
    "members.joined.v1": {1: "email", 2: "phone", 3: "name", 4: "gender", 5: "birth_date", 6: "demographics"},
    "members.left.v1": {1: "retained_name", 2: "retained_email"},
    "members.legal-hold-placed.v1": {1: "record", 2: "reason"} | {10 + n: f"value_{n}" for n in range(1, 7)},
    "points.account-claimed.v1": {1: "holder"},
    "points.account-opened.v1": {1: "holder", 2: "card"},
    "points.accrual-pended.v1": {1: "memo", 2: "detail"},
    "points.accrued.v1": {1: "memo", 2: "detail"},
    "points.adjusted-down.v1": {1: "memo"},
    "points.adjusted-up.v1": {1: "memo"},
    "points.cashed-out.v1": {1: "memo", 2: "payee"},
    "points.charged.v1": {1: "memo", 2: "detail", 3: "instrument"},
    "points.claim-settled.v1": {2: "payee"},
    "points.coupon-imported.v1": {3: "code"},
    "points.exchanged.v1": {1: "memo", 2: "detail", 3: "code"},
    "points.history-imported.v1": {1: "memo", 2: "detail", 3: "paid"},
    "points.hold-captured.v1": {1: "memo", 2: "detail", 3: "instrument"},
    "points.paid.v1": {1: "memo", 2: "detail", 3: "instrument"},
    "points.received.v1": {1: "memo"},
    "points.refunded.v1": {1: "memo"},
    "points.sent.v1": {1: "memo"},
}


def test_field_ids_stay_what_they_are() -> None:
    found = {topic: personal_fields(event_type) for topic, event_type in topics().items()}

    assert {
        topic: {mark.field_id: name for name, mark in marks.items()} for topic, marks in found.items() if marks
    } == FIELD_IDS
    for marks in found.values():
        assert len({mark.field_id for mark in marks.values()}) == len(marks)
        assert all(mark.item and mark.purpose and isinstance(mark, Personal) for mark in marks.values())


def test_a_legal_hold_has_room_for_every_field_that_an_event_may_have() -> None:
    others = {topic: fields for topic, fields in FIELD_IDS.items() if topic != LegalHoldPlaced.TOPIC}

    assert max(max(fields) for fields in others.values()) <= HELD_FIELDS_MAX


BECOMES: list[tuple[type[Any], type[Event]]] = [
    (commands.OpenAccount, AccountOpened),
    (commands.Accrue, PointsAccrued),
    (commands.Pay, PointsPaid),
    (commands.Exchange, PointsExchanged),
    (commands.Refund, PointsRefunded),
    (commands.Charge, PointsCharged),
    (commands.Adjust, PointsAdjustedUp),
    (commands.Capture, HoldCaptured),
    (commands.CashOut, PointsCashedOut),
    (commands.SettleClaim, ClaimSettled),
    (commands.ImportCoupon, CouponImported),
    (commands.ImportHistory, HistoryImported),
    (member_commands.Join, MemberJoined),
    (member_commands.PlaceLegalHold, LegalHoldPlaced),
]


@pytest.mark.parametrize(("command", "event"), BECOMES)
def test_a_commands_personal_texts_are_the_events_personal_fields_and_have_no_repr(
    command: type[Any], event: type[Event]
) -> None:
    hidden = {each.name for each in dataclasses.fields(command) if not each.repr}

    assert hidden == {name for name in personal_fields(event) if not name.startswith("value_")}  # those are re-sealed


def test_commands_that_become_no_event_with_personal_fields_hide_nothing() -> None:
    personal = {command for command, _ in BECOMES}
    plain = [commands.Expire, commands.DefineProgram, member_commands.Leave, member_commands.Erase]
    plain.append(member_commands.ReleaseLegalHold)

    assert not personal & set(plain)
    assert all(each.repr for kind in plain for each in dataclasses.fields(kind))
    assert set(personal_fields(MemberLeft)) == {"retained_name", "retained_email"}  # re-sealed, never given in plain
