"""Packages of any architecture by the machine's apt: its sources, keys and proxies. Nothing of the machine changes."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from acrlab.agents.protocol import EngineFailed

_TOOLS = ("apt-get", "dpkg-deb", "tar")
_CALLED = {"amd64": "amd64", "arm64": "arm64", "arm": "armhf"}  # architecture as images call it -> as Debian does
ARCHITECTURES = tuple(_CALLED)
# What the machine does beside: hooks of its own must neither run nor see this.
_CLEARED = "".join(
    f"#clear {name};\n"
    for name in ("APT::Architectures", "APT::Update::Pre-Invoke", "APT::Update::Post-Invoke",
                 "APT::Update::Post-Invoke-Success", "DPkg::Pre-Invoke", "DPkg::Pre-Install-Pkgs", "DPkg::Post-Invoke")
)  # fmt: skip
_SETTINGS = {
    "APT::Install-Recommends": "false",
    "APT::Sandbox::User": "root",  # the folder is closed to others
    "APT::Get::AllowUnauthenticated": "false",
    "Acquire::AllowInsecureRepositories": "false",
    "Acquire::AllowDowngradeToInsecureRepositories": "false",
    "Acquire::AllowWeakRepositories": "false",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
    "Acquire::Retries": "1",
    "Acquire::http::Timeout": "30",
    "Acquire::https::Timeout": "30",
}
# Left out of what is unpacked, as the slim images do.
LEFT_OUT = tuple(f"usr/share/{name}" for name in ("doc", "info", "lintian", "linda", "locale", "man", "groff"))


def missing(architecture: str) -> str:
    """Why there are no packages for an architecture; nothing where there may be some."""
    if architecture not in _CALLED:
        return f"there are no programs for {architecture} to make it of"
    tools = [name for name in _TOOLS if not shutil.which(name)]
    needs = f"programs for {architecture} come from packages of Debian's kind, and"
    return f"{needs} this machine has no {tools[0]}" if tools else ""


class Packages:
    """Those of one architecture, with nothing installed yet. Raises: EngineFailed with what apt says."""

    def __init__(self, folder: Path, architecture: str) -> None:
        self.architecture, self._folder = _CALLED[architecture], folder
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "apt.conf").write_text(_CLEARED)
        self._refresh = self._apt("update")

    def fetch(self, names: Iterable[str]) -> list[Path]:
        """Packages with all that they need, checked by apt against its keys. Raises: EngineFailed."""
        done = self._apt("-y", "--download-only", "install", *names)
        if done.returncode:
            said = "; ".join(filter(None, (_reason(self._refresh), _reason(done))))
            raise EngineFailed(f"apt-get has no packages for {self.architecture} here: {said}")
        return sorted((self._folder / "cache/archives").glob("*.deb"))

    def sources(self) -> str:
        """Where Debian's own come from, as lines for a sources.list that relies on Debian's keyring."""
        told = self._apt("indextargets", "--format", "$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                         "Identifier: Packages").stdout  # fmt: skip
        lines = dict.fromkeys(line.partition("|")[2] for line in told.splitlines() if line.startswith("Debian|"))
        return "".join(f"{line}\n" for line in lines)

    def _apt(self, *words: str) -> subprocess.CompletedProcess[str]:
        given = _SETTINGS | {
            "APT::Architecture": self.architecture,
            "APT::Architectures::": self.architecture,
            "Dir::State": f"{self._folder}/state",
            "Dir::State::status": f"{self._folder}/status",
            "Dir::Cache": f"{self._folder}/cache",
        }
        options = [word for name, value in given.items() for word in ("-o", f"{name}={value}")]
        line = ["apt-get", "-qq", "-c", f"{self._folder}/apt.conf", *options, *words]
        return subprocess.run(
            line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip


def unpack(packages: Iterable[Path], root: Path) -> None:
    """Their files, into a root whose /bin and /lib may be links. Raises: EngineFailed."""
    left_out = [f"--exclude=./{name}" for name in LEFT_OUT]
    into = ["tar", "-x", "-p", "--keep-directory-symlink", "--no-same-owner", *left_out, "-C", str(root)]
    for package in packages:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as opened:
            done = subprocess.run(into, stdin=opened.stdout, capture_output=True, text=True, check=False)
        if done.returncode or opened.returncode:
            raise EngineFailed(f"{package.name} cannot be unpacked: {done.stderr.strip()[-200:]}")


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """The first error that apt tells."""
    lines = [line for line in done.stderr.splitlines() if line.startswith(("E:", "Err:"))]
    return lines[0].removeprefix("E:").strip() if lines else done.stderr.strip()[-200:] if done.returncode else ""
