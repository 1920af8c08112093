"""Settings are refused at start where they do not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.root_settings import FilePlace, OpenBaoPlace, Pkcs11Place, SettingsRefused
from service.settings import Settings

LEDGER, KEYS = "postgresql://app@one.example/ledger", "postgresql://app@two.example/keys"
HERE = str(Path(__file__))
HSM = {
    "POINTS_LEDGER_ROOT_PROVIDER": "pkcs11", "POINTS_LEDGER_PKCS11_LIBRARY": HERE, "POINTS_LEDGER_PKCS11_TOKEN": "ours",
    "POINTS_LEDGER_PKCS11_PIN": "hunter2",
}  # fmt: skip
BAO = {
    "POINTS_LEDGER_ROOT_PROVIDER": "openbao", "POINTS_LEDGER_OPENBAO_ADDRESS": "https://bao.example:8200",
    "POINTS_LEDGER_OPENBAO_TOKEN": "hunter2",
}  # fmt: skip
KMS = {"POINTS_LEDGER_ROOT_PROVIDER": "aws-kms"}
BOTH = {"LEDGER_DSN": LEDGER, "KEYS_DSN": KEYS, "POINTS_LEDGER_DATA": "/data"}


def test_without_databases_there_is_an_embedded_one() -> None:
    settings = Settings.read({"POINTS_LEDGER_DATA": "/data"})

    assert settings.databases is None
    assert settings.root == FilePlace(folder=Path("/data/root"))
    assert settings.checkpoints == Path("/data/checkpoints.jsonl")


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
        ({"POINTS_LEDGER_ROOT_PROVIDER": "paper"}, "POINTS_LEDGER_ROOT_PROVIDER"),
        ({"POINTS_LEDGER_PKCS11_PIN": "1"}, "POINTS_LEDGER_PKCS11_PIN"),
        (KMS | {"POINTS_LEDGER_ROOT": "/root"}, "POINTS_LEDGER_ROOT"),
        (HSM | {"POINTS_LEDGER_OPENBAO_TOKEN": "1"}, "POINTS_LEDGER_OPENBAO_TOKEN"),
        (HSM | {"POINTS_LEDGER_PKCS11_LIBRARY": ""}, "POINTS_LEDGER_PKCS11_LIBRARY"),
        (HSM | {"POINTS_LEDGER_PKCS11_LIBRARY": "/nowhere.so"}, "POINTS_LEDGER_PKCS11_LIBRARY"),
        (HSM | {"POINTS_LEDGER_PKCS11_TOKEN": ""}, "POINTS_LEDGER_PKCS11_TOKEN"),
        (HSM | {"POINTS_LEDGER_PKCS11_PIN": ""}, "POINTS_LEDGER_PKCS11_PIN"),
        (HSM | {"POINTS_LEDGER_PKCS11_PIN_FILE": HERE}, "POINTS_LEDGER_PKCS11_PIN"),
        (
            HSM | {"POINTS_LEDGER_PKCS11_PIN": "", "POINTS_LEDGER_PKCS11_PIN_FILE": "/dev/null"},
            "POINTS_LEDGER_PKCS11_PIN_FILE",
        ),
        (BAO | {"POINTS_LEDGER_OPENBAO_ADDRESS": ""}, "POINTS_LEDGER_OPENBAO_ADDRESS"),
        (BAO | {"POINTS_LEDGER_OPENBAO_ADDRESS": "bao.example"}, "POINTS_LEDGER_OPENBAO_ADDRESS"),
        (BAO | {"POINTS_LEDGER_OPENBAO_ADDRESS": "http://bao.example:8200"}, "POINTS_LEDGER_OPENBAO_ADDRESS"),
        (BAO | {"POINTS_LEDGER_OPENBAO_ADDRESS": "https://me:hunter2@bao.example"}, "POINTS_LEDGER_OPENBAO_ADDRESS"),
        (BAO | {"POINTS_LEDGER_OPENBAO_TOKEN": ""}, "POINTS_LEDGER_OPENBAO_TOKEN"),
        (
            BAO | {"POINTS_LEDGER_OPENBAO_TOKEN": "", "POINTS_LEDGER_OPENBAO_TOKEN_FILE": "/nowhere"},
            "POINTS_LEDGER_OPENBAO_TOKEN_FILE",
        ),
        (BAO | {"POINTS_LEDGER_OPENBAO_CA": "/nowhere"}, "POINTS_LEDGER_OPENBAO_CA"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.read(environ)

    assert refused.value.name == name
    assert "hunter2" not in str(refused.value)


def test_the_wait_for_silent_targets_is_bounded() -> None:
    name = "POINTS_LEDGER_SETTLE_SECONDS"

    assert Settings.read({}).settle_seconds == 60
    assert Settings.read({name: "600"}).settle_seconds == 600
    for refused in ("0", "-1", "600.1", "inf", "nan", "soon"):
        with pytest.raises(SettingsRefused, match=name):
            Settings.read({name: refused})


def test_no_password_is_in_a_repr() -> None:
    settings = Settings.read(BOTH | {"LEDGER_DSN": "postgresql://app:hunter2@one.example/ledger"})

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in repr(Settings.read(HSM)) + repr(Settings.read(BAO))


def test_secrets_of_the_root_may_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    names = ("POINTS_LEDGER_PKCS11_PIN", "POINTS_LEDGER_OPENBAO_TOKEN")
    hsm, bao = (
        Settings.read({key: value for key, value in each.items() if key != name} | {f"{name}_FILE": str(file)}).root
        for each, name in zip((HSM, BAO), names, strict=True)
    )

    assert isinstance(hsm, Pkcs11Place)
    assert hsm.pin == "hunter2"
    assert isinstance(bao, OpenBaoPlace)
    assert (bao.token, bao.token_file) == (None, file)


@pytest.mark.parametrize("environ", [HSM, BAO, KMS], ids=["pkcs11", "openbao", "aws-kms"])
def test_a_provider_whose_package_is_absent_is_refused_at_start(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.root_settings.find_spec", lambda _: None)

    with pytest.raises(SettingsRefused, match=r"pip install 'points-ledger\["):
        Settings.read(environ)
