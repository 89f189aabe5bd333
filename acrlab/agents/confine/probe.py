"""Which rung this machine allows: the best one on which a program really ran."""

import functools
import os
import platform
import sys
import tempfile
from pathlib import Path

from acrlab.agents.bases.hello import program
from acrlab.agents.confine.confinement import Confinement
from acrlab.agents.confine.interpreters import ARCHITECTURES, NATIVE
from acrlab.agents.confine.process import Confined
from acrlab.agents.confine.rungs import RUNGS, Rung
from acrlab.agents.protocol import Capabilities, EngineFailed, Outside
from acrlab.agents.sandbox import Command

_SAID = b"confined"
_NONE = Capabilities(engine="embedded")
_LIMITS = frozenset({"memory", "pids"})


@functools.cache
def probe() -> Capabilities:
    """The best rung's capabilities, and why the better ones are out of reach. Never fails."""
    return _best()[1]


def sandbox(folder: Path, outside: Outside | None = None) -> Confinement:
    """A sandbox for one run on the best rung. Raises: EngineFailed where there is none."""
    rung, capabilities = _best()
    if not rung:
        raise EngineFailed("; ".join(capabilities.reasons))
    return Confinement(rung, capabilities, folder, outside=outside)


@functools.cache
def _best() -> tuple[Rung | None, Capabilities]:
    if sys.platform != "linux":
        return None, Capabilities(engine="embedded", reasons=(f"confinement needs Linux, this is {sys.platform}",))
    missing: list[str] = []
    for rung in RUNGS:
        found = tried(rung)
        if found.run:
            return rung, Capabilities(
                engine="embedded",
                rung=rung.title,
                run=True,
                users=found.users,
                networks=found.networks,
                limits=found.limits,
                platforms=found.platforms,
                reasons=(*missing, *found.reasons),
            )
        missing += found.reasons
    return None, Capabilities(engine="embedded", reasons=tuple(missing))


@functools.cache
def tried(rung: Rung) -> Capabilities:
    """Run a program on a rung. Never fails: what went wrong is among the reasons."""
    if reason := _beforehand(rung):
        return Capabilities(engine="embedded", rung=rung.title, reasons=(f"{rung.title}: {reason}",))
    with tempfile.TemporaryDirectory(prefix="acrlab-") as folder:
        try:
            return _ran(rung, Path(folder))
        except (EngineFailed, OSError) as error:
            return Capabilities(engine="embedded", rung=rung.title, reasons=(f"{rung.title}: {error}",))


def _beforehand(rung: Rung) -> str:
    if not NATIVE:
        return f"not known on {platform.machine()}"
    root = os.geteuid() == 0
    return "" if root or rung.ids != "own" else "this user is not root"


def _ran(rung: Rung, folder: Path) -> Capabilities:
    root = folder / "root"
    root.mkdir()
    sandbox = Confinement(rung, _NONE, folder)
    try:
        networks = not rung.jailed and _networks(sandbox)
        process = _said(sandbox, root, NATIVE, "probe" if networks else "")
        others = tuple(each for each in ARCHITECTURES if each != NATIVE and _runs(sandbox, root, each))
    finally:
        sandbox.close()
    limits = process.controllers >= _LIMITS
    return Capabilities(
        engine="embedded",
        rung=rung.title,
        run=True,
        users=rung.users,
        networks=networks,
        limits=limits,
        platforms=tuple(f"linux/{each}" for each in (NATIVE, *others)),
        reasons=(*rung.lacks, *_lacking(limits, networks)),
    )


def _said(sandbox: Confinement, root: Path, architecture: str, network: str = "") -> Confined:
    """Run a program that says something. Raises: EngineFailed when that was not heard."""
    output = bytearray()
    (root / "hello").write_bytes(program(architecture, _SAID))
    (root / "hello").chmod(0o755)
    command = Command(root=root, argv=("/hello",), network=network, architecture=architecture)
    process = sandbox.start(command, output.extend)
    code = process.wait()
    if code or bytes(output) != _SAID:
        raise EngineFailed(f"the program did not run: exit code {code}")
    return process


def _runs(sandbox: Confinement, root: Path, architecture: str) -> bool:
    try:
        _said(sandbox, root, architecture)
    except EngineFailed:
        return False
    return True


def _networks(sandbox: Confinement) -> bool:
    try:
        sandbox.network("probe", create=True)
    except EngineFailed:
        return False
    return True


def _lacking(limits: bool, networks: bool) -> tuple[str, ...]:
    without = {"no control groups: memory is not limited": not limits, "no networks for a run": not networks}
    return tuple(text for text, lacking in without.items() if lacking)
