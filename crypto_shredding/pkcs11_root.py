"""A root in a PKCS#11 token: one AES-256 key per version that never leaves the hardware.

PKCS#11 has no unique labels, so numbers are claimed by small data objects: put one's own, then look whether it is the
only one. Of racing processes at most one wins, and a number that two claimed at once is burnt for both.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crypto_shredding.cipher import KEY_BYTES
from crypto_shredding.envelope import NONCE_BYTES, TAG_BYTES
from crypto_shredding.errors import RootMissing, RootUnavailable, RootVersionTaken
from crypto_shredding.root import Evidence, binding

if TYPE_CHECKING:
    from pkcs11 import Session, Token

PROVIDER = "pkcs11"

# python-pkcs11 initialises libraries without locks of their own, so one thread at a time is inside of any of them.
_INSIDE = threading.RLock()


@dataclass(slots=True)
class _Login:
    """A login is the whole process's: closing the session that logged in would take the keys from every other one."""

    session: Session
    users: int = 0


_LOGINS: dict[tuple[str, str], _Login] = {}


class Pkcs11Root:
    """Needs `python-pkcs11` and a token with CKM_AES_GCM. Make it after forking: a token's session is one process's.

    Of every number there remains one data object, so that it is not used again. The session is opened with the first
    call, and anew after an error. A refused PIN is not tried again, because tokens lock themselves after a few.

    `lock_file` is for SoftHSM, which keeps a view of the token in each process: of three processes that wrote at once,
    two made one number, and readers missed what was there. With it one process at a time is inside. Hardware has one
    view for all and needs none.
    """

    def __init__(
        self, library: Path, *, token_label: str, pin: str, prefix: str = "root", lock_file: Path | None = None
    ) -> None:
        self._lock_file = lock_file
        self._library, self._token_label, self._prefix = str(library), token_label, prefix
        self._pin: str | None = pin
        self._session: Session | None = None
        self._login: _Login | None = None

    def __repr__(self) -> str:
        return f"Pkcs11Root({self._library!r}, token_label={self._token_label!r}, prefix={self._prefix!r})"

    def close(self) -> None:
        """Leave the token. A later call opens it again."""
        with _INSIDE:
            self._leave()

    def create_version(self, version: int) -> None:
        from pkcs11 import Attribute, KeyType, MechanismFlag

        with self._token() as session:
            if self._marks(session, version, "used") or self._marks(session, version, "retired"):
                raise RootVersionTaken(version)
            self._mark(session, version, "used")
            if self._marks(session, version, "used") != 1:
                raise RootVersionTaken(version)
            key = session.generate_key(
                KeyType.AES, KEY_BYTES * 8, label=self._label(version), store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template={Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )  # fmt: skip
            if not (key[Attribute.ALWAYS_SENSITIVE] and key[Attribute.NEVER_EXTRACTABLE]):
                key.destroy()
                raise RootUnavailable(PROVIDER, "the token made a key that could leave it")
            if self._marks(session, version, "retired"):  # looked at after the key is there: a racing `destroy` wins
                key.destroy()
                raise RootVersionTaken(version)

    def wrap(self, version: int, key: bytes) -> bytes:
        with self._token() as session:
            return _encrypt(self._key(session, version), version, key)

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        from pkcs11 import PKCS11Error

        with self._token() as session:
            if len(blob) < NONCE_BYTES + TAG_BYTES:  # not sent: tokens differ over short nonces
                raise RootMissing("too short for a wrapped key", version=version)
            key = self._key(session, version)
            try:
                return bytearray(_decrypt(key, version, blob))
            except PKCS11Error:
                # SoftHSM calls a wrong tag CKR_GENERAL_ERROR, as it would a broken token. So the key is tried with a
                # blob that it did wrap; if that goes well, twice is once too often for an accident.
                _decrypt(key, version, _encrypt(key, version, bytes(KEY_BYTES)))
                with suppress(PKCS11Error):
                    return bytearray(_decrypt(key, version, blob))
            raise RootMissing("this token did not wrap these keys: it belongs elsewhere", version=version)

    def destroy(self, version: int) -> Evidence:
        from pkcs11 import Attribute, ObjectClass

        with self._token() as session:
            if not self._marks(session, version, "retired"):
                self._mark(session, version, "retired")
            for kind, label in (
                (ObjectClass.SECRET_KEY, self._label(version)),
                (ObjectClass.DATA, self._label(version, "used")),  # the other mark is enough
            ):
                for found in list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label})):
                    found.destroy()
        note = (
            "C_DestroyObject; a restored backup of the token brings the key back, so how long that is possible is "
            "decided by the backup policy of the certified HSM (SoftHSM's folder can always be copied)"
        )
        return Evidence(PROVIDER, version, None, note)

    def versions(self) -> list[int]:
        from pkcs11 import Attribute, ObjectClass

        ours = re.compile(re.escape(self._prefix) + r"-(\d{8,})")
        with self._token() as session:
            keys = [key for key in session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}) if _is_made(key)]
            labels = [str(key[Attribute.LABEL]) for key in keys]
            numbers = {int(match[1]) for label in labels if (match := ours.fullmatch(label))}
            return sorted(number for number in numbers if not self._marks(session, number, "retired"))

    def _key(self, session: Session, version: int) -> Any:
        from pkcs11 import Attribute, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: self._label(version)}
        found = [key for key in session.get_objects(wanted) if _is_made(key)]
        if len(found) != 1 or self._marks(session, version, "retired"):
            raise RootMissing(f"the token {self._token_label} holds no such key", version=version)
        return found[0]

    def _mark(self, session: Session, version: int, mark: str) -> None:
        from pkcs11 import Attribute, ObjectClass

        session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA, Attribute.TOKEN: True, Attribute.PRIVATE: True,
                Attribute.LABEL: self._label(version, mark), Attribute.VALUE: os.urandom(8),
            }
        )  # fmt: skip

    def _marks(self, session: Session, version: int, mark: str) -> int:
        from pkcs11 import Attribute, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: self._label(version, mark)}
        return len(list(session.get_objects(wanted)))

    def _label(self, version: int, mark: str = "") -> str:
        return f"{self._prefix}-{version:08}" + (f"-{mark}" if mark else "")

    @contextmanager
    def _token(self) -> Iterator[Session]:
        from pkcs11 import PKCS11Error

        with _INSIDE, self._alone():
            try:
                self._session = self._session or self._enter()
                yield self._session
            except PKCS11Error as error:
                self._drop()
                raise RootUnavailable(PROVIDER, f"{type(error).__name__} at token {self._token_label}") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._lock_file is None:
            yield
            return
        try:
            lock = open(self._lock_file, "ab")  # noqa: SIM115 # closed below; what is inside has errors of its own
        except OSError as error:
            raise RootUnavailable(PROVIDER, f"{self._lock_file}: {error.strerror}") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _enter(self) -> Session:
        import pkcs11

        if self._pin is None:
            raise RootUnavailable(PROVIDER, "the PIN was refused before and is not tried again")
        token = pkcs11.lib(self._library).get_token(token_label=self._token_label)
        if pkcs11.Mechanism.AES_GCM not in token.slot.get_mechanisms():
            raise RootUnavailable(PROVIDER, "the token has no CKM_AES_GCM")
        login = _LOGINS.get(self._place)
        if login is None:
            login = _LOGINS[self._place] = _Login(self._logged_in(token))
        session: Session = token.open(rw=True)
        login.users += 1
        self._login = login
        return session

    def _logged_in(self, token: Token) -> Session:
        import pkcs11

        try:
            return token.open(rw=True, user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:  # by other code of this process, or by us before an error
            return token.open(rw=True)
        except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid):
            self._pin = None
            raise

    @property
    def _place(self) -> tuple[str, str]:
        return self._library, self._token_label

    def _leave(self) -> None:
        """Close the session; the last of the process that leaves logs out."""
        from pkcs11 import PKCS11Error

        session, self._session = self._session, None
        login, self._login = self._login, None
        if session is None or login is None:
            return
        with suppress(PKCS11Error):
            session.close()
        login.users -= 1
        if login.users == 0 and _LOGINS.get(self._place) is login:
            del _LOGINS[self._place]
            with suppress(PKCS11Error):
                login.session.close()

    def _drop(self) -> None:
        """After an error nothing is closed: the token may have given the number of a lost session to another one."""
        login, self._login, self._session = self._login, None, None
        if login is not None and _LOGINS.get(self._place) is login:
            del _LOGINS[self._place]


def _is_made(key: Any) -> bool:
    """Whether the token generated it, to the end: CKA_LOCAL, a common key attribute of PKCS #11.

    False of one that was put in, of which there is a copy elsewhere. And of what SoftHSM has of a key whose maker was
    killed inside of C_GenerateKey: an object with every attribute but its value.
    """
    from pkcs11 import Attribute

    return bool(key[Attribute.LOCAL])


def _encrypt(key: Any, version: int, content: bytes) -> bytes:
    from pkcs11 import GCMParams, Mechanism

    nonce = os.urandom(NONCE_BYTES)
    bound = GCMParams(nonce, binding(version), TAG_BYTES * 8)
    return nonce + bytes(key.encrypt(content, mechanism=Mechanism.AES_GCM, mechanism_param=bound))


def _decrypt(key: Any, version: int, blob: bytes) -> bytes:
    from pkcs11 import GCMParams, Mechanism

    bound = GCMParams(blob[:NONCE_BYTES], binding(version), TAG_BYTES * 8)
    return bytes(key.decrypt(blob[NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=bound))
