"""Where the root of all keys lives, as the environment says it; secrets come from there or from files named there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

PROVIDER = "POINTS_LEDGER_ROOT_PROVIDER"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsRefused(Exception):
    """A setting is missing or impossible: correct the environment variable `name` and start again."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name, self.problem = name, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """A folder. A backup of it undoes every erasure."""

    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Place:
    """A token of a hardware security module. `lock_file` is for SoftHSM."""

    library: Path
    token_label: str
    pin: str = field(repr=False)
    prefix: str
    lock_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBaoPlace:
    """A transit engine. The token is either given, or read from a file before every call."""

    address: str
    token: str | None = field(repr=False)
    token_file: Path | None
    mount: str
    namespace: str | None
    certificate: Path | None
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsKmsPlace:
    """AWS KMS; credentials are found by boto3, and the region too if it is None."""

    region: str | None
    prefix: str


RootPlace = FilePlace | Pkcs11Place | OpenBaoPlace | AwsKmsPlace

# By provider: what belongs to it alone, and the module and extra that it needs.
_OWN = {
    "file": ("POINTS_LEDGER_ROOT",),
    "pkcs11": tuple(f"POINTS_LEDGER_PKCS11_{name}" for name in ("LIBRARY", "TOKEN", "PIN", "PIN_FILE", "LOCK")),
    "openbao": tuple(
        f"POINTS_LEDGER_OPENBAO_{name}" for name in ("ADDRESS", "TOKEN", "TOKEN_FILE", "MOUNT", "NAMESPACE", "CA")
    ),
    "aws-kms": ("POINTS_LEDGER_AWS_REGION",),
}
_NEEDS = {"pkcs11": ("pkcs11", "pkcs11"), "openbao": ("hvac", "openbao"), "aws-kms": ("boto3", "aws")}


def root_place(environ: Mapping[str, str], data_dir: Path) -> RootPlace:
    """Read the settings of the one provider that is chosen; raises SettingsRefused, also for settings of another."""
    provider = environ.get(PROVIDER) or "file"
    if provider not in _OWN:
        raise SettingsRefused(PROVIDER, f"must be one of {', '.join(_OWN)}")
    for other, names in _OWN.items():
        for name in names:
            if other != provider and environ.get(name):
                raise SettingsRefused(name, f"is set, but {PROVIDER} is {provider}")
    if provider in _NEEDS and find_spec(_NEEDS[provider][0]) is None:
        raise SettingsRefused(PROVIDER, f"{provider} needs: pip install 'points-ledger[{_NEEDS[provider][1]}]'")
    prefix = environ.get("POINTS_LEDGER_ROOT_PREFIX") or "points-ledger-root"
    match provider:
        case "pkcs11":
            return _pkcs11(environ, prefix)
        case "openbao":
            return _openbao(environ, prefix)
        case "aws-kms":
            return AwsKmsPlace(region=environ.get("POINTS_LEDGER_AWS_REGION") or None, prefix=prefix)
    return FilePlace(folder=_path(environ, "POINTS_LEDGER_ROOT") or data_dir / "root")


def _pkcs11(environ: Mapping[str, str], prefix: str) -> Pkcs11Place:
    library = Path(_needed(environ, "POINTS_LEDGER_PKCS11_LIBRARY"))
    if not library.is_file():
        raise SettingsRefused("POINTS_LEDGER_PKCS11_LIBRARY", "is not a file")
    token_label = _needed(environ, "POINTS_LEDGER_PKCS11_TOKEN")
    pin, pin_file = _secret(environ, "POINTS_LEDGER_PKCS11_PIN")
    lock_file = _path(environ, "POINTS_LEDGER_PKCS11_LOCK")
    pin = pin or read_secret("POINTS_LEDGER_PKCS11_PIN_FILE", pin_file)
    return Pkcs11Place(library=library, token_label=token_label, pin=pin, prefix=prefix, lock_file=lock_file)


def _openbao(environ: Mapping[str, str], prefix: str) -> OpenBaoPlace:
    name = "POINTS_LEDGER_OPENBAO_ADDRESS"
    parts = urlsplit(_needed(environ, name))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise SettingsRefused(name, "is not an address (https://host:8200)")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsRefused(name, "must be https: the token and unwrapped keys go this way")
    token, token_file = _secret(environ, "POINTS_LEDGER_OPENBAO_TOKEN")
    if token is None:
        read_secret("POINTS_LEDGER_OPENBAO_TOKEN_FILE", token_file)
    certificate = _path(environ, "POINTS_LEDGER_OPENBAO_CA")
    if certificate is not None and not certificate.is_file():
        raise SettingsRefused("POINTS_LEDGER_OPENBAO_CA", "is not a file")
    return OpenBaoPlace(
        address=environ[name],
        token=token,
        token_file=token_file,
        mount=environ.get("POINTS_LEDGER_OPENBAO_MOUNT") or "transit",
        namespace=environ.get("POINTS_LEDGER_OPENBAO_NAMESPACE") or None,
        certificate=certificate,
        prefix=prefix,
    )


def _secret(environ: Mapping[str, str], name: str) -> tuple[str | None, Path | None]:
    """A secret or the file with it: one of the two."""
    given, file = environ.get(name), _path(environ, f"{name}_FILE")
    if given and file:
        raise SettingsRefused(name, f"is set, and so is {name}_FILE")
    if not given and not file:
        raise SettingsRefused(name, f"is needed, or {name}_FILE")
    return given or None, file


def read_secret(name: str, file: Path | None) -> str:
    """What a file holds, without the end of its line; raises SettingsRefused."""
    try:
        content = file.read_text("utf-8").strip() if file else ""
    except (OSError, ValueError):
        raise SettingsRefused(name, "cannot be read") from None
    if not content:
        raise SettingsRefused(name, "is empty")
    return content


def _needed(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise SettingsRefused(name, f"is needed, since {PROVIDER} is {environ.get(PROVIDER)}")
    return environ[name]


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]).expanduser().absolute() if environ.get(name) else None
