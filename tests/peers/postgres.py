"""A PostgreSQL of its own, by hand: in a temporary folder, on loopback, as an unprivileged user."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.lanes import not_run

USER, PASSWORD, DATABASE = "acrlab", secrets.token_hex(12), "postgres"
SECONDS = 60


def programs() -> Path:
    """Where the server's programs are: Debian keeps them off PATH. Skips where there are none, and says so."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve()] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        not_run("postgresql: not installed: apt-get install postgresql")
    return found[-1].parent


def account() -> dict[str, str | int]:
    """As whom: initdb refuses root."""
    if os.geteuid() != 0:
        return {}
    known = {each.pw_name: each for each in pwd.getpwall()}
    found = known.get("postgres") or known["nobody"]
    return {"user": found.pw_uid, "group": found.pw_gid}


@contextmanager
def server() -> Iterator[str]:
    """Its URL, with a password that it asks for."""
    where, who = programs(), account()
    folder = Path(tempfile.mkdtemp(prefix="acrlab-postgres-"))
    data, pwfile = folder / "data", folder / "password"
    pwfile.write_text(PASSWORD)
    if who:
        for each in (folder, pwfile):
            os.chown(each, int(who["user"]), int(who["group"]))
    try:
        _call(where / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={pwfile}", "-N", cwd=folder)
        port = _free_port()
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=200"
        _call(where / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start", cwd=folder)
        try:
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
        finally:
            _call(where / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(*command: object, cwd: Path) -> None:
    subprocess.run(
        [str(each) for each in command], cwd=cwd, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, **account(),
    )  # fmt: skip


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
