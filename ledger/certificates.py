"""Certificates in the ledger's database: issued one after the other, once for each request, never changed.

```
lock ─► is there one for this request? ─► read the last ─► sign behind it ─► insert ─► commit
```
Signing and storing are one transaction: whoever dies in between leaves no gap, and nothing that anybody has seen.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg

from crypto_shredding import (
    Body,
    Certificate,
    CertificateChainBroken,
    KeyChange,
    SigningKey,
    SigningKeyDiffers,
    kind_of,
    read_certificate,
    sign_next,
    verify_chain,
)
from ledger.store.connection import RECONNECT_SECONDS_MAX, back_off, connect, is_transient
from ledger.store.errors import StoreUnavailable
from ledger.store.statements import statement

PAGE: Final = 500  # certificates read at a time: a few MiB
Answer = TypeVar("Answer")


class Certificates:
    """Issues this installation's certificates, in any number of processes. `issuer` is the installation's id."""

    def __init__(self, dsn: str, *, issuer: UUID, key: SigningKey) -> None:
        self._dsn = dsn
        self._issuer = issuer
        self._key = key

    def issue(self, body: Body, *, at: datetime) -> Certificate:
        """The certificate of this kind for the body's request: the first one that was issued, else a new one, stored.

        Repeatable after any error. Raises SigningKeyDiffers, CertificateUnreadable (the last stored one was altered),
        StoreUnavailable, and ValueError for a body that cannot be written.
        """
        return _trying(lambda: self._issue(body, at))

    def change_key(self, new: SigningKey, *, request: UUID, reason: str, actor: str, at: datetime) -> Certificate:
        """Certify, with the key so far, that from now on the new one signs; then this object signs with it.

        Put the new key where the old one was only after this. The same change again is no second one.
        """
        body = KeyChange(
            request=request,
            old_public_key=self._key.public_bytes,
            new_public_key=new.public_bytes,
            reason=reason,
            actor=actor,
        )
        issued = self.issue(body, at=at)
        if issued.next_key != new.key_id:
            raise SigningKeyDiffers(self._issuer, issued.next_key)
        self._key = new
        return issued

    def _issue(self, body: Body, at: datetime) -> Certificate:
        with connect(self._dsn, name="ledger certificates") as connection, connection.transaction():
            connection.execute(statement("lock_certificates"))
            found = _certificate(connection, "find_certificate", kind_of(body), body.request)
            if found is not None:
                return found
            last = _certificate(connection, "last_certificate")
            made = sign_next(body, previous=last, issuer=self._issuer, key=self._key, at=at)
            _insert(connection, made)
            return made


def signer_of_next(dsn: str) -> bytes | None:
    """The id of the key with which the chain goes on; None where nothing was certified yet.

    Raises StoreUnavailable, CertificateUnreadable.
    """

    def find() -> bytes | None:
        with connect(dsn, name="ledger certificates") as connection:
            last = _certificate(connection, "last_certificate")
        return None if last is None else last.next_key

    return _trying(find)


def find_certificate(dsn: str, kind: str, request: UUID) -> Certificate | None:
    """The certificate of a kind for a request. Nothing is verified. Raises StoreUnavailable, CertificateUnreadable."""

    def find() -> Certificate | None:
        with connect(dsn, name="ledger certificates") as connection:
            return _certificate(connection, "find_certificate", kind, request)

    return _trying(find)


def certificate_lines(dsn: str, *, after: int = 0) -> Iterator[bytes]:
    """Every certificate after a number as the line that was signed, in order; nothing is verified.

    Raises StoreUnavailable.
    """
    while page := _trying(partial(_page, dsn, after)):
        yield from (text.encode("utf-8") for _, text in page)
        after = page[-1][0]


def export_certificates(dsn: str, path: Path) -> int:
    """Write the whole chain to a file, one certificate a line, replacing it whole; returns how many.

    Raises StoreUnavailable, OSError.
    """
    draft = path.with_name(path.name + ".draft")
    count = 0
    with draft.open("wb") as file:
        for line in certificate_lines(dsn):
            file.write(line + b"\n")
            count += 1
    draft.replace(path)
    return count


def put_back_certificates(dsn: str, lines: Iterable[bytes], trusted: Collection[bytes]) -> int:
    """Store again, from an export, what a restored database has lost of the chain; returns how many that were.

    To be done before a new certificate is issued. ``lines`` is read three times. Raises what `verify_chain` does, and
    CertificateChainBroken when the export does not continue what is stored; then nothing is stored.
    """
    verify_chain(lines, trusted)
    return _trying(partial(_put_back, dsn, lines))


def _put_back(dsn: str, lines: Iterable[bytes]) -> int:
    count = 0
    with connect(dsn, name="ledger certificates") as connection, connection.transaction():
        connection.execute(statement("lock_certificates"))
        last = _certificate(connection, "last_certificate")
        for line_number, line in enumerate(lines, 1):
            told = read_certificate(line)
            if last is not None and told.number < last.number:
                continue
            # Equal hashes at one number mean equal chains before it.
            if last is not None and told.hash == last.hash:
                continue
            if (told.number, told.previous) != ((last.number + 1, last.hash) if last else (1, told.previous)):
                raise CertificateChainBroken("it does not continue the certificates that are stored", line=line_number)
            _insert(connection, told)
            last, count = told, count + 1
    return count


def _insert(connection: psycopg.Connection[Any], made: Certificate) -> None:
    row = (made.number, made.kind, made.body.request, made.hash, made.line.decode("utf-8"))
    connection.execute(statement("insert_certificate"), row)


def _page(dsn: str, after: int) -> list[tuple[int, str]]:
    with connect(dsn, name="ledger certificates") as connection:
        return [(number, text) for number, text in connection.execute(statement("certificates"), (after, PAGE))]


def _certificate(connection: psycopg.Connection[Any], name: str, *parameters: object) -> Certificate | None:
    row = connection.execute(statement(name), parameters).fetchone()
    return None if row is None else read_certificate(row[0].encode("utf-8"))


def _trying(action: Callable[[], Answer]) -> Answer:
    """Try again what the database could not do at the moment; every action here may be repeated."""
    last: psycopg.Error | None = None
    for pause in back_off(RECONNECT_SECONDS_MAX):
        try:
            return action()
        except psycopg.Error as error:
            if not is_transient(error):
                raise
            last = error
            sleep(pause)
    raise StoreUnavailable(1, RECONNECT_SECONDS_MAX) from last
