"""When a key in memory may be used: a clock in the test's hand, dooms that arrive at the worst moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from crypto_shredding import (
    NO_SLOT,
    Keyring,
    KeyStoreUnavailable,
    Loaded,
    Look,
    OpenRequest,
    Period,
    Shredded,
    SlotId,
    StaleKeys,
    SubjectShredded,
)
from crypto_shredding.cipher import BoxCipher
from crypto_shredding.key_cache import KeyCache
from crypto_shredding.keyring import LOOK_SECONDS
from crypto_shredding.keystore import SlotKey
from crypto_shredding.second_chance import SecondChanceCache
from tests.crypto_shredding.conftest import AT, DAY, Desk, desk_over
from tests.crypto_shredding.memory_store import MemoryKeyStore

ERASED = Shredded(AT, "erasure")
CACHE_SECONDS = 5.0


class HandClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class WatchedStore(MemoryKeyStore):
    """Counts what is asked of it, keeps the key bytes it handed out, and lets a test act in the middle of a load."""

    def __init__(self) -> None:
        super().__init__(CACHE_SECONDS)
        self.asked: list[str] = []
        self.handed_out: list[bytearray] = []
        self.before_answering: Callable[[], None] | None = None
        self.counter_shift = 0

    def look(self, *, since: int | None) -> Look:
        self.asked.append("look")
        look = super().look(since=since)
        return replace(look, counter=look.counter + self.counter_shift)

    def load(self, slots: Collection[SlotId], periods: Collection[Period], *, since: int) -> Loaded:
        loaded = super().load(slots, periods, since=since)
        self.asked[:] = [*self.asked[:-1], "load"]
        self.handed_out += [key.key for key in loaded.keys]
        act, self.before_answering = self.before_answering, None
        if act is not None:
            act()
        return loaded


@dataclass(frozen=True)
class Bench:
    clock: HandClock
    store: WatchedStore
    keyring: Keyring
    desk: Desk

    def doom(self, *slots: SlotId) -> None:
        """What another process does: this key ring is not told."""
        self.store.doom(slots, reason="erasure", at=AT)


@pytest.fixture
def bench() -> Bench:
    clock, store = HandClock(), WatchedStore()
    keyring = Keyring(store, clock=clock)
    return Bench(clock, store, keyring, desk_over(keyring))


def during(monkeypatch: pytest.MonkeyPatch, verb: str, act: Callable[[], None], *, times: int = 1) -> None:
    """Let `act` happen inside the next cryptographic operations, between taking the key and using the result."""
    plain, left = getattr(BoxCipher, verb), [times]

    def disturbed(cipher: BoxCipher, *arguments: object) -> object:
        result = plain(cipher, *arguments)
        if left[0]:
            left[0] -= 1
            act()
        return result

    monkeypatch.setattr(BoxCipher, verb, disturbed)


def test_a_key_doomed_elsewhere_is_used_until_the_look_is_too_old_and_no_longer(bench: Bench) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)
    bench.doom(slot)

    bench.clock.now += CACHE_SECONDS - 0.001
    assert bench.desk.opener.open(request) == "Ann Lee"
    bench.clock.now += 0.001
    assert bench.desk.opener.open(request) == ERASED


def test_what_was_opened_too_late_is_discarded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)
    bench.doom(slot)

    def stall() -> None:
        bench.clock.now += CACHE_SECONDS

    during(monkeypatch, "open", stall)
    assert bench.desk.opener.open(request) == ERASED


def test_what_was_sealed_too_late_is_discarded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    bench.desk.sealed("Ann Lee", slot)
    bench.doom(slot)

    def stall() -> None:
        bench.clock.now += CACHE_SECONDS

    during(monkeypatch, "seal", stall)
    with pytest.raises(SubjectShredded):
        bench.desk.sealed("Ann Lee", slot)


@pytest.mark.parametrize("verb", ["seal", "open"])
def test_a_key_that_is_too_old_is_not_even_tried(bench: Bench, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)
    bench.doom(slot)
    bench.clock.now += CACHE_SECONDS

    during(monkeypatch, verb, lambda: pytest.fail("the key was used"))
    if verb == "open":
        assert bench.desk.opener.open(request) == ERASED
    else:
        with pytest.raises(SubjectShredded):
            bench.desk.sealed("Ann Lee", slot)


def test_verifying_asks_the_store_and_not_what_this_process_remembers(bench: Bench) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)
    bench.doom(slot)
    bench.store.shred([slot], at=AT)
    assert bench.desk.opener.open(request) == "Ann Lee"

    bench.desk.shredder.verify_gone([request])


@pytest.mark.parametrize("verb", ["seal", "open"])
def test_a_look_by_another_thread_does_not_make_an_old_result_fresh(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """A thread takes a key, sleeps through doom and T_live, and wakes up beside a key ring that has just looked."""
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)

    def sleep_through() -> None:
        bench.doom(slot)
        bench.clock.now += 2 * CACHE_SECONDS
        bench.keyring.look()

    during(monkeypatch, verb, sleep_through)
    if verb == "open":
        assert bench.desk.opener.open(request) == ERASED
    else:
        with pytest.raises(SubjectShredded):
            bench.desk.sealed("Ann Lee", slot)


@pytest.mark.parametrize("verb", ["seal", "open"])
def test_a_process_that_stalls_twice_gives_up(bench: Bench, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)

    def stall() -> None:
        bench.clock.now += CACHE_SECONDS

    during(monkeypatch, verb, stall, times=2)
    use: dict[str, Callable[[], object]] = {
        "open": lambda: bench.desk.opener.open(request),
        "seal": lambda: bench.desk.sealed("Ann Lee", slot),
    }
    with pytest.raises(StaleKeys):
        use[verb]()
    assert bench.desk.opener.open(request) == "Ann Lee"


def test_a_key_doomed_while_it_was_loaded_is_not_kept(bench: Bench) -> None:
    """The load saw it live; the doom commits, and another thread's look passes, before the load answers."""
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)
    bench.keyring.forget([slot])

    def overtaken() -> None:
        bench.doom(slot)
        bench.clock.now += 0.001
        bench.keyring.look()

    bench.store.before_answering = overtaken
    assert bench.desk.opener.open(request) == ERASED
    assert all(not any(key) for key in bench.store.handed_out)


def test_is_warm_says_no_once_the_last_look_is_two_seconds_old(bench: Bench) -> None:
    slots = bench.desk.sealer.issue_subjects(2)
    bench.desk.sealer.warm(slots, [DAY])
    assert bench.desk.sealer.is_warm(slots, [DAY])

    bench.clock.now += LOOK_SECONDS + 0.001
    assert not bench.desk.sealer.is_warm(slots, [DAY])
    assert not bench.desk.sealer.is_warm([], [])

    bench.desk.sealer.warm(slots, [DAY])
    assert bench.desk.sealer.is_warm(slots, [DAY])


def test_is_warm_says_no_for_a_slot_a_period_or_a_doom(bench: Bench) -> None:
    slot, other = bench.desk.sealer.issue_subjects(2)
    bench.desk.sealer.warm([slot], [DAY])
    assert not bench.desk.sealer.is_warm([slot, SlotId(10**9)], [DAY])
    assert not bench.desk.sealer.is_warm([slot], [DAY, Period(5, date(2026, 3, 2))])

    bench.doom(slot)
    bench.clock.now += 0.001
    bench.keyring.look()
    assert not bench.desk.sealer.is_warm([slot], [DAY])
    assert bench.desk.sealer.is_warm([other], [DAY])


def test_warming_twice_asks_the_store_once(bench: Bench) -> None:
    slots = bench.desk.sealer.issue_subjects(2)
    bench.desk.sealer.warm(slots, [DAY])
    asked = list(bench.store.asked)

    bench.desk.sealer.warm(slots, [DAY])

    assert bench.store.asked == asked


def test_a_page_of_boxes_costs_one_load(bench: Bench) -> None:
    slots = bench.desk.sealer.issue_subjects(4)
    requests = [bench.desk.sealed(f"text {number}", slot, DAY) for number, slot in enumerate(slots * 3)]
    bench.keyring.forget([*slots, requests[0].sealed.period_slot])
    bench.store.asked.clear()

    opened = bench.desk.opener.open_many(requests)

    assert opened == [f"text {number}" for number in range(12)]
    assert bench.store.asked == ["load"]


def test_an_idle_process_asks_for_the_counter_and_not_for_its_keys_again(bench: Bench) -> None:
    request = bench.desk.sealed("Ann Lee", bench.desk.sealer.issue_subjects(1)[0], DAY)
    bench.store.asked.clear()

    bench.clock.now += timedelta(days=1).total_seconds()

    assert bench.desk.opener.open(request) == "Ann Lee"
    assert bench.store.asked == ["look"]


def test_a_shredded_slot_is_remembered_without_asking_again(bench: Bench) -> None:
    slot = bench.desk.sealer.issue_subjects(1)[0]
    request = bench.desk.sealed("Ann Lee", slot)
    bench.desk.shred(slot)
    assert bench.desk.opener.open(request) == ERASED
    bench.store.asked.clear()

    assert bench.desk.opener.open_many([request] * 3) == [ERASED] * 3
    assert bench.store.asked == []


def test_a_key_store_that_went_back_in_time_is_refused_and_every_key_let_go(bench: Bench) -> None:
    slot, other = bench.desk.sealer.issue_subjects(2)
    request = bench.desk.sealed("Ann Lee", slot)
    bench.desk.shredder.doom([other], reason="erasure", at=AT)
    bench.clock.now += 0.001
    bench.keyring.look()

    bench.store.counter_shift = -1
    bench.clock.now += CACHE_SECONDS

    with pytest.raises(KeyStoreUnavailable):
        bench.desk.opener.open(request)
    assert not bench.desk.sealer.is_warm([slot], [])


def loaded_keys(bench: Bench, slots: Iterable[SlotId]) -> list[bytearray]:
    bench.keyring.forget(list(slots))
    bench.store.handed_out.clear()
    bench.desk.sealer.warm(slots, [])
    return list(bench.store.handed_out)


def test_keys_are_overwritten_when_they_are_doomed(bench: Bench) -> None:
    slots = bench.desk.sealer.issue_subjects(2)
    keys = dict(zip(slots, loaded_keys(bench, slots), strict=True))
    assert all(any(key) for key in keys.values())

    bench.doom(slots[0])
    bench.clock.now += 0.001
    bench.keyring.look()

    assert not any(keys[slots[0]])
    assert any(keys[slots[1]])


def test_keys_are_overwritten_when_the_ring_is_closed(bench: Bench) -> None:
    keys = loaded_keys(bench, bench.desk.sealer.issue_subjects(3))

    bench.keyring.close()

    assert [any(key) for key in keys] == [False] * 3


def test_a_small_ring_still_serves_all_slots() -> None:
    keyring = Keyring(WatchedStore(), clock=HandClock(), keys_max=4, box_ciphers_max=3)
    desk = desk_over(keyring)
    requests: list[OpenRequest] = []
    for slot in desk.sealer.issue_subjects(10):
        requests += [desk.sealed(f"{slot}", slot, DAY), desk.sealed(f"{slot}", slot)]

    assert [desk.opener.open(request) for request in requests] == [f"{r.sealed.subject_slot}" for r in requests]


def test_a_cipher_dies_with_either_of_its_keys() -> None:
    subject, period = SlotId(1), SlotId(2)
    store = MemoryKeyStore()
    for gone in (subject, period):
        cache = KeyCache(store.installation.id, keys_max=10, box_ciphers_max=10)
        for slot in (subject, period):
            cache.keep(SlotKey(slot, b"", bytearray(b"k" * 32)))
        cipher, alone = cache.cipher((subject, period)), cache.cipher((subject, NO_SLOT))
        assert cipher is cache.cipher((subject, period))
        assert cipher is not None
        assert alone is not None

        cache.release([gone])

        assert not cipher.live
        assert alone.live is (gone == period)
        assert cache.cipher((subject, period)) is None


@dataclass
class Entry:
    name: int
    used: bool = False


def test_what_was_used_survives_what_was_not() -> None:
    cache: SecondChanceCache[int, Entry] = SecondChanceCache(3)
    gone = [entry.name for name in range(4) for entry in cache.put(name, Entry(name))]
    assert gone == [0]

    assert cache.get(1) is not None
    gone = [entry.name for name in range(4, 6) for entry in cache.put(name, Entry(name))]

    assert gone == [2, 3]
    assert sorted(cache) == [1, 4, 5]
    assert len(cache) == 3
