"""Other people's programs, found or built: nothing of theirs is kept in this repository.

A tool is looked for in this order: the variable `ACRLAB_<NAME>`, the tools folder, PATH. What can be
had from a public registry under an exact version (Go modules, PyPI) is then built into the tools
folder, once. The rest comes from the system (apt, brew ...) or is missing.

The folder: `ACRLAB_TOOLS`, else the platform's cache folder.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acrlab.store.lock import FileLock, Held

CONFORMANCE = "github.com/opencontainers/distribution-spec/conformance"
CONFORMANCE_GIT = "https://github.com/opencontainers/distribution-spec"

# name -> (package, version, binary). `go install` leaves a file named after the last part of the path.
GO_PROGRAMS = {
    "crane": ("github.com/google/go-containerregistry/cmd/crane", "v0.22.1"),
    "oras": ("oras.land/oras/cmd/oras", "v1.3.6"),
    "distribution": ("github.com/distribution/distribution/v3/cmd/registry", "v3.1.2"),
    "oci-conformance-main": (CONFORMANCE, "v0.0.0-20260831232431-97274622c111"),
}

# The suite of the tag v1.1.1 is a ginkgo test package in a nested module that was never tagged, so the
# module proxy serves it only where somebody asked for the commit before; git is the other way.
CONFORMANCE_V111_TAG = "v1.1.1"
CONFORMANCE_V111_VERSION = "v0.0.0-20250123160558-a139cc423184"
# The same ginkgo suite as it was three months before the tag v1.1.0: somebody asked the proxy for this one.
CONFORMANCE_2023_VERSION = "v0.0.0-20231101194043-f2182352d4cc"

SYSTEM = {
    "skopeo": "apt-get install skopeo",
    "buildah": "apt-get install buildah",
    "podman": "apt-get install podman",
    "mmdebstrap": "apt-get install mmdebstrap",
    "docker": "apt-get install docker.io (the client is enough; no daemon is used)",
    "dockerd": "apt-get install docker.io",
    "containerd": "apt-get install containerd",
    "ctr": "apt-get install containerd",
    "docker-registry": "apt-get install docker-registry",
    "nginx": "apt-get install nginx-light",
    "wrk": "apt-get install wrk",
    "curl": "apt-get install curl",
    "qemu-aarch64-static": "apt-get install qemu-user-static",
    "helm": "see helm.sh",
    "go": "see go.dev; or apt-get install golang",
    "node": "see nodejs.org; 20 or newer",
    "npm": "see nodejs.org; comes with node",
}

# requirement sets for virtual environments of their own: their pins would fight with ours
VENVS = {
    "az": ["azure-cli==2.91.0"],
    "az-2.69": ["azure-cli==2.69.0", "setuptools<81"],  # January 2025: what older material was tried on
    "helm-sdk": ["helm-python-sdk==0.2.2"],  # Helm's own Go SDK as a library, by a third party
    "grpc": ["grpcio==1.85.3"],  # what a kubelet speaks to containerd
    "mgmt-preview": [
        "azure-mgmt-containerregistry==15.1.0b3",
        "azure-identity==1.27.0",
    ],
}

# environment -> the program in it, where that has another name
VENV_PROGRAMS = {"az-2.69": "az", "helm-sdk": "python", "grpc": "python"}

GO_BUILD_SECONDS = 900
PIP_SECONDS = 1800


class Missing(Exception):
    """A tool that cannot be had here; the text says why and what would help."""


@dataclass(frozen=True)
class Tool:
    name: str
    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        input: bytes | None = None,
        cwd: Path | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Runs the tool to its end and gives its output as text; a failure carries what it printed."""
        done = subprocess.run(
            [str(self.path), *arguments],
            env=dict(env) if env is not None else None,
            input=input,
            cwd=cwd,
            timeout=timeout,
            capture_output=True,
            check=False,
        )
        result = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"{self.name} {' '.join(arguments)}\nexit {result.returncode}\n"
                f"--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}"
            )
        return result


def folder() -> Path:
    """The tools folder, made if absent."""
    named = os.environ.get("ACRLAB_TOOLS")
    path = Path(named) if named else _cache() / "acrlab" / "tools"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def _file(name: str) -> str:
    return f"{name}.exe" if sys.platform == "win32" else name


@functools.cache
def _attempt(name: str) -> Tool | Missing:
    """One attempt per process: a lane of fifty tests does not try fifty times."""
    try:
        return Tool(name, _locate(name))
    except Missing as missing:
        return missing


def tool(name: str) -> Tool:
    """Finds or builds a tool.

    Raises: Missing
    """
    found = _attempt(name)
    if isinstance(found, Missing):
        raise found
    return found


def _locate(name: str) -> Path:
    variable = "ACRLAB_" + "".join(c if c.isalnum() else "_" for c in name.upper())
    named = os.environ.get(variable)
    if named:
        if Path(named).is_file():
            return Path(named)
        raise Missing(f"{variable} names {named}, which is not a file")
    kept = folder() / "bin" / _file(name)
    if kept.is_file():
        return kept
    if name in SPECIAL:
        return SPECIAL[name](kept)
    if name in GO_PROGRAMS:
        return _go_install(name, kept)
    if name in VENVS:
        return venv(name) / _file(VENV_PROGRAMS.get(name, name))
    on_path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/local/go/bin")
    if on_path:
        return Path(on_path)
    raise Missing(f"{name} is not on PATH ({SYSTEM.get(name, 'unknown tool')})")


def command(arguments: list[str], seconds: float, **options: object) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(  # type: ignore[call-overload]
            arguments, capture_output=True, text=True, timeout=seconds, check=False, **options
        )
    except subprocess.TimeoutExpired as slow:
        raise Missing(f"{' '.join(arguments)} took more than {seconds} s") from slow
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise Missing(f"{' '.join(arguments)} failed:\n{tail}")
    return done


def _go_install(name: str, kept: Path) -> Path:
    package, version = GO_PROGRAMS[name]
    attic = folder() / "go" / name
    attic.mkdir(parents=True, exist_ok=True)
    command(
        [str(tool("go")), "install", f"{package}@{version}"],
        GO_BUILD_SECONDS,
        env={**os.environ, "GOBIN": str(attic), "GOFLAGS": ""},
    )
    last = package.rsplit("/", 1)[-1]
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(attic / _file(last), kept)
    return kept


def _conformance_v111(kept: Path) -> Path:
    """The suite of tag v1.1.1, compiled by `go test -c`: from git, else from the module proxy."""
    go = str(tool("go"))
    refusals = []
    for source in (_v111_from_folder, _v111_from_git, _v111_from_proxy):
        try:
            where = source(go)
        except Missing as missing:
            lines = [line.strip() for line in str(missing).splitlines()]
            refusals.append([line for line in lines if len(line) > 2][-1][:200])
            continue
        return _test_program(go, where, kept)
    raise Missing(
        f"no source for the conformance suite of tag {CONFORMANCE_V111_TAG} "
        "(ACRLAB_OCI_CONFORMANCE_SOURCE may name a checkout of its conformance/ folder): " + "; ".join(refusals)
    )


def _conformance_2023(kept: Path) -> Path:
    """The ginkgo suite of 1 November 2023, which the module proxy does serve."""
    go = str(tool("go"))
    return _test_program(go, _suite_from_proxy(go, CONFORMANCE_2023_VERSION), kept)


def _test_program(go: str, where: Path, kept: Path) -> Path:
    kept.parent.mkdir(parents=True, exist_ok=True)
    command([go, "test", "-c", "-o", str(kept), "."], GO_BUILD_SECONDS, cwd=where)
    return kept


def _v111_from_folder(go: str) -> Path:
    named = os.environ.get("ACRLAB_OCI_CONFORMANCE_SOURCE")
    if not named or not (Path(named) / "go.mod").is_file():
        raise Missing("ACRLAB_OCI_CONFORMANCE_SOURCE is not set")
    return Path(named)


def _v111_from_git(go: str) -> Path:
    git = shutil.which("git")
    if not git:
        raise Missing("git is not on PATH")
    where = folder() / "src" / f"distribution-spec-{CONFORMANCE_V111_TAG}"
    if not (where / "conformance" / "go.mod").is_file():
        shutil.rmtree(where, ignore_errors=True)
        clone = [git, "clone", "--quiet", "--depth", "1", "--branch", CONFORMANCE_V111_TAG]
        command(
            [*clone, CONFORMANCE_GIT, str(where)],
            180,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        )
    return where / "conformance"


def _v111_from_proxy(go: str) -> Path:
    return _suite_from_proxy(go, CONFORMANCE_V111_VERSION)


def _suite_from_proxy(go: str, version: str) -> Path:
    done = command(
        [go, "mod", "download", "-json", f"{CONFORMANCE}@{version}"],
        180,
        cwd=folder(),
        env={**os.environ, "GOFLAGS": "-mod=mod"},
    )
    downloaded = Path(json.loads(done.stdout)["Dir"])
    where = folder() / "src" / f"conformance-{version}"
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(downloaded, where, copy_function=shutil.copyfile)
    where.chmod(0o755)
    return where


def venv(name: str) -> Path:
    """The folder of programs of a virtual environment that holds VENVS[name], made on demand."""
    where = folder() / "venv" / name
    programs = where / ("Scripts" if sys.platform == "win32" else "bin")
    done, wanted = where / "acrlab-complete", "\n".join(VENVS[name])
    with alone(name):
        if not (done.is_file() and done.read_text() == wanted):
            shutil.rmtree(where, ignore_errors=True)
            command([sys.executable, "-m", "venv", str(where)], 300)
            python = programs / _file("python")
            command([str(python), "-m", "pip", "install", "--quiet", *VENVS[name]], PIP_SECONDS)
            done.write_text(wanted)
    return programs


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One run at a time builds a tool; the others wait for it."""
    path = folder() / f"{name}.lock"
    while True:
        try:
            lock = FileLock(path)
            break
        except Held:
            time.sleep(1)
    try:
        yield
    finally:
        lock.release()


def sdist(requirement: str) -> Path:
    """The unpacked source distribution of a package from PyPI, as `name==version`."""
    where = folder() / "sdist" / requirement.replace("==", "-")
    unpacked = where / "unpacked"
    if not unpacked.is_dir():
        shutil.rmtree(where, ignore_errors=True)
        where.mkdir(parents=True)
        command(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--no-binary", ":all:", "--dest", str(where), requirement),
            ],
            PIP_SECONDS,
        )
        archive = next(path for path in where.iterdir() if path.is_file())
        half = where / "half"
        shutil.unpack_archive(archive, half)
        half.rename(unpacked)
    return next(path for path in unpacked.iterdir() if path.is_dir())


SPECIAL: dict[str, Callable[[Path], Path]] = {
    "oci-conformance-v1.1.1": _conformance_v111,
    "oci-conformance-2023": _conformance_2023,
}
