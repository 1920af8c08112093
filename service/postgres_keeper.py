"""The process that keeps one embedded PostgreSQL alive exactly as long as somebody uses it.

Run by path, never imported by the ledger, standard library only: it starts in milliseconds and needs no environment.
Each user of the server holds one connection to the keeper's control socket. The kernel closes that connection whatever
ends the user, SIGKILL included, so the last one leaving always stops the server. PostgreSQL in turn is told to shut
down when the keeper dies (PR_SET_PDEATHSIG), so no server can outlive the processes that it was started for.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

START_SECONDS_MAX = 120.0  # crash recovery replays at most max_wal_size (1 GB); a laptop needs well below this
STOP_SECONDS_MAX = 60.0  # a fast shutdown ends with a checkpoint; past this the server is stopped without one
ORPHAN_SECONDS_MAX = 30.0  # backends of a killed server notice its death at their next wait
LOG_BYTES_MAX = 8_000_000  # the log of a development server; one older file is kept
POLL_SECONDS = 0.01
PR_SET_PDEATHSIG = 1


class CannotKeep(Exception):
    """The server could not be brought up; the text goes to whoever asked for it."""


def keep(plan: dict[str, Any], starter: socket.socket) -> None:
    """Bring the server up, serve its users, and take it down when the last of them has gone."""
    data_dir = Path(plan["data_dir"])
    with open(data_dir / "keeper.lock", "ab") as lock:
        lock_or_raise(lock.fileno())
        remove_left_over_sockets(data_dir)
        sockets = private_folder(plan["socket_parents"], plan["uid"], plan["gid"])
        try:
            server = start(plan, sockets)
            try:
                serve(plan, sockets, server, starter)
            finally:
                stop(server)
        finally:
            shutil.rmtree(sockets, ignore_errors=True)


def lock_or_raise(lock: int) -> None:
    """Own the data folder; an earlier keeper that is just going away is waited for."""
    give_up_at = time.monotonic() + STOP_SECONDS_MAX
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                raise CannotKeep("another keeper holds this data folder and does not answer") from None
            time.sleep(POLL_SECONDS)


def private_folder(parents: list[str], uid: int, gid: int) -> Path:
    """A folder for sockets that only the server's user may enter; short, because a socket path ends at 107 bytes."""
    for parent in parents:
        if len(parent) > 60 or not os.access(parent, os.W_OK | os.X_OK):
            continue
        folder = Path(tempfile.mkdtemp(prefix="pl-", dir=parent))
        os.chown(folder, uid, gid)
        return folder
    raise CannotKeep(f"none of {', '.join(parents)} can take a socket folder")


def remove_left_over_sockets(data_dir: Path) -> None:
    """Sweep the socket folder of a keeper that was killed; its name is in the note it left."""
    note = data_dir / "server.json"
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        folder = Path(json.loads(note.read_text())["sockets"])
        if folder.name.startswith("pl-") and stat.S_ISDIR(folder.lstat().st_mode):
            shutil.rmtree(folder, ignore_errors=True)
    note.unlink(missing_ok=True)


def start(plan: dict[str, Any], sockets: Path) -> subprocess.Popen[bytes]:
    """Run `postgres` as a child of this process and wait until it takes connections."""
    data_dir = Path(plan["data_dir"])
    cluster = data_dir / "cluster"
    user = run_as(plan)
    make_cluster(plan, cluster, user)
    retire_orphans(cluster)
    settings = {**plan["settings"], "listen_addresses": "", "unix_socket_directories": str(sockets)}
    arguments = [str(Path(plan["binaries"]) / "postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    with open_log(data_dir) as log:
        # The signal is asked for after the user has changed: changing it would clear the request.
        server = subprocess.Popen(
            arguments, cwd=cluster, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, preexec_fn=die_with_parent(os.getpid()), **user,  # noqa: PLW1509 - this process has one thread
        )  # fmt: skip
    try:
        wait_until_ready(server, cluster, data_dir)
    except BaseException:
        stop(server)
        raise
    return server


def run_as(plan: dict[str, Any]) -> dict[str, Any]:
    """Arguments that drop root for the server's user; empty when there is nothing to drop."""
    if os.geteuid() != 0:
        return {}
    return {"user": plan["uid"], "group": plan["gid"], "extra_groups": []}


def clean_environment() -> dict[str, str]:
    """No PG* variable, locale or library path of the caller reaches the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def make_cluster(plan: dict[str, Any], cluster: Path, user: dict[str, Any]) -> None:
    """Run initdb once, beside its final place, so that a half-made cluster is never mistaken for a whole one."""
    if cluster.exists():
        return
    fresh = cluster.with_name("cluster.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    os.chown(fresh, plan["uid"], plan["gid"])
    arguments = [str(Path(plan["binaries"]) / "initdb"), "-D", str(fresh), *plan["initdb"]]
    made = subprocess.run(
        arguments, **user, cwd=fresh, env=clean_environment(), capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise CannotKeep(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    (fresh / "pg_hba.conf").write_text(plan["hba"])
    (fresh / "pg_ident.conf").write_text(plan["ident"])
    fresh.rename(cluster)


def retire_orphans(cluster: Path) -> None:
    """Wait until nothing of an earlier server is left, then drop its pid file.

    PostgreSQL believes a pid file whose number is in use, and numbers are used again. This process holds the folder's
    lock, so what is asked instead is whether any process still works inside the cluster (each server process does).
    """
    pid_file = cluster / "postmaster.pid"
    give_up_at = time.monotonic() + ORPHAN_SECONDS_MAX
    while left := processes_inside(cluster):
        if time.monotonic() > give_up_at:
            raise CannotKeep(f"processes {left} of an earlier server do not end")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        time.sleep(POLL_SECONDS * 5)
    pid_file.unlink(missing_ok=True)


def processes_inside(folder: Path) -> list[int]:
    """Processes whose working directory is `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "cwd") == str(folder):
                    found.append(int(entry.name))
    return found


def die_with_parent(parent: int) -> Any:
    """A function for the child, to be run between fork and exec: shut down when the keeper dies."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        # SIGINT is PostgreSQL's fast shutdown: sessions are cut, the files are left clean.
        if prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(1)

    return ask


def open_log(data_dir: Path) -> Any:
    """The server's log, turned over when it has grown."""
    log = data_dir / "server.log"
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
    return open(log, "ab")


def wait_until_ready(server: subprocess.Popen[bytes], cluster: Path, data_dir: Path) -> None:
    """PostgreSQL writes `ready` into the last line of its pid file, under its own pid; pg_ctl reads the same."""
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        if server.poll() is not None:
            raise CannotKeep(f"postgres ended with code {server.returncode}:\n{tail(data_dir / 'server.log')}")
        with contextlib.suppress(FileNotFoundError):
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 8 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
                return
        time.sleep(POLL_SECONDS)
    raise CannotKeep(f"postgres was not ready after {START_SECONDS_MAX:.0f} s:\n{tail(data_dir / 'server.log')}")


def tail(log: Path) -> str:
    """The last lines of the log, for whoever has to find out why."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; harder when that takes too long."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(STOP_SECONDS_MAX)


def serve(plan: dict[str, Any], sockets: Path, server: subprocess.Popen[bytes], starter: socket.socket) -> None:
    """Hold the door: greet who connects, notice who leaves, return when nobody is left or the server has died.

    A user that connects while the server is being stopped is cut off without a greeting and starts a new keeper.
    """
    greeting = {"sockets": str(sockets), "pid": server.pid, "keeper": os.getpid()}
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as watch:
        door.bind(str(sockets / "control"))
        door.listen(128)
        door.setblocking(False)
        note = Path(plan["data_dir"]) / "server.json"
        note.with_suffix(".new").write_text(json.dumps(greeting))
        note.with_suffix(".new").replace(note)
        watch.register(door, selectors.EVENT_READ)
        watch.register(os.pidfd_open(server.pid), selectors.EVENT_READ)
        users = {starter}
        admit(starter, greeting, watch)
        while users and server.poll() is None:
            for key, _ in watch.select():
                if key.fileobj is door:
                    with contextlib.suppress(OSError):
                        user, _ = door.accept()
                        users.add(user)
                        admit(user, greeting, watch)
                elif isinstance(key.fileobj, socket.socket) and has_left(key.fileobj):
                    watch.unregister(key.fileobj)
                    users.remove(key.fileobj)
                    dismiss(key.fileobj, last=not users)
        note.unlink(missing_ok=True)


def admit(user: socket.socket, greeting: dict[str, Any], watch: selectors.BaseSelector) -> None:
    """Tell a user where the server is."""
    with contextlib.suppress(OSError):
        user.sendall(json.dumps(greeting).encode() + b"\n")
    watch.register(user, selectors.EVENT_READ)


def has_left(user: socket.socket) -> bool:
    """Users never send anything, so a readable connection is a closed one."""
    with contextlib.suppress(OSError):
        return not user.recv(1)
    return True


def dismiss(user: socket.socket, *, last: bool) -> None:
    """Close a user's connection; the last one's stays open until this process ends, when everything is down and swept.

    That is how `EmbeddedPostgres.stop` knows.
    """
    if last:
        user.detach()
    else:
        user.close()


def main() -> None:
    """Read the plan from the command line; standard input is the starter's connection."""
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    starter = socket.socket(fileno=os.dup(0))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)  # a second handle on the connection would keep it open when the starter leaves
    try:
        keep(json.loads(sys.argv[1]), starter)
    except (CannotKeep, OSError) as error:
        with contextlib.suppress(OSError):
            starter.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
