"""The same payment as an application of the stock eventsourcing library, for comparison.

An `Aggregate` holds the lots; a payment loads it (through the library's own cache), draws from the lots, and saves.
The library's idiom for idempotency is a second aggregate named by the key, saved in the same transaction; it also
holds the receipt. Personal fields are sealed by the library's AES cipher, which seals the whole state under one key.
There is no hash chain and no erasure: the library has none.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.cipher import AESCipher
from eventsourcing.domain import Aggregate, event
from eventsourcing.utils import get_topic

from service.embedded_postgres import OWNER

# Every process of a run must read what the others wrote; nothing here is anybody's.
CIPHER_KEY = b64encode(sha256(b"benchmarks").digest()).decode()


class Account(Aggregate):
    """Lots, spent in the order in which they were earned."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []

    class Accrued(Aggregate.Event):
        points: int

    @event(Accrued)
    def accrue(self, points: int) -> None:
        self.lots.append([points])

    class Paid(Aggregate.Event):
        points: int
        memo: str
        detail: str
        instrument: str

    @event(Paid)
    def pay(self, points: int, memo: str, detail: str, instrument: str) -> None:
        left = points
        for lot in self.lots:
            taken = min(left, lot[0])
            lot[0] -= taken
            left -= taken

    @property
    def available(self) -> int:
        """Points that are left."""
        return sum(lot[0] for lot in self.lots)


class Answer(Aggregate):
    """What a key was answered with."""

    def __init__(self, key: UUID, receipt: dict[str, Any]) -> None:
        self.key = key
        self.receipt = receipt

    @staticmethod
    def create_id(key: UUID, receipt: dict[str, Any]) -> UUID:
        return uuid5(NAMESPACE_URL, f"/answers/{key}")


class StockLedger(Application[UUID]):
    """Payments on stock parts."""

    def open(self, points: int) -> UUID:
        """A new account with one lot."""
        account = Account()
        account.accrue(points)
        self.save(account)
        return account.id

    def pay(self, account_id: UUID, key: UUID, points: int, memo: str, detail: str, instrument: str) -> dict[str, Any]:
        """Pay once by key; the receipt has the balance."""
        account: Account = self.repository.get(account_id)
        if account.available < points:
            raise ValueError("insufficient points")
        account.pay(points, memo, detail, instrument)
        receipt = {"points": points, "available": account.available}
        self.save(account, Answer(key, receipt))
        return receipt

    def answered(self, key: UUID) -> dict[str, Any] | None:
        """The receipt of a key."""
        try:
            answer: Answer = self.repository.get(uuid5(NAMESPACE_URL, f"/answers/{key}"))
        except AggregateNotFoundError:
            return None
        return answer.receipt


def prepare(socket_folder: str, count: int) -> list[UUID]:
    """Accounts that can pay, in the database `stock`."""
    with StockLedger(environment(socket_folder)) as application:
        return [application.open(900_000_000) for _ in range(count)]


def environment(socket_folder: str) -> Mapping[str, str]:
    """Settings at the library's best: AES sealing, aggregates cached, connections for eight threads at once."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": "stock",
        "POSTGRES_HOST": socket_folder,
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": OWNER,
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": "8",
        "POSTGRES_MAX_OVERFLOW": "8",
        "POSTGRES_PRE_PING": "no",
        "AGGREGATE_CACHE_MAXSIZE": "100000",
        "AGGREGATE_CACHE_FASTFORWARD": "no",
        "CIPHER_TOPIC": get_topic(AESCipher),
        "CIPHER_KEY": CIPHER_KEY,
    }
