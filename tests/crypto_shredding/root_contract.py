"""What every root provider promises, as sentences; test_roots.py runs them against each."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import pytest

from crypto_shredding import RootMissing, RootStore, RootUnavailable, RootVersionTaken

KEY = bytes(range(32))


@dataclass(frozen=True)
class Roots:
    """Instances to test: at one place, at another that has the same numbers, and at one that nobody can reach.

    `secrets` is what must not be seen anywhere.
    """

    ours: Callable[[], RootStore]
    foreign: Callable[[], RootStore]
    unreachable: Callable[[], RootStore]
    secrets: tuple[str, ...] = ()


CALLS: dict[str, Callable[[RootStore], object]] = {
    "create_version": lambda root: root.create_version(1),
    "wrap": lambda root: root.wrap(1, KEY),
    "unwrap": lambda root: root.unwrap(1, bytes(60)),
    "destroy": lambda root: root.destroy(1),
    "versions": lambda root: root.versions(),
}


class RootContract:
    @pytest.fixture
    def root(self, roots: Roots) -> RootStore:
        return roots.ours()

    def test_what_a_version_wrapped_it_unwraps(self, root: RootStore) -> None:
        root.create_version(1)
        blobs = [root.wrap(1, KEY), root.wrap(1, KEY)]

        assert [root.unwrap(1, blob) for blob in blobs] == [KEY, KEY]
        assert all(isinstance(root.unwrap(1, blob), bytearray) for blob in blobs)
        assert blobs[0] != blobs[1]
        assert all(KEY not in blob for blob in blobs)

    def test_the_caller_chooses_numbers_in_any_order(self, root: RootStore) -> None:
        for version in (7, 3, 1_000_000_000):
            root.create_version(version)

        assert root.versions() == [3, 7, 1_000_000_000]

    def test_a_root_of_which_nothing_was_asked_has_no_versions(self, root: RootStore) -> None:
        assert root.versions() == []

    def test_a_version_that_is_not_there_neither_wraps_nor_unwraps(self, root: RootStore) -> None:
        root.create_version(1)
        blob = root.wrap(1, KEY)

        for _ in range(2):  # the first refusal must not have made it
            with pytest.raises(RootMissing):
                root.wrap(2, KEY)
            with pytest.raises(RootMissing):
                root.unwrap(2, blob)
        assert root.versions() == [1]
        root.create_version(2)
        assert root.unwrap(2, root.wrap(2, KEY)) == KEY

    def test_a_blob_of_one_version_is_not_opened_by_another(self, root: RootStore) -> None:
        root.create_version(1)
        root.create_version(2)
        blob = root.wrap(1, KEY)

        with pytest.raises(RootMissing):
            root.unwrap(2, blob)

    def test_a_foreign_root_fails_closed(self, roots: Roots, root: RootStore) -> None:
        foreign = roots.foreign()
        for each in (root, foreign):
            each.create_version(1)

        with pytest.raises(RootMissing):
            foreign.unwrap(1, root.wrap(1, KEY))
        assert foreign.unwrap(1, foreign.wrap(1, KEY)) == KEY

    def test_an_altered_blob_is_refused(self, root: RootStore) -> None:
        root.create_version(1)
        blob = root.wrap(1, KEY)
        flipped = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]

        for altered in [*flipped, blob[:-1], blob + b"x", blob[1:], b"", b"x", bytes(12), bytes(28), bytes(500)]:
            with pytest.raises(RootMissing):
                root.unwrap(1, altered)
        assert root.unwrap(1, blob) == KEY

    def test_a_number_is_used_once(self, roots: Roots, root: RootStore) -> None:
        root.create_version(1)
        blob = root.wrap(1, KEY)

        for each in (root, roots.ours()):
            with pytest.raises(RootVersionTaken) as taken:
                each.create_version(1)
            assert taken.value.version == 1
        assert root.unwrap(1, blob) == KEY

    def test_a_destroyed_version_is_absent_and_its_number_stays_taken(self, roots: Roots, root: RootStore) -> None:
        for version in (1, 2):
            root.create_version(version)
        blobs = {version: root.wrap(version, KEY) for version in (1, 2)}

        evidence = root.destroy(1)

        assert (evidence.version, evidence.recoverable_until) == (1, None)
        assert evidence.note
        for each in (root, roots.ours()):
            assert each.versions() == [2]
            with pytest.raises(RootMissing):
                each.unwrap(1, blobs[1])
            with pytest.raises(RootMissing):
                each.wrap(1, KEY)
            with pytest.raises(RootVersionTaken):
                each.create_version(1)
            assert each.unwrap(2, blobs[2]) == KEY

    def test_destroying_again_is_the_same(self, roots: Roots, root: RootStore) -> None:
        root.create_version(1)

        assert root.destroy(1) == root.destroy(1) == roots.ours().destroy(1)

    def test_what_never_existed_can_be_destroyed_and_never_comes_to_be(self, root: RootStore) -> None:
        evidence = root.destroy(5)

        assert evidence == root.destroy(5)
        assert root.versions() == []
        with pytest.raises(RootVersionTaken):
            root.create_version(5)
        assert root.versions() == []

    def test_destroying_the_newer_leaves_the_older(self, root: RootStore) -> None:
        for version in (1, 2):
            root.create_version(version)
        blob = root.wrap(1, KEY)

        root.destroy(2)

        assert root.versions() == [1]
        assert root.unwrap(1, blob) == KEY

    def test_another_instance_sees_what_was_made(self, roots: Roots, root: RootStore) -> None:
        other = roots.ours()
        assert other.versions() == []
        root.create_version(1)

        assert other.versions() == [1]
        assert other.unwrap(1, root.wrap(1, KEY)) == KEY

    def test_of_racing_creators_of_one_number_one_wins(self, roots: Roots) -> None:
        instances = [roots.ours() for _ in range(4)]

        def create(instance: RootStore, version: int) -> bool:
            try:
                instance.create_version(version)
            except RootVersionTaken:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            for version in range(1, 13):
                won = list(pool.map(create, instances, [version] * 4))
                assert won.count(True) == 1
        assert instances[0].versions() == list(range(1, 13))

    def test_a_creator_that_races_destruction_never_leaves_a_version(self, roots: Roots) -> None:
        one, two = roots.ours(), roots.ours()

        def create(version: int) -> None:
            with suppress(RootVersionTaken):
                one.create_version(version)

        with ThreadPoolExecutor(2) as pool:
            for version in range(1, 13):
                made, gone = pool.submit(create, version), pool.submit(two.destroy, version)
                made.result()
                gone.result()
        assert one.versions() == []

    def test_threads_share_an_instance(self, root: RootStore) -> None:
        root.create_version(1)
        root.create_version(2)

        def round_trip(number: int) -> bool:
            version, key = 1 + number % 2, number.to_bytes(32, "big")
            return root.unwrap(version, root.wrap(version, key)) == key

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(round_trip, range(60)))

    @pytest.mark.parametrize("call", CALLS)
    def test_a_provider_that_cannot_be_reached_is_no_missing_root(self, roots: Roots, call: str) -> None:
        with pytest.raises(RootUnavailable) as refused:
            CALLS[call](roots.unreachable())

        shown = "".join(traceback.format_exception(refused.value)) + repr(vars(refused.value))
        assert refused.value.__suppress_context__
        assert not any(secret in shown for secret in roots.secrets)

    def test_nothing_secret_is_in_a_repr_or_a_refusal(self, roots: Roots, root: RootStore) -> None:
        root.create_version(1)
        refusals = []
        for call in (lambda: root.unwrap(1, b"\xee" * 60), lambda: root.wrap(2, KEY), lambda: root.create_version(1)):
            with pytest.raises((RootMissing, RootVersionTaken)) as refused:
                call()
            refusals.append(refused.value)

        shown = repr(root) + str(root.destroy(1))
        for refusal in refusals:
            shown += "".join(traceback.format_exception(refusal, chain=True)) + repr(vars(refusal))
            assert refusal.__cause__ is None
        assert KEY.hex() not in shown
        assert repr(KEY)[2:-1] not in shown
        assert not any(secret in shown for secret in roots.secrets)
