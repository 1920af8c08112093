"""Settings are refused at start where they do not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import Settings, SettingsRefused

LEDGER, KEYS = "postgresql://app@one.example/ledger", "postgresql://app@two.example/keys"
BOTH = {"LEDGER_DSN": LEDGER, "KEYS_DSN": KEYS, "POINTS_LEDGER_DATA": "/data"}


def test_without_databases_there_is_an_embedded_one() -> None:
    settings = Settings.read({"POINTS_LEDGER_DATA": "/data"})

    assert settings.databases is None
    assert (settings.root_dir, settings.checkpoints) == (Path("/data/root"), Path("/data/checkpoints.jsonl"))


def test_each_role_has_its_own_database_or_the_next_best() -> None:
    alone = Settings.read(BOTH).databases
    apart = Settings.read(
        BOTH
        | {
            "LEDGER_OWNER_DSN": "postgresql://owner@one.example/ledger",
            "PROJECTOR_DSN": "postgresql://projector@one.example/ledger",
        }
    ).databases

    assert alone is not None
    assert (alone.ledger_owner, alone.projector, alone.keys_owner) == (LEDGER, LEDGER, KEYS)
    assert apart is not None
    assert apart.projector == "postgresql://projector@one.example/ledger"


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"LEDGER_DSN": LEDGER}, "KEYS_DSN"),
        ({"KEYS_DSN": KEYS}, "LEDGER_DSN"),
        ({"LEDGER_DSN": LEDGER, "KEYS_DSN": LEDGER}, "KEYS_DSN"),
        ({"PROJECTOR_DSN": LEDGER}, "PROJECTOR_DSN"),
        (BOTH | {"PROJECTOR_DSN": KEYS}, "PROJECTOR_DSN"),
        (BOTH | {"LEDGER_OWNER_DSN": KEYS}, "LEDGER_OWNER_DSN"),
        (BOTH | {"LEDGER_DSN": "not a dsn"}, "LEDGER_DSN"),
        (BOTH | {"POINTS_LEDGER_KEY_CACHE_SECONDS": "6"}, "POINTS_LEDGER_KEY_CACHE_SECONDS"),
        (BOTH | {"POINTS_LEDGER_KEY_CACHE_SECONDS": "soon"}, "POINTS_LEDGER_KEY_CACHE_SECONDS"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.read(environ)

    assert refused.value.name == name


def test_no_password_is_in_a_repr() -> None:
    settings = Settings.read(BOTH | {"LEDGER_DSN": "postgresql://app:hunter2@one.example/ledger"})

    assert "hunter2" not in repr(settings)
