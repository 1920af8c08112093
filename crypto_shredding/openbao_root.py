"""A root in the transit engine of OpenBao or Vault: one transit key per version, made by its first rotation.

The server answers alike whether a key is new or was there; only rotation counts, under the key's own lock. So version
1 of a transit key means nothing, version 2 is the root version, and who made 2 made it. docs/adr/0104 has the reasons.
"""

from __future__ import annotations

import base64
import binascii
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crypto_shredding.cipher import KEY_BYTES
from crypto_shredding.errors import RootMissing, RootUnavailable, RootVersionTaken
from crypto_shredding.root import Evidence, binding

PROVIDER = "openbao"
TIMEOUT_SECONDS = 10.0  # a call takes about a millisecond; an election of a new leader a few seconds
_TYPE = "aes256-gcm96"
_WORKING = 2  # the version within a transit key that wraps
_HEAD = f"vault:v{_WORKING}:"
_TRIES_MAX = 8  # writers of one key that meet undo each other's settings, and get 500s, for a moment
_CONFLICT_SECONDS_MAX = 0.03


class OpenBaoRoot:
    """Needs `hvac`. `token` is asked before every call, so that an agent may renew what it reads.

    Blobs hold what the server calls vault:v2:…, without that head and without base64, which has several spellings.
    """

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str],
        mount: str = "transit",
        prefix: str = "root",
        namespace: str | None = None,
        certificate: Path | None = None,
    ) -> None:
        import hvac

        self._token, self._mount, self._prefix, self._address = token, mount.strip("/"), prefix, address
        verify = str(certificate) if certificate else True
        # An empty token, because for none hvac takes the first that it finds in the environment or the home folder.
        self._client = hvac.Client(url=address, token="", namespace=namespace, verify=verify, timeout=TIMEOUT_SECONDS)

    def __repr__(self) -> str:
        return f"OpenBaoRoot({self._address!r}, mount={self._mount!r}, prefix={self._prefix!r})"

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.adapter.close()

    def create_version(self, version: int) -> None:
        name = self._name(version)
        seen = self._read(name)
        if seen is not None and seen["latest_version"] >= _WORKING:
            raise RootVersionTaken(version)
        self._make(name)
        if self._rotate(name) != _WORKING:
            raise RootVersionTaken(version)

    def wrap(self, version: int, key: bytes) -> bytes:
        # Looked at first: the server makes a key that is absent, or refuses to if its policy is ours. One that it makes
        # after all has a version 1 only, and is no root version.
        self._require(version)
        answer = self._crypt("encrypt", version, plaintext=_text(key), key_version=_WORKING)
        if answer is None:
            self._require(version)  # destroyed meanwhile?
            raise RootUnavailable(PROVIDER, "the server refuses to use a key that it holds")
        ciphertext = str(answer["ciphertext"])
        if not ciphertext.startswith(_HEAD):
            raise RootUnavailable(PROVIDER, "the server wrapped with another version than the one asked for")
        return base64.b64decode(ciphertext.removeprefix(_HEAD), validate=True)

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        answer = self._crypt("decrypt", version, ciphertext=_HEAD + _text(blob))
        if answer is None:
            # 400 is all that there is to tell a foreign blob, an absent key and a request that the server dislikes.
            self._require(version)
            probe = self._crypt("decrypt", version, ciphertext=_HEAD + _text(self.wrap(version, bytes(KEY_BYTES))))
            if probe is None:
                raise RootUnavailable(PROVIDER, "the server refuses what it wrapped itself")
            raise RootMissing("this server did not wrap these keys: it belongs elsewhere", version=version)
        try:
            return bytearray(base64.b64decode(answer["plaintext"], validate=True))
        except binascii.Error:
            raise RootUnavailable(PROVIDER, "the answer is not base64") from None

    def destroy(self, version: int) -> Evidence:
        name = self._name(version)
        for _ in range(_TRIES_MAX):
            seen = self._read(name)
            if seen is not None and _is_trimmed(seen):
                break
            self._trim(name, 0 if seen is None else seen["latest_version"])
        else:
            raise RootUnavailable(PROVIDER, f"{name} could not be trimmed")
        self._make(f"{name}-gone")  # only spares `versions` a look at every key that ever was
        note = (
            "transit key version trimmed; a snapshot or backup of the server's storage that was taken before brings "
            "it back, so its retention decides"
        )
        return Evidence(PROVIDER, version, None, note)

    def versions(self) -> list[int]:
        ours = re.compile(re.escape(self._prefix) + r"-(\d{8,})")
        names = set((self._call("list", "keys") or {}).get("keys", ()))
        numbers = {int(match[1]) for name in names if (match := ours.fullmatch(name)) and f"{name}-gone" not in names}
        seen = {number: self._read(self._name(number)) for number in sorted(numbers)}
        return [number for number, key in seen.items() if key is not None and _is_working(key)]

    def _trim(self, name: str, newest: int) -> None:
        """See that there is a version above the working one, forbid the lower ones, and take their material away."""
        if not newest:
            self._make(name)
        while newest <= _WORKING:
            newest = self._rotate(name)
        # Raw: hvac 2.4.0 refuses equal minimal versions before the server sees them.
        self._call("post", f"keys/{name}/config", min_decryption_version=newest, min_encryption_version=newest)
        self._call("post", f"keys/{name}/trim", min_available_version=newest)

    def _make(self, name: str) -> None:
        key = self._call("post", f"keys/{name}", type=_TYPE)
        if key is None or key.get("type") != _TYPE or key.get("exportable") or key.get("allow_plaintext_backup"):
            raise RootUnavailable(PROVIDER, f"the transit key {name} is of another type, or could leave the server")

    def _rotate(self, name: str) -> int:
        answer = self._call("post", f"keys/{name}/rotate")
        if answer is None or "latest_version" not in answer:
            raise RootUnavailable(PROVIDER, "the server does not tell what a rotation made; it is too old")
        return int(answer["latest_version"])

    def _read(self, name: str) -> dict[str, Any] | None:
        return self._call("get", f"keys/{name}")

    def _require(self, version: int) -> None:
        seen = self._read(self._name(version))
        if seen is None or not _is_working(seen):
            raise RootMissing("the server holds no such key", version=version)

    def _crypt(self, verb: str, version: int, **content: object) -> dict[str, Any] | None:
        return self._call("post", f"{verb}/{self._name(version)}", associated_data=_text(binding(version)), **content)

    def _name(self, version: int) -> str:
        return f"{self._prefix}-{version:08}"

    def _call(self, method: str, path: str, **content: object) -> dict[str, Any] | None:
        """The answer's data; None for a thing that is not there and for a request that was refused as such."""
        import requests
        from hvac import exceptions

        for left in reversed(range(_TRIES_MAX)):
            try:
                self._client.token = self._token()
                answer = self._client.adapter.request(method, f"/v1/{self._mount}/{path}", json=content or None)
                return dict(answer.get("data") or {}) if isinstance(answer, dict) else {}
            except exceptions.InvalidRequest:
                return None
            except exceptions.InvalidPath as error:
                if error.errors:  # "no handler for route": no engine is mounted here, which says nothing about a key
                    raise RootUnavailable(PROVIDER, f"nothing is mounted at {self._mount}") from None
                return None
            except (exceptions.VaultError, requests.RequestException, OSError) as error:
                # Of writers of one key that meet, the server answers some with 500. Every call may be repeated; a
                # rotation that did happen then burns a number, and no more.
                if not left or not isinstance(error, exceptions.InternalServerError):
                    raise RootUnavailable(PROVIDER, f"{type(error).__name__} at {self._address}") from None
                time.sleep(random.uniform(0, _CONFLICT_SECONDS_MAX))  # noqa: S311 # only to fall out of step
        raise AssertionError("the last try answers or raises")


def _is_working(key: dict[str, Any]) -> bool:
    return str(_WORKING) in key["keys"] and key["min_available_version"] <= _WORKING


def _is_trimmed(key: dict[str, Any]) -> bool:
    return bool(key["min_available_version"] > _WORKING)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
