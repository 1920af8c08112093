"""The drill's own installation: members who trade, the copies that were taken of it, and who was erased since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from uuid import UUID

from crypto_shredding import Shredded
from ledger import ErasureReport, Money, Program
from service.drill import copies
from service.embedded_postgres import EmbeddedPostgres
from service.house import House
from service.root_settings import FilePlace
from service.sealed_values import DISPUTE, SealedValue
from service.settings import Settings
from service.wiring import KEYS, open_house

PROGRAM = "DRILL"
MEMBERS = 8
SETTLE_SECONDS = 5.0
"""For a standby on the same machine: it has flushed in milliseconds, or is silent."""
CHECKPOINT_KEY, CERTIFICATE_KEY = "checkpoint.key", "certificate.key"


@dataclass(frozen=True, slots=True)
class Person:
    """A member who trades, and every personal text that was given."""

    member: UUID
    account: UUID
    texts: tuple[str, ...] = field(repr=False)

    @property
    def email(self) -> str:
        """The second text."""
        return self.texts[1]


@dataclass
class Stage:
    """What the acts play on.

    `base` is the data folder of a base backup of both databases, taken before anybody was erased, and `dump` a dump of
    its keys; `old_root` and `old_tree` are the root and the copy of the tree of then. `erased` were so since.
    """

    folder: Path
    settings: Settings
    house: House
    server: EmbeddedPostgres
    people: list[Person]
    base: Path
    dump: Path
    old_root: Path
    old_tree: Path
    erased: dict[UUID, ErasureReport] = field(default_factory=dict)

    @property
    def gone(self) -> Person:
        """Who is erased in the drill's first act."""
        return self.people[0]

    @property
    def racer(self) -> Person:
        """Who is erased while others write."""
        return self.people[1]

    @property
    def waited_for(self) -> Person:
        """Who is erased while a standby listens."""
        return self.people[2]

    @property
    def held_back(self) -> Person:
        """Whose erasure waits for a standby that has fallen silent."""
        return self.people[3]

    @property
    def staying(self) -> list[Person]:
        """Everybody who is not erased."""
        return self.people[4:]

    @property
    def root(self) -> Path:
        """The folder of the root as it is now."""
        return root_folder(self.settings)

    def values(self, house: House, person: Person) -> list[SealedValue]:
        """Every sealed value of somebody, as a house finds them; also those that are held apart."""
        return house.sealed_values(person.member, person.account, purpose=DISPUTE)

    def read(self, house: House, values: list[SealedValue]) -> list[str]:
        """What opens of them."""
        opened = house.opened(values, purpose=DISPUTE)
        return [each for each in opened if isinstance(each, str)]

    def closed_of(self, house: House, person: Person) -> list[SealedValue]:
        """The values of somebody erased in the classes that the erasure destroyed."""
        closed = set(self.erased[person.member].closed)
        return [each for each in self.values(house, person) if each.retention in closed]

    def are_shredded(self, house: House, values: list[SealedValue]) -> bool:
        """Whether each answers with its tombstone."""
        return all(isinstance(each, Shredded) for each in house.opened(values, purpose=DISPUTE))

    @contextmanager
    def backup_server(self) -> Iterator[EmbeddedPostgres]:
        """A server on a copy of the base backup."""
        folder = copies.copy_of(self.base, self.folder / f"attack-{token_hex(4)}")
        copies.own(folder)
        with EmbeddedPostgres(folder, binaries=self.settings.postgres_binaries) as server:
            yield server

    def attacker_settings(
        self, server: EmbeddedPostgres, root: Path, *, tree: Path | None = None, keys: EmbeddedPostgres | None = None
    ) -> Settings:
        """An installation put together from copies; nothing that it does reaches the real root or copy."""
        scratch = self.folder / f"scratch-{token_hex(4)}"
        scratch.mkdir(mode=0o700)
        own_root = copies.copy_of(root, scratch / "root")
        own_tree = scratch / "tree.sqlite"
        if tree is not None:
            own_tree.write_bytes(tree.read_bytes())
        return replace(
            self.settings,
            data_dir=scratch,
            databases=copies.databases_of(server, keys),
            root=FilePlace(folder=own_root),
            tree_copy=own_tree,
            checkpoints=scratch / "checkpoints.jsonl",
        )


def root_folder(settings: Settings) -> Path:
    """The folder of a root in files."""
    assert isinstance(settings.root, FilePlace), "the drill's root is a folder: it has to be copied"
    return settings.root.folder


@contextmanager
def set_up(folder: Path, *, cache_seconds: float, binaries: Path | None) -> Iterator[Stage]:
    """An installation of its own in a folder, with members who have traded; then the copies are taken."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    settings = Settings(
        data_dir=folder / "live",
        root=FilePlace(folder=folder / "root"),
        checkpoints=elsewhere / "checkpoints.jsonl",
        tree_copy=elsewhere / "tree.sqlite",
        databases=None,
        postgres_binaries=binaries,
        key_cache_seconds=cache_seconds,
        settle_seconds=SETTLE_SECONDS,
    )
    with open_house(settings) as house:
        server = house.wiring.places.server
        assert server is not None, "the drill runs on an embedded server"
        house.define_program(Program(PROGRAM, "drill", version=1))
        people = [_trading(house, number) for number in range(MEMBERS)]
        house.catch_up()
        house.checkpoint()
        base, old_root, old_tree = folder / "base", folder / "old-root", folder / "old-tree.sqlite"
        copies.base_backup(server, base)
        copies.dump(server, KEYS, folder / "keys.sql")
        copies.copy_of(root_folder(settings), old_root)
        old_tree.write_bytes(settings.tree_copy.read_bytes())
        yield Stage(folder, settings, house, server, people, base, folder / "keys.sql", old_root, old_tree)


def _trading(house: House, number: int) -> Person:
    """Each text has random digits, so that a search cannot find it by chance."""

    def text(words: str) -> str:
        return f"{words} {token_hex(8)}"

    name, email, phone = text("홍길동"), f"{token_hex(8)}@example.com", text("010")
    birthday, bought, coffee, store = text("생일 선물"), text("커피 두 잔"), text("아메리카노"), text("강남점")
    member = house.join(name=name, email=email, phone=phone).stream
    account = house.open_account(member, PROGRAM).stream
    house.accrue(account, purchase=Money(120_000 + number), memo=birthday, detail=bought)
    house.pay(account, 500, store=store, memo=coffee)
    house.accrue(account, points=100)
    return Person(member, account, (name, email, phone, birthday, bought, coffee))
