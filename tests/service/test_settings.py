"""Settings: both databases or none, never the same one, and no password in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import Settings, SettingsRefused

LEDGER = "postgresql://ledger_app:secret-of-mine@db.example/ledger"
KEYS = "postgresql://keys_app:secret-of-mine@keys.example/keys"


def test_without_settings_the_embedded_server_is_used(tmp_path: Path) -> None:
    settings = Settings.read({"POINTS_LEDGER_DATA": str(tmp_path)})

    assert settings.databases is None
    assert (settings.data_dir, settings.root_dir) == (tmp_path, tmp_path / "root")


def test_the_owner_is_the_service_itself_unless_named(tmp_path: Path) -> None:
    both = {"LEDGER_DSN": LEDGER, "KEYS_DSN": KEYS}
    owner = "postgresql://postgres@primary.example:6432/ledger"

    plain = Settings.read(both).databases
    owned = Settings.read({**both, "LEDGER_OWNER_DSN": owner}).databases

    assert plain is not None
    assert (plain.ledger_owner, plain.keys_owner) == (LEDGER, KEYS)
    assert owned is not None
    assert (owned.ledger, owned.ledger_owner, owned.keys_owner) == (LEDGER, owner, KEYS)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"LEDGER_DSN": LEDGER}, "KEYS_DSN"),
        ({"KEYS_DSN": KEYS}, "LEDGER_DSN"),
        ({"KEYS_OWNER_DSN": KEYS}, "KEYS_OWNER_DSN"),
        ({"LEDGER_DSN": LEDGER, "KEYS_DSN": LEDGER}, "KEYS_DSN"),
        ({"LEDGER_DSN": LEDGER, "KEYS_DSN": "secret-of-mine nonsense"}, "KEYS_DSN"),
        ({"LEDGER_DSN": LEDGER, "KEYS_DSN": KEYS, "LEDGER_OWNER_DSN": KEYS}, "LEDGER_OWNER_DSN"),
        ({"LEDGER_DSN": LEDGER, "KEYS_DSN": KEYS, "KEYS_OWNER_DSN": LEDGER}, "KEYS_OWNER_DSN"),
    ],
)
def test_half_a_configuration_is_refused_by_name_and_without_its_password(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsRefused) as caught:
        Settings.read(environ)

    assert caught.value.name == name
    assert "secret-of-mine" not in str(caught.value)


def test_settings_show_no_password() -> None:
    assert "secret-of-mine" not in repr(Settings.read({"LEDGER_DSN": LEDGER, "KEYS_DSN": KEYS}))
