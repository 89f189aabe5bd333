"""acrlab beside other registries and nginx, in one run, alternating: python benchmarks/registry.py [--check]

Every figure is a median over rounds, and in every round each server has its turn, in an order that
rotates: a machine that slows down slows all of them. Trust the ratios. acrlab runs as `acrlab up` with
a data folder (every acknowledged write is durable) and checks a token on each request; the others run
with no authorisation at all.

--check exits 1 when a floor is missed. Loopback only; everything is deleted at the end.
"""

import argparse
import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HOME = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOME), str(HOME / "benchmarks")]

import wire  # noqa: E402

from tests.peers import servers  # noqa: E402
from tests.peers.cloud import Cloud  # noqa: E402
from tests.peers.launched import launched  # noqa: E402
from tests.peers.tools import Missing, Tool, tool  # noqa: E402

MIB = 1024 * 1024
REPOSITORY = "bench/app"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SMALL = 1024            # bytes
SMALL_SECONDS = 1.5

CONNECTIONS = 16


@dataclass
class Subject:
    """A server that is measured."""

    name: str
    port: int
    root: str                                   # path of the repository, with /v2
    headers: dict[str, str]
    process: psutil.Process
    pushes: bool = True
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, metric: str, value: float) -> None:
        self.figures.setdefault(metric, []).append(value)

    def median(self, metric: str) -> float | None:
        return statistics.median(self.figures[metric]) if metric in self.figures else None

    def connect(self) -> wire.Wire:
        return wire.Wire(self.port, self.headers)

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def resident(self) -> int:
        """Bytes resident in the process and its children."""
        return sum(each.memory_info().rss for each in self._family())

    def cpu(self) -> float:
        """Seconds of processor that the process and its children have used."""
        return sum(sum(each.cpu_times()[:2]) for each in self._family())


@dataclass(frozen=True)
class Floor:
    metric: str
    against: str | None         # a server, or None for an absolute figure
    factor: float
    most: bool = False          # an upper bound

    def verdict(self, ours: float, other: float | None) -> tuple[bool, str]:
        bound = self.factor * (other if other is not None else 1.0)
        good = ours <= bound if self.most else ours >= bound
        sign = "<=" if self.most else ">="
        what = f"{self.factor:g} x {self.against}" if self.against else f"{self.factor:g}"
        return good, f"{'ok  ' if good else 'MISS'} {self.metric}: {ours:,.2f} {sign} {bound:,.2f} ({what})"


FLOORS = [
    Floor("GET manifest /s", "distribution", 3.0),
    Floor("push, one PUT MB/s", "distribution", 1.4),
    Floor("push, streamed MB/s", "distribution", 1.4),
    Floor("GET large blob MB/s", "nginx", 0.7),
    Floor("ready s", None, 0.5, most=True),
    Floor("idle MB", None, 80.0, most=True),
]


# --- what is measured -----------------------------------------------------------------------------


@dataclass
class Content:
    """What lies in every server before the clock runs."""

    small: bytes
    large: wire.Payload
    large_name: str
    manifest: bytes

    @classmethod
    def make(cls, size: int) -> "Content":
        small = b"s" * SMALL
        large = wire.Payload(size)
        name = large.renew()
        entry = {"digest": wire.digest(small), "size": SMALL, "mediaType": "application/octet-stream"}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": entry, "layers": [entry]}
        return cls(small, large, name, json.dumps(manifest).encode())

    def put(self, subject: Subject) -> None:
        line = subject.connect()
        wire.push(line, subject.root, self.small, wire.digest(self.small))
        wire.push(line, subject.root, memoryview(self.large.data), self.large_name)
        wire.expect(line.ask("PUT", f"{subject.root}/manifests/v1", self.manifest, kind=MANIFEST), 201)
        line.close()

    def lay_out(self, files: Path) -> None:
        """The same paths as plain files, for nginx."""
        root = files / "v2" / REPOSITORY
        (root / "manifests").mkdir(parents=True)
        (root / "blobs").mkdir()
        (root / "manifests" / "v1").write_bytes(self.manifest)
        (root / "blobs" / wire.digest(self.small)).write_bytes(self.small)
        (root / "blobs" / self.large_name).write_bytes(self.large.data)


def requests_per_second(wrk: Tool, subject: Subject, path: str, seconds: int) -> float:
    headers = [part for name, value in subject.headers.items() for part in ("-H", f"{name}: {value}")]
    url = f"http://127.0.0.1:{subject.port}{subject.root}{path}"
    # Host as at the plain door: wrk would send the address
    host = ["-H", f"Host: localhost:{subject.port}", "-H", f"Accept: {MANIFEST}"]
    command = [str(wrk), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *host, *headers, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{subject.name} {path}:\n{said}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", said).group(1))


def download(subject: Subject, content: Content) -> float:
    line = subject.connect()
    begun = time.perf_counter()
    answer = line.ask("GET", f"{subject.root}/blobs/{content.large_name}", keep=False)
    seconds = time.perf_counter() - begun
    line.close()
    wire.expect(answer, 200)
    return answer.length / MIB / seconds


def upload(subject: Subject, content: Content, *, streamed: bool) -> float:
    """MB/s from opening the upload to its 201; the blob is deleted afterwards."""
    name = content.large.renew()
    line = subject.connect()
    used, begun = subject.cpu(), time.perf_counter()
    if streamed:
        wire.push_streamed(line, subject.root, memoryview(content.large.frames), name)
    else:
        wire.push(line, subject.root, memoryview(content.large.data), name)
    seconds = time.perf_counter() - begun
    gib = len(content.large.data) / (1024 * MIB)
    subject.note(f"push, {'streamed' if streamed else 'one PUT'} CPU s/GiB", (subject.cpu() - used) / gib)
    wire.expect(line.ask("DELETE", f"{subject.root}/blobs/{name}"), 202)
    line.close()
    return len(content.large.data) / MIB / seconds


def small_pushes(subject: Subject) -> float:
    line = subject.connect()
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < SMALL_SECONDS:
        data = f"{begun} {count}".encode().ljust(SMALL, b".")
        wire.push(line, subject.root, data, wire.digest(data))
        count += 1
    seconds = time.perf_counter() - begun
    line.close()
    return count / seconds


def one_round(wrk: Tool | None, subject: Subject, content: Content, seconds: int) -> None:
    small = f"/blobs/{wire.digest(content.small)}"
    if wrk:
        for metric, path in (("GET manifest /s", "/manifests/v1"), ("GET 1 KiB blob /s", small)):
            subject.note(metric, requests_per_second(wrk, subject, path, seconds))
    accept = subject.headers | {"Accept": MANIFEST}
    path = f"{subject.root}/manifests/v1"
    subject.note("HEAD manifest /s", wire.heads(subject.port, path, accept, CONNECTIONS, seconds))
    subject.note("first GET of it MB/s", download(subject, content))  # acrlab reads the disk, the others their cache
    subject.note("GET large blob MB/s", download(subject, content))
    if subject.pushes:
        subject.note("push, one PUT MB/s", upload(subject, content, streamed=False))
        subject.note("push, streamed MB/s", upload(subject, content, streamed=True))
        subject.note("push 1 KiB blobs /s", small_pushes(subject))


# --- who is measured ------------------------------------------------------------------------------


@contextlib.contextmanager
def acrlab(where: Path) -> Iterator[Subject]:
    where.mkdir()
    with launched("--data", str(where / "data"), log=where / "log") as running:
        seconds = answered(running)
        idle = running.resident
        cloud = Cloud.around(running, where)
        registry = cloud.registry("benchmark", sku="Premium")
        port = int(cloud.door.rsplit(":", 1)[1])
        scope = f"repository:{registry.name}/{REPOSITORY}:pull,push,delete"
        subject = Subject(
            "acrlab",
            port,
            f"/v2/{registry.name}/{REPOSITORY}",
            {"Authorization": f"Bearer {token(cloud, registry, scope)}"},
            psutil.Process(running.process.pid),
        )
        subject.note("ready s", seconds)
        subject.note("idle MB", idle / MIB)
        yield subject


def answered(running) -> float:
    """Seconds from the start of the process to its first answer."""
    port = int(running.describe()["endpoint"].rsplit(":", 1)[1])
    begun = time.perf_counter()
    line = wire.Wire(port, {})
    line.ask("GET", "/v2/")
    line.close()
    return running.seconds_to_describe + time.perf_counter() - begun


def token(cloud: Cloud, registry, scope: str) -> str:
    """An access token, asked for as the plain door's own challenge says."""
    with cloud.session() as session:
        session.proxies = {}
        root = f"http://{cloud.door}/v2/{registry.name}/{REPOSITORY}"
        challenge = session.get(f"{root}/tags/list").headers["www-authenticate"]
        named = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        repository = named["scope"].split(":")[1]
        query = {"service": named["service"], "scope": f"repository:{repository}:{scope.rsplit(':', 1)[1]}"}
        who = (registry.username, registry.password)
        return session.get(named["realm"], params=query, auth=who).json()["access_token"]


@contextlib.contextmanager
def peer(program: Tool, name: str, where: Path) -> Iterator[Subject]:
    with servers.distribution(program, where) as server:
        subject = Subject(name, server.port, f"/v2/{REPOSITORY}", {}, psutil.Process(server.process.pid))
        subject.note("ready s", server.seconds_to_answer)
        subject.note("idle MB", server.resident / MIB)
        yield subject


@contextlib.contextmanager
def static(program: Tool, content: Content, where: Path) -> Iterator[Subject]:
    content.lay_out(where / "files")
    with servers.nginx(program, where) as server:
        subject = Subject(
            *("nginx", server.port, f"/v2/{REPOSITORY}", {}, psutil.Process(server.process.pid)),
            pushes=False,
        )
        subject.note("ready s", server.seconds_to_answer)
        subject.note("idle MB", server.resident / MIB)
        yield subject


def find(name: str) -> Tool | None:
    try:
        return tool(name)
    except Missing as missing:
        print(f"NOT MEASURED: {name}: {missing}", file=sys.stderr)
        return None


def enter_all(stack: contextlib.ExitStack, content: Content, where: Path, skip: list[str]) -> list[Subject]:
    subjects = []
    if "acrlab" not in skip:
        subjects.append(stack.enter_context(acrlab(where / "acrlab")))
    for name in ("docker-registry", "distribution"):
        program = find(name)
        if program:
            subjects.append(stack.enter_context(peer(program, name, where / name)))
    nginx = find("nginx")
    if nginx:
        subjects.append(stack.enter_context(static(nginx, content, where / "nginx")))
    for subject in subjects:
        if subject.pushes:
            content.put(subject)
    return subjects


# --- what is said ---------------------------------------------------------------------------------


def table(subjects: list[Subject]) -> str:
    metrics = list(dict.fromkeys(metric for subject in subjects for metric in subject.figures))
    rows = [["", *(subject.name for subject in subjects)]]
    for metric in metrics:
        rows.append([metric, *(number(subject.median(metric)) for subject in subjects)])
    rows.append(["after the run MB", *(number(subject.resident() / MIB) for subject in subjects)])
    first = subjects[0]
    for other in subjects[1:]:
        rows.append([f"{first.name} / {other.name}", *[""] * len(subjects)])
        for metric in metrics:
            ours, theirs = first.median(metric), other.median(metric)
            if ours is not None and theirs:
                rows.append([f"    {metric}", f"{ours / theirs:.2f}", *[""] * (len(subjects) - 1)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def check(subjects: list[Subject]) -> bool:
    """Prints a verdict for each floor; a floor whose counterpart was not measured is missed."""
    by_name = {subject.name: subject for subject in subjects}
    ours, good = by_name["acrlab"], True
    for floor in FLOORS:
        value = ours.median(floor.metric)
        other = by_name.get(floor.against or "")
        theirs = other.median(floor.metric) if other else None
        if value is None or (floor.against and theirs is None):
            print(f"MISS {floor.metric}: not measured ({floor.against or 'acrlab'})")
            good = False
            continue
        fine, line = floor.verdict(value, theirs)
        good = good and fine
        print(line)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each wrk run")
    parser.add_argument("--size", type=int, default=256, help="MiB of the large blob")
    parser.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    parser.add_argument("--json", type=Path, help="keep every figure here")
    parser.add_argument("--skip", action="append", default=[], choices=["acrlab"])
    options = parser.parse_args()
    wrk = find("wrk")
    with contextlib.ExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="acrlab-bench-")))
        content = Content.make(options.size * MIB)
        subjects = enter_all(stack, content, where, options.skip)
        for turn in range(options.rounds):
            for i in range(len(subjects)):
                subject = subjects[(turn + i) % len(subjects)]
                print(f"round {turn + 1}/{options.rounds}: {subject.name}", file=sys.stderr)
                one_round(wrk, subject, content, options.seconds)
        print(table(subjects))
        good = check(subjects) if "acrlab" not in options.skip else True
        if options.json:
            kept = {subject.name: subject.figures for subject in subjects}
            options.json.write_text(json.dumps(kept, indent=1))
    return 0 if good or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
