"""Who may seal, open, reseal and shred: a table, and proof that breaking it is noticed."""

from __future__ import annotations

import ast
from fnmatch import fnmatch

import pytest

from tests.architecture.checkout import modules, named, parsed

WIRING = ("service/wiring.py",)
ROOTS = ("service/roots.py",)

MAY_HOLD: dict[str, tuple[str, ...]] = {
    # Plaintext ends in the command service.
    "Sealer": ("ledger/desk/*.py", *WIRING),
    # Values are opened for one page, or for one delivery.
    "Opener": ("projections/*/query.py", "service/*.py"),
    # Sealed in, sealed out: nobody who holds this can read.
    "Resealer": ("ledger/leaving.py", "ledger/erasure.py", "ledger/legal_holds.py", *WIRING),
    "Shredder": (
        "ledger/destruction.py",
        "ledger/erasure.py",
        "ledger/legal_holds.py",
        "ledger/rekeying.py",
        "ledger/retention_run.py",
        *WIRING,
    ),
    # Values are found again by tags; the key and the text stay inside.
    "BlindIndexer": ("ledger/desk/*.py", *WIRING),
    # What this installation says of itself is signed in two places, with a key each.
    "SigningKey": ("ledger/store/checkpoint.py", "ledger/certificates.py", "service/certification.py"),
    # Who decides which standbys a destruction waits for.
    "FailoverTargets": ("service/failover.py",),
    # What the four are made of is put together in one place.
    "Keyring": WIRING,
    "PostgresKeyStore": WIRING,
    # And the root in another, which knows the providers.
    "FileRoot": ROOTS,
    "Pkcs11Root": ROOTS,
    "OpenBaoRoot": ROOTS,
    "AwsKmsRoot": ROOTS,
}
"""Capability → the modules outside crypto_shredding that may name it."""


def trespasses(path: str, tree: ast.Module) -> list[str]:
    """Each use of a capability by a module that may not hold it. A name is a use, however it was imported."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                if name in MAY_HOLD and not any(fnmatch(path, allowed) for allowed in MAY_HOLD[name]):
                    found.append(f"{path}:{node.lineno} holds {name}")
    return found


def test_every_capability_is_held_only_where_the_table_says() -> None:
    found = [
        trespass
        for path in modules("ledger", "projections", "service")
        for trespass in trespasses(named(path), parsed(path))
    ]

    assert found == []


def test_the_table_names_capabilities_that_exist() -> None:
    import crypto_shredding

    assert set(MAY_HOLD) <= set(crypto_shredding.__all__)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("projections/statement/query.py", "from crypto_shredding import Sealer"),
        ("projections/statement/project.py", "from crypto_shredding import Opener as Reader"),
        ("projections/statement/query.py", "import crypto_shredding\ncrypto_shredding.Shredder()"),
        ("ledger/points/decide.py", "from crypto_shredding import Opener"),
        ("ledger/desk/ledger.py", "from crypto_shredding import Opener"),
        ("ledger/desk/ledger.py", "from crypto_shredding import Shredder"),
        ("service/cli/erase.py", "from crypto_shredding import Shredder"),
        ("service/cli/accrue.py", "def accrue(sealer: Sealer): ..."),
        ("service/replay/run.py", "from crypto_shredding import Keyring"),
        ("service/wiring.py", "from crypto_shredding import OpenBaoRoot"),
        ("ledger/erasure.py", "from crypto_shredding import SigningKey"),
        ("service/cli/failover.py", "from crypto_shredding import FailoverTargets"),
    ],
)
def test_a_capability_in_the_wrong_hands_is_found(path: str, source: str) -> None:
    assert trespasses(path, ast.parse(source)) != []
