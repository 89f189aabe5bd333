"""The embedded engine beside other builders, in one run, alternating: python benchmarks/build.py [--check] [--rounds N]

Every builder builds the same Dockerfiles from the same contexts without a cache, in an order that rotates;
every figure is a median over rounds. Trust the ratios. The embedded engine builds in this process, with a
fresh agent each time, as a run of ACR Tasks has it; docker is a daemon started for this alone, once with its
legacy builder and once with BuildKit.

--check exits 1 where another builder is faster. Needs root; what is not installed is left out, and said to be.
TMPDIR says on which disk. One of ext4 without a journal passes over inodes that were deleted in the last minutes, one
by one: what else deletes files there, another round of this included, then weighs more than what is measured.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOME)]

from acrlab.agents.engines import engine  # noqa: E402
from acrlab.agents.protocol import Build  # noqa: E402
from tests.agents.doubles import Kept  # noqa: E402
from tests.agents.workshop import closure  # noqa: E402
from tests.peers.engines import unmount  # noqa: E402

BASE = "FROM scratch\nCOPY host /\n"
DOCKERFILES = {
    "steps": BASE + "".join(f"RUN echo {number} >/{number}\n" for number in range(5)) + "ENV A=b\nCMD [\"/bin/sh\"]\n",
    "files": BASE + "COPY small /small\nRUN rm -r /small/1* && cp -r /small /again\n",
    "large": BASE + "COPY large /large\nRUN mv /large /moved\n",
    "stages": "FROM scratch AS one\nCOPY host /\nRUN mkdir /o && cp -r /bin /o/\nFROM scratch\nCOPY --from=one /o /\n"
              "COPY --from=one /lib /lib\n",
    "copies": "FROM scratch\n" + "".join(f"COPY small/{number}* /{number}/\n" for number in range(1, 9)),
}  # fmt: skip
PROGRAMS = ("buildah", "podman", "dockerd")
SMALL, LARGE = 500, 64 << 20  # files, bytes
PATIENCE = 30.0  # seconds that the daemon may take to answer

Builder = Callable[[Path, str], None]


def context(folder: Path) -> Path:
    """What the Dockerfiles copy."""
    for path in closure():
        target = folder / "host" / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (folder / "small").mkdir()
    for number in range(SMALL):
        (folder / "small" / str(number)).write_text(f"{number}\n" * 100)
    block = os.urandom(1 << 16)
    (folder / "large").write_bytes(block * (LARGE // len(block)))
    for name, text in DOCKERFILES.items():
        (folder / f"{name}.df").write_text(text)
    (folder / ".dockerignore").write_text("*.df\n")
    return folder


def embedded(scratch: Path, stack: contextlib.ExitStack) -> Builder:
    """Its agents go at the end: the other builders, too, keep what they made."""
    chosen = engine("embedded")

    def build(place: Path, name: str) -> None:
        agent = chosen.agent(Path(tempfile.mkdtemp(dir=scratch)), Kept())
        stack.callback(agent.close)
        what = Build(context=place, dockerfile=f"{name}.df", tags=(f"bench/{name}:1",))
        agent.build(what, lambda data: None, threading.Event())

    return build


def program(words: list[str], **environment: str) -> Builder:
    """A builder that is a program; `-f` and the context follow its words."""

    def build(place: Path, name: str) -> None:
        command = [*words, "-t", f"bench/{name}:1", "-f", str(place / f"{name}.df"), str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stderr[-2000:]}")

    return build


@contextlib.contextmanager
def docker(scratch: Path) -> Iterator[str]:
    """A daemon of our own; where it listens."""
    socket, folder = scratch / "docker.sock", scratch / "docker"
    words = ["dockerd", "-H", f"unix://{socket}", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
             "--pidfile", f"{folder}/pid", "--iptables=false", "--ip6tables=false", "--bridge=none"]  # fmt: skip
    folder.mkdir()
    with (folder / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as daemon:
        try:
            _answers(socket)
            yield f"unix://{socket}"
        finally:
            daemon.terminate()
            daemon.wait()
            unmount(folder)


def _answers(socket: Path) -> None:
    end = time.monotonic() + PATIENCE
    while subprocess.run(["docker", "-H", f"unix://{socket}", "version"], capture_output=True, check=False).returncode:
        if time.monotonic() > end:
            raise SystemExit("dockerd does not answer")
        time.sleep(0.1)


def builders(scratch: Path, stack: contextlib.ExitStack) -> dict[str, Builder]:
    """Those that are here."""
    found = {"embedded": embedded(scratch, stack)}
    places = [f"--root={scratch}/containers", f"--runroot={scratch}/running", "--storage-driver=overlay"]
    if shutil.which("buildah"):
        found["buildah"] = program(["buildah", *places, "bud", "--isolation=chroot", "--layers=false", "-q"])
    if shutil.which("podman"):
        found["podman"] = program(["podman", *places, "build", "--isolation=chroot", "--no-cache", "-q"])
    if shutil.which("dockerd"):
        host = stack.enter_context(docker(scratch))
        client = shutil.which("docker", path="/usr/bin") or "docker"
        words = [client, "-H", host, "build", "--no-cache", "-q", "--network=host"]
        found["docker legacy"] = program(words, DOCKER_BUILDKIT="0")
        found["docker BuildKit"] = program(words, DOCKER_BUILDKIT="1")
    for name in PROGRAMS:
        if not shutil.which(name):
            print(f"NOT MEASURED: {name} is not installed")
    return found


def seconds(found: dict[str, Builder], place: Path, dockerfile: str, rounds: int) -> dict[str, float]:
    """What each builder takes for a Dockerfile."""
    names = list(found)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            began = time.perf_counter()
            found[name](place, dockerfile)
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in taken.items()}


def told(dockerfile: str, figures: dict[str, float]) -> str:
    own = figures["embedded"]
    others = [f"{name} {each:.2f} s ({each / own:.1f}x)" for name, each in figures.items() if name != "embedded"]
    return f"{dockerfile:8} embedded {own:.2f} s, {', '.join(others)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="exit 1 where another builder is faster")
    parser.add_argument("dockerfiles", nargs="*", help=f"of {', '.join(DOCKERFILES)}")
    options = parser.parse_args()
    slower = 0
    with contextlib.ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="acrlab-build-", ignore_cleanup_errors=True)
        scratch = Path(stack.enter_context(folder))
        (scratch / "context").mkdir()
        place, found = context(scratch / "context"), builders(scratch, stack)
        for dockerfile in options.dockerfiles or DOCKERFILES:
            figures = seconds(found, place, dockerfile, options.rounds)
            slower += min(figures.values()) < figures["embedded"]
            print(told(dockerfile, figures), flush=True)
    return int(bool(slower and options.check))


if __name__ == "__main__":
    raise SystemExit(main())
