"""What every key store must do, run against each adapter. A class of tests, to be inherited with a fixture `store`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from crypto_shredding import Doom, KeyMissing, KeyStore, NotDoomed, Period, SlotId, SlotState
from crypto_shredding.cipher import key_check_value

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = AT + timedelta(days=1)
MONDAY, TUESDAY = Period(4, date(2026, 3, 2)), Period(4, date(2026, 3, 3))


def shredded(store: KeyStore, count: int = 1) -> list[SlotId]:
    slots = [key.slot for key in store.issue_subjects(count)]
    store.doom(slots, reason="erasure", at=AT)
    store.shred(slots, at=AT)
    return slots


class KeyStoreContract:
    def test_issued_slots_are_new_and_their_keys_load_as_issued(self, store: KeyStore) -> None:
        first, second = store.issue_subjects(3), store.issue_subjects(3)

        slots = [key.slot for key in (*first, *second)]
        loaded = {key.slot: key for key in store.load(slots, [], since=0).keys}
        assert len(set(slots)) == 6
        assert min(slots) >= 1
        for key in (*first, *second):
            assert loaded[key.slot].key == key.key
            assert loaded[key.slot].kcv == key.kcv == key_check_value(key.key, key.slot)
        assert len({bytes(key.key) for key in loaded.values()}) == 6

    def test_a_slot_never_issued_is_missing_and_loads_as_nothing(self, store: KeyStore) -> None:
        stranger = SlotId(2**63 - 1)

        loaded = store.load([stranger], [], since=0)

        assert (list(loaded.keys), list(loaded.dooms), list(loaded.tombstones)) == ([], [], [])
        assert store.states([stranger]) == {stranger: SlotState.MISSING}

    def test_a_period_keeps_its_first_slot(self, store: KeyStore) -> None:
        store.issue_periods([MONDAY, TUESDAY])
        first = store.load([], [MONDAY, TUESDAY], since=0)
        store.issue_periods([TUESDAY, MONDAY])
        second = store.load([], [MONDAY, TUESDAY], since=0)

        assert first.periods == second.periods
        assert first.periods.keys() == {MONDAY, TUESDAY}
        assert {key.slot: key.key for key in first.keys} == {key.slot: key.key for key in second.keys}
        assert {key.slot for key in first.keys} == set(first.periods.values())

    def test_a_period_never_issued_is_not_made_by_loading_it(self, store: KeyStore) -> None:
        assert store.load([], [MONDAY], since=0).periods == {}
        assert store.load([], [MONDAY], since=0).periods == {}

    def test_a_shredded_period_is_not_issued_again(self, store: KeyStore) -> None:
        store.issue_periods([MONDAY])
        slot = store.load([], [MONDAY], since=0).periods[MONDAY]
        store.doom([slot], reason="retention", at=AT)
        store.shred([slot], at=AT)

        store.issue_periods([MONDAY])

        loaded = store.load([], [MONDAY], since=0)
        assert loaded.periods == {MONDAY: slot}
        assert list(loaded.keys) == []
        assert [stone.slot for stone in loaded.tombstones] == [slot]

    def test_racing_issuers_of_a_period_agree_on_one_slot(self, store: KeyStore) -> None:
        def issue(_: int) -> SlotId:
            store.issue_periods([MONDAY])
            return store.load([], [MONDAY], since=0).periods[MONDAY]

        with ThreadPoolExecutor(8) as pool:
            slots = set(pool.map(issue, range(32)))

        assert len(slots) == 1

    def test_a_doomed_key_does_not_load(self, store: KeyStore) -> None:
        live, doomed = (key.slot for key in store.issue_subjects(2))

        store.doom([doomed], reason="erasure", at=AT)

        loaded = store.load([live, doomed], [], since=0)
        assert [key.slot for key in loaded.keys] == [live]
        assert [(doom.slot, doom.at, doom.reason) for doom in loaded.dooms] == [(doomed, AT, "erasure")]
        assert store.states([live, doomed]) == {live: SlotState.LIVE, doomed: SlotState.DOOMED}

    def test_looks_tell_what_was_doomed_since(self, store: KeyStore) -> None:
        one, two, three = (key.slot for key in store.issue_subjects(3))
        start = store.look(since=None)

        first = store.doom([one], reason="erasure", at=AT)
        second = store.doom([two, three], reason="erasure", at=AT)

        assert start.counter < first < second
        assert list(start.doomed) == []
        assert store.look(since=start.counter).counter == second
        assert set(store.look(since=start.counter).doomed) == {one, two, three}
        assert set(store.look(since=first).doomed) == {two, three}
        assert list(store.look(since=second).doomed) == []
        assert set(store.load([], [], since=first).look.doomed) == {two, three}

    def test_the_first_doom_stands_and_dooming_again_raises_no_counter(self, store: KeyStore) -> None:
        slot = store.issue_subjects(1)[0].slot
        first = store.doom([slot], reason="erasure", at=AT)

        second = store.doom([slot], reason="retention", at=LATER)

        assert second == first
        assert [(doom.at, doom.reason) for doom in store.load([slot], [], since=0).dooms] == [(AT, "erasure")]

    def test_dooming_a_slot_never_issued_marks_nothing(self, store: KeyStore) -> None:
        slot, stranger = store.issue_subjects(1)[0].slot, SlotId(2**63 - 1)
        before = store.look(since=None)

        with pytest.raises(KeyMissing) as refused:
            store.doom([slot, stranger], reason="erasure", at=AT)

        assert refused.value.slots == (stranger,)
        assert store.states([slot]) == {slot: SlotState.LIVE}
        assert store.look(since=None) == before

    def test_only_doomed_slots_are_shredded_and_otherwise_none(self, store: KeyStore) -> None:
        live, doomed = (key.slot for key in store.issue_subjects(2))
        store.doom([doomed], reason="erasure", at=AT)

        with pytest.raises(NotDoomed) as refused:
            store.shred([doomed, live], at=AT)

        assert refused.value.slots == (live,)
        assert store.states([live, doomed]) == {live: SlotState.LIVE, doomed: SlotState.DOOMED}

    def test_a_tombstone_keeps_time_reason_and_check_value(self, store: KeyStore) -> None:
        issued = store.issue_subjects(1)[0]
        kcv = issued.kcv
        store.doom([issued.slot], reason="erasure", at=AT)

        (stone,) = store.shred([issued.slot], at=LATER).tombstones

        assert (stone.slot, stone.at, stone.reason, stone.kcv) == (issued.slot, LATER, "erasure", kcv)
        assert list(store.load([issued.slot], [], since=0).tombstones) == [stone]
        assert store.states([issued.slot]) == {issued.slot: SlotState.SHREDDED}

    def test_shredding_again_keeps_the_first_tombstone(self, store: KeyStore) -> None:
        (slot,) = shredded(store)
        first = list(store.load([slot], [], since=0).tombstones)

        again = list(store.shred([slot], at=LATER).tombstones)

        assert again == first

    def test_dooms_are_told_before_and_after_the_destruction(self, store: KeyStore) -> None:
        live, doomed, gone = (key.slot for key in store.issue_subjects(3))
        store.doom([gone], reason="erasure", at=AT)
        store.shred([gone], at=LATER)
        store.doom([doomed], reason="retention", at=LATER)

        assert store.dooms([live, doomed, gone]) == {
            doomed: Doom(doomed, LATER, "retention"),
            gone: Doom(gone, AT, "erasure"),
        }

    def test_dooming_what_is_shredded_changes_nothing(self, store: KeyStore) -> None:
        (slot,) = shredded(store)
        before = store.look(since=None)

        store.doom([slot], reason="retention", at=LATER)

        assert store.look(since=None) == before
        assert store.states([slot]) == {slot: SlotState.SHREDDED}

    def test_racing_dooms_of_the_same_slots_are_one_doom(self, store: KeyStore) -> None:
        for _ in range(5):
            slots = [key.slot for key in store.issue_subjects(10)]
            before = store.look(since=None).counter
            with ThreadPoolExecutor(4) as pool:
                counters = list(pool.map(lambda wanted: store.doom(wanted, reason="erasure", at=AT), [slots] * 8))

            assert set(counters) == {before + 1}

    def test_racing_dooms_lose_none(self, store: KeyStore) -> None:
        slots = [key.slot for key in store.issue_subjects(40)]
        with ThreadPoolExecutor(8) as pool:
            counters = list(pool.map(lambda slot: store.doom([slot], reason="erasure", at=AT), slots))

        assert len(set(counters)) == len(slots)
        assert set(store.look(since=0).doomed) >= set(slots)
