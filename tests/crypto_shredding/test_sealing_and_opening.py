"""Text in, box out; box in, text out: only where it belongs and only while both keys live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import (
    NO_SLOT,
    TEXT_BYTES_MAX,
    Box,
    EnvelopeTampered,
    FileRoot,
    KeyMissing,
    KeyRefused,
    Keyring,
    Opener,
    OpenRequest,
    Period,
    PeriodShredded,
    Place,
    PostgresKeyStore,
    Resealer,
    Sealer,
    SealRequest,
    Shredded,
    SlotId,
    SubjectShredded,
    TextRefused,
    Withheld,
    create_installation,
    migrate,
)
from crypto_shredding.node import CHILDREN
from service.embedded_postgres import EmbeddedPostgres
from tests.crypto_shredding.conftest import AT, DAY, Desk, desk_over
from tests.crypto_shredding.memory_store import MemoryKeyStore

STRANGER = SlotId(2**62)
TEXTS = ["", "10115", "Ann Lee", "홍길동", "x" * TEXT_BYTES_MAX, "null", " spaces and \x00 zeros \x00\x00"]


@pytest.mark.parametrize("period", [None, DAY])
@pytest.mark.parametrize("text", TEXTS, ids=[text[:12] for text in TEXTS])
def test_what_was_sealed_comes_back_as_the_same_text(desk: Desk, text: str, period: Period | None) -> None:
    request = desk.sealed(text, desk.sealer.issue_subjects(1)[0], period)

    assert desk.opener.open(request) == text
    assert (request.sealed.period_slot == NO_SLOT) is (period is None)


def test_another_process_opens_it_too(desk: Desk, other_desk: Desk) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0], DAY)

    assert other_desk.opener.open(request) == "Ann Lee"


def test_two_seals_of_one_text_have_nothing_in_common(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]

    first, second = desk.sealed("Ann Lee", slot), desk.sealed("Ann Lee", slot)

    assert first.sealed.digest != second.sealed.digest
    assert first.box is not None
    assert second.box is not None
    assert first.box[18:] != second.box[18:]


def test_lengths_show_in_steps_of_32_bytes_only(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]

    lengths = {len(desk.sealed("x" * length, slot).box or b"") for length in range(32)}

    assert len(lengths) == 1


def moves(request: OpenRequest, other_slot: SlotId) -> Iterator[tuple[str, OpenRequest]]:
    place, sealed = request.place, request.sealed
    yield "event", replace(request, place=place._replace(event_id=uuid4()))
    yield "event type", replace(request, place=place._replace(event_type="members.joined.v2"))
    yield "field", replace(request, place=place._replace(field_id=place.field_id + 1))
    yield "member", replace(request, sealed=replace(sealed, subject_slot=other_slot))
    yield "period", replace(request, sealed=replace(sealed, period_slot=NO_SLOT))


def test_a_moved_box_does_not_open(desk: Desk) -> None:
    slot, other = desk.sealer.issue_subjects(2)
    request = desk.sealed("Ann Lee", slot, DAY)

    for what, moved in moves(request, other):
        with pytest.raises(EnvelopeTampered):
            pytest.fail(f"opened at another {what}: {desk.opener.open(moved)!r}")


def test_a_box_of_another_installation_does_not_open(
    server: EmbeddedPostgres, desk: Desk, tmp_path: Path, installation_id: UUID
) -> None:
    request = desk.sealed("Ann Lee", SlotId(desk.sealer.issue_subjects(1)[0]))
    name = f"other_{uuid4().hex}"
    server.create_database(name)
    migrate(server.dsn(name))
    create_installation(server.dsn(name), id=uuid4())

    with Keyring(PostgresKeyStore.connect(server.dsn(name), FileRoot(tmp_path / "other"), at=AT)) as keyring:
        other = desk_over(keyring)
        other.sealer.issue_subjects(10)  # so that the same slot number is alive there

        with pytest.raises(EnvelopeTampered):
            other.opener.open(request)


def test_an_altered_box_does_not_open(desk: Desk) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0])
    assert request.box is not None

    for at in (0, 5, 20, 40, len(request.box) - 1):
        altered = request.box[:at] + bytes([request.box[at] ^ 1]) + request.box[at + 1 :]
        with pytest.raises(EnvelopeTampered) as refused:
            desk.opener.open(replace(request, box=altered))
        assert refused.value.event_id == request.place.event_id
        assert refused.value.field_id == request.place.field_id


def test_a_box_that_is_gone_while_its_keys_live_is_tampering(desk: Desk) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0])

    with pytest.raises(EnvelopeTampered):
        desk.opener.open(replace(request, box=None))


def test_a_box_that_is_gone_after_its_key_reads_as_shredded(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    request = desk.sealed("Ann Lee", slot)
    desk.shred(slot)

    assert desk.opener.open(replace(request, box=None)) == Shredded(AT, "erasure")


def test_a_missing_key_never_reads_as_shredded(desk: Desk) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0])
    lost = replace(request, sealed=replace(request.sealed, subject_slot=STRANGER))

    for box in (request.box, None):
        with pytest.raises(KeyMissing) as refused:
            desk.opener.open(replace(lost, box=box))
        assert refused.value.slots == (STRANGER,)
    with pytest.raises(KeyMissing):
        desk.sealed("Ann Lee", STRANGER)


def test_a_key_lost_from_the_database_is_missing_not_shredded(desk: Desk, other_desk: Desk, keys_dsn: str) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0])
    with psycopg.connect(keys_dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")  # triggers off: only a superuser can
        superuser.execute("DELETE FROM crypto_shredding.node WHERE level = 1")

    with pytest.raises(KeyMissing):
        other_desk.opener.open(request)


def test_a_foreign_key_put_into_a_slot_is_refused(desk: Desk, other_desk: Desk, keys_dsn: str) -> None:
    slot, *_, donor = desk.sealer.issue_subjects(CHILDREN + 1)  # in two leaves
    request = desk.sealed("Ann Lee", slot)
    foreign = (
        "UPDATE crypto_shredding.node SET blob = "
        "(SELECT blob FROM crypto_shredding.node WHERE level = 1 AND number = %s)"
    )
    with psycopg.connect(keys_dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(foreign + " WHERE level = 1 AND number = %s", [donor >> 7, slot >> 7])

    with pytest.raises(KeyRefused):
        other_desk.opener.open(request)
    with pytest.raises(KeyRefused):
        other_desk.sealed("Ann Lee", slot)
    assert other_desk.opener.open(other_desk.sealed("Bo", donor)) == "Bo"


def test_a_key_that_differs_from_its_check_value_is_refused(desk: Desk, other_desk: Desk, keys_dsn: str) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0])
    with psycopg.connect(keys_dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE crypto_shredding.leaf SET kcvs = repeat('x', 4096)::bytea")

    with pytest.raises(KeyRefused):
        other_desk.opener.open(request)


def test_sealing_refuses_in_the_documented_order(desk: Desk) -> None:
    gone, live = desk.sealer.issue_subjects(2)
    dated = desk.sealed("Ann Lee", live, DAY)
    desk.shred(gone, dated.sealed.period_slot)
    place = Place(uuid4(), "members.joined.v1", 2)

    with pytest.raises(SubjectShredded) as subject:
        desk.sealer.seal(SealRequest(place, "Ann Lee", gone, DAY))
    with pytest.raises(PeriodShredded) as period:
        desk.sealer.seal(SealRequest(place, "Ann Lee", STRANGER, DAY))
    with pytest.raises(KeyMissing):
        desk.sealer.seal(SealRequest(place, "\ud800", STRANGER, None))
    with pytest.raises(TextRefused):
        desk.sealer.seal(SealRequest(place, "\ud800", live, None))

    assert (subject.value.slot, subject.value.at, subject.value.reason) == (gone, AT, "erasure")
    assert (period.value.class_code, period.value.first_day) == (DAY.class_code, DAY.first_day)


def test_either_key_gone_means_shredded(desk: Desk) -> None:
    one, two = desk.sealer.issue_subjects(2)
    other_day = Period(4, date(2026, 3, 9))
    by_subject, by_period = desk.sealed("Ann Lee", one, DAY), desk.sealed("Bo", two, other_day)
    untouched = desk.sealed("Cho", two, DAY)

    desk.shred(one, by_period.sealed.period_slot)

    gone = Shredded(AT, "erasure")
    assert desk.opener.open_many([by_subject, untouched, by_period]) == [gone, "Cho", gone]


def test_too_long_a_text_is_refused_before_it_is_sealed(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]

    with pytest.raises(TextRefused) as refused:
        desk.sealed("가" * (TEXT_BYTES_MAX // 3 + 1), slot)

    assert refused.value.bytes_max == TEXT_BYTES_MAX
    assert refused.value.length > TEXT_BYTES_MAX


@pytest.mark.parametrize("place", [Place(UUID(int=1), "x" * 256, 1), Place(UUID(int=1), "x", 0)])
def test_a_place_that_has_no_encoding_is_a_programming_error(desk: Desk, place: Place) -> None:
    with pytest.raises(ValueError, match="not a place"):
        desk.sealer.seal(SealRequest(place, "Ann Lee", desk.sealer.issue_subjects(1)[0]))


def test_many_are_sealed_and_opened_in_order(desk: Desk) -> None:
    slots = desk.sealer.issue_subjects(5)
    places = [Place(uuid4(), "members.joined.v1", number + 1) for number in range(5)]
    boxes = desk.sealer.seal_many(
        SealRequest(place, f"text {slot}", slot, DAY) for place, slot in zip(places, slots, strict=True)
    )

    opened = desk.opener.open_many(
        OpenRequest(place, box.sealed, box.data) for place, box in zip(places, boxes, strict=True)
    )

    assert opened == [f"text {slot}" for slot in slots]


def test_a_reader_without_the_right_gets_withheld_and_touches_no_key(desk: Desk) -> None:
    request = desk.sealed("Ann Lee", desk.sealer.issue_subjects(1)[0])
    lost = replace(request, sealed=replace(request.sealed, subject_slot=STRANGER))
    strict = Opener(
        desk.keyring, purpose="marketing", actor="clerk 7", withhold=lambda asked: "no right" if asked is lost else None
    )

    assert strict.open_many([lost, request, lost]) == [Withheld("no right"), "Ann Lee", Withheld("no right")]
    assert (strict.purpose, strict.actor) == ("marketing", "clerk 7")


def test_resealing_moves_a_value_without_showing_it(desk: Desk) -> None:
    old, new = desk.sealer.issue_subjects(2)
    request = desk.sealed("Ann Lee", old, DAY)
    place = Place(uuid4(), "members.left.v1", 9)

    box = Resealer(desk.keyring).reseal(request, place=place, subject_slot=new, period=None)
    desk.shred(old)

    assert isinstance(box, Box)
    assert desk.opener.open(OpenRequest(place, box.sealed, box.data)) == "Ann Lee"
    assert desk.opener.open(request) == Shredded(AT, "erasure")
    assert Resealer(desk.keyring).reseal(request, place=place, subject_slot=new, period=None) == Shredded(AT, "erasure")


def test_slots_are_issued_once_over_all_processes(desk: Desk, other_desk: Desk) -> None:
    issued = [*desk.sealer.issue_subjects(7), *other_desk.sealer.issue_subjects(55), *desk.sealer.issue_subjects(30)]

    assert len(set(issued)) == len(issued) == 92


def test_fresh_slots_are_warm_and_a_low_block_asks_for_warming() -> None:
    desk = desk_over(Keyring(MemoryKeyStore()))  # whose looks stay young for seconds, however busy the machine is
    (slot,) = desk.sealer.issue_subjects(1)
    assert desk.sealer.is_warm([slot], [])

    rest = desk.sealer.issue_subjects(18)
    assert len(rest) == 18
    assert not desk.sealer.is_warm([slot], [])

    desk.sealer.warm([slot], [])
    assert desk.sealer.is_warm([slot], [])


def test_warming_issues_periods_never_seen_and_makes_warm(desk: Desk, other_desk: Desk) -> None:
    slots = desk.sealer.issue_subjects(3)
    assert not other_desk.sealer.is_warm(slots, [DAY])

    other_desk.sealer.warm(slots, [DAY])

    assert other_desk.sealer.is_warm(slots, [DAY])
    assert other_desk.opener.open(other_desk.sealed("Ann Lee", slots[2], DAY)) == "Ann Lee"


@pytest.mark.parametrize("count", [-1, 10_001])
def test_absurd_numbers_of_slots_are_refused(desk: Desk, count: int) -> None:
    with pytest.raises(ValueError, match="slots at once"):
        desk.sealer.issue_subjects(count)


def test_the_role_of_the_service_can_do_all_of_it(
    connect: Callable[[], PostgresKeyStore], keys_app_dsn: str, root_path: Path
) -> None:
    with Keyring(PostgresKeyStore.connect(keys_app_dsn, FileRoot(root_path), at=AT)) as keyring:
        desk = desk_over(keyring)
        slot = Sealer(keyring).issue_subjects(1)[0]
        request = desk.sealed("Ann Lee", slot, DAY)
        assert desk.opener.open(request) == "Ann Lee"
        desk.shred(slot)
        assert desk.opener.open(request) == Shredded(AT, "erasure")
