"""What this machine can do, check by check, and how to mend what is missing."""

import importlib.util
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable

import msgspec

from acrlab.client import azure_cli, running


class Check(msgspec.Struct, frozen=True):
    """One finding. A fatal one keeps the emulator from working."""

    what: str
    found: str
    mend: str = ""
    fatal: bool = False

    def line(self) -> str:
        """The finding as one or two lines."""
        mark = "no  " if self.fatal else "-   " if self.mend else "ok  "
        return f"{mark}{self.what:<18}{self.found}" + (f"\n    {'':<18}{self.mend}" if self.mend else "")


def examine() -> list[Check]:
    """Run every check."""
    return [check() for check in CHECKS]


def _python() -> Check:
    return Check("Python", ".".join(map(str, sys.version_info[:3])))


def _loopback() -> Check:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Check("loopback", "127.0.0.1 can be listened on")
    except OSError as error:
        return Check("loopback", str(error), "acrlab listens on 127.0.0.1 only: allow it in the firewall", fatal=True)


def _home() -> Check:
    folder = running.home()
    folder.mkdir(parents=True, exist_ok=True)
    if os.access(folder, os.W_OK):
        free = shutil.disk_usage(folder).free // 2**30
        return Check("home folder", f"{folder}, {free} GiB free")
    return Check("home folder", f"{folder} cannot be written", "set ACRLAB_HOME to a folder of yours", fatal=True)


def _sqlite() -> Check:
    return Check("SQLite", sqlite3.sqlite_version)


def _uvloop() -> Check:
    if importlib.util.find_spec("uvloop"):
        return Check("uvloop", "installed")
    return Check("uvloop", "not installed", "not needed; requests are somewhat slower without it")


def _proxy() -> Check:
    upstream = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if not upstream or "ACRLAB_ENDPOINT" in os.environ:
        return Check("outer proxy", "none")
    return Check("outer proxy", "set; hosts that are not Azure's go through it")


def _az() -> Check:
    try:
        return Check("az", azure_cli.executable())
    except azure_cli.AzMissing as missing:
        return Check("az", "not found", str(missing))


def _tool(name: str, purpose: str) -> Callable[[], Check]:
    def check() -> Check:
        path = shutil.which(name)
        return Check(name, path) if path else Check(name, "not found", f"optional: {purpose}")

    return check


def _engine() -> Check:
    from acrlab.agents import engines

    found = engines.engine().probe()
    why = "; ".join(found.reasons)
    runs = f", runs {', '.join(found.platforms)}" if found.run else ""
    return Check("build engine", f"{engines.described(found)}{runs}", "" if found.run else why)


def _bases() -> Check:
    """Base images without internet: for which machines, and which of them not."""
    from acrlab.agents.bases import catalogue

    known, lacking = catalogue.made_for(), catalogue.lacking()
    return Check("base images", f"stand-ins {known}", "; ".join(lacking))


def _emulator() -> Check:
    found = running.alive()
    return Check("emulator", f"running, process {found['pid']}" if found else "not running: `acrlab up` starts it")


CHECKS: tuple[Callable[[], Check], ...] = (
    _python,
    _loopback,
    _home,
    _sqlite,
    _uvloop,
    _proxy,
    _az,
    _engine,
    _bases,
    _tool("docker", "push and pull with Docker"),
    _tool("skopeo", "copy and inspect images without a daemon"),
    _tool("oras", "push artifacts of any kind"),
    _tool("helm", "push charts"),
    _tool("git", "sources of builds"),
    _emulator,
)
