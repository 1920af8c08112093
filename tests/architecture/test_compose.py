"""The containers are what the tests ran on: same settings, same roles, same way of making a cluster."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.embedded_postgres import INITDB, OWNER, ROLE_FILES, SERVER_SETTINGS, EmbeddedPostgres
from tests.architecture.checkout import ROOT
from tests.conftest import KEYS_APP, LEDGER_APP, LEDGER_COMPACTION, LEDGER_DISPUTE, LEDGER_PROJECTOR

DATABASES = {
    "ledger-db": [LEDGER_APP, LEDGER_PROJECTOR, LEDGER_COMPACTION, LEDGER_DISPUTE],
    "keys-db": [KEYS_APP],
}
"""The containers, and the roles that log in to each."""


def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real docker-compose, of which only `config` works without an engine."""
    binary = Path(sys.executable).with_name("docker-compose")
    return subprocess.run([binary, "config", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def config() -> Any:
    return json.loads(compose("--format", "json").stdout)


def made_roles() -> set[str]:
    """The roles that the files of service/compose make."""
    texts = [(ROOT / "service/compose" / name).read_text() for name in ROLE_FILES]
    return {role for text in texts for role in re.findall(r"CREATE ROLE (\w+)", text)}


def test_docker_compose_accepts_the_file() -> None:
    result = compose("--quiet")

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("database", DATABASES)
def test_a_container_runs_with_the_settings_that_the_tests_run_with(config: Any, database: str) -> None:
    program, *arguments = config["services"][database]["command"]

    assert program == "postgres"
    assert dict(argument.removeprefix("-c").split("=", 1) for argument in arguments) == SERVER_SETTINGS


@pytest.mark.parametrize("database", DATABASES)
def test_a_container_makes_its_cluster_as_the_tests_do(config: Any, database: str) -> None:
    environment = config["services"][database]["environment"]
    # How one logs in differs: by password there, by the operating system's user here.
    ours = [argument for argument in INITDB if not argument.startswith(("--auth", "--username", "--no-instructions"))]

    assert environment["POSTGRES_INITDB_ARGS"].split() == ours
    assert environment["POSTGRES_USER"] == OWNER
    assert environment["ROLES"].split() == DATABASES[database]


def test_what_a_container_mounts_is_there_and_makes_every_role(config: Any) -> None:
    mounted = {
        Path(volume["source"]) for database in DATABASES for volume in config["services"][database]["volumes"]
        if volume["type"] == "bind"
    }  # fmt: skip

    assert all(path.is_file() for path in mounted)
    assert {path.name for path in mounted} == {*ROLE_FILES, "passwords.sh"}


def test_ledger_and_keys_share_no_volume_no_network_and_no_secret(config: Any) -> None:
    ledger, keys = (config["services"][database] for database in DATABASES)

    assert not set(ledger["networks"]) & set(keys["networks"])
    assert not {secret["source"] for secret in ledger["secrets"]} & {secret["source"] for secret in keys["secrets"]}
    volumes = [volume["source"] for one in (ledger, keys) for volume in one["volumes"] if volume["type"] == "volume"]
    assert len(set(volumes)) == 2


def test_the_tests_server_has_the_settings_it_was_given(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn("postgres")) as connection:
        rows = connection.execute("SELECT name, current_setting(name) FROM pg_settings").fetchall()
    shown = {str(name).lower(): str(value) for name, value in rows}

    # PostgreSQL shows 60s as 1min and so on; what it shows for our value is asked of PostgreSQL itself.
    assert shown["timezone"] == SERVER_SETTINGS["timezone"]
    assert shown["idle_in_transaction_session_timeout"] == "1min"
    same = set(SERVER_SETTINGS) - {"timezone", "idle_in_transaction_session_timeout"}
    assert {name: shown[name] for name in same} == {name: SERVER_SETTINGS[name] for name in same}


def test_the_roles_of_the_containers_are_the_roles_of_the_tests(
    server: EmbeddedPostgres, ledger_template: str, keys_template: str
) -> None:
    # The migrations of both databases have run by now, and could have made a role that the containers lack.
    with psycopg.connect(server.dsn("postgres")) as connection:
        roles = connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles "
            "WHERE rolname !~ '^pg_' AND rolname <> %s", [OWNER]
        ).fetchall()  # fmt: skip

    assert {role for role, _, _ in roles} == made_roles()
    assert {role for role, may_login, _ in roles if may_login} == set(itertools.chain(*DATABASES.values()))
    assert not any(mighty for _, _, mighty in roles)


@pytest.mark.parametrize(
    ("role", "longest"),
    [
        (LEDGER_APP, "30s"),
        (KEYS_APP, "30s"),
        (LEDGER_DISPUTE, "30s"),
        (LEDGER_PROJECTOR, "10min"),
        (LEDGER_COMPACTION, "10min"),
    ],
)
def test_no_role_of_the_service_can_hang_for_ever(server: EmbeddedPostgres, role: str, longest: str) -> None:
    with psycopg.connect(server.dsn("postgres", user=role)) as connection:
        limits = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        }

    assert limits == {
        "statement_timeout": (longest,),
        "lock_timeout": ("10s",),
        "idle_in_transaction_session_timeout": ("15s",),
    }


@pytest.mark.parametrize("database", DATABASES)
def test_the_passwords_of_a_container_are_those_of_its_secrets(
    server: EmbeddedPostgres, tmp_path: Path, config: Any, database: str
) -> None:
    # The container's own script, with the container's own list of roles; a quote must not end the statement.
    for role in DATABASES[database]:
        (tmp_path / role).write_text(f"it's {role}\n")
    environment = {
        "PATH": f"{server.binaries}:/usr/bin:/bin", "PGHOST": str(server.socket_dir), "SECRETS": str(tmp_path),
        "ROLES": config["services"][database]["environment"]["ROLES"], "POSTGRES_USER": OWNER,
        "POSTGRES_DB": "postgres",
    }  # fmt: skip

    subprocess.run(["/bin/sh", ROOT / "service/compose/passwords.sh"], env=environment, check=True)

    with psycopg.connect(server.dsn("postgres")) as connection:
        for role in DATABASES[database]:
            row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()
            assert row is not None
            assert is_password_of(row[0], f"it's {role}")


def is_password_of(verifier: str, password: str) -> bool:
    """Whether a SCRAM verifier (RFC 5802) was made from the password."""
    rounds, salt, stored = re.fullmatch(r"SCRAM-SHA-256\$(\d+):(.+)\$(.+):.+", verifier).groups()  # type: ignore[union-attr]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
    return base64.b64decode(stored) == hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()


@pytest.mark.parametrize("name", ROLE_FILES)
def test_the_role_files_can_be_run_again(server: EmbeddedPostgres, name: str) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute((ROOT / "service/compose" / name).read_bytes())
