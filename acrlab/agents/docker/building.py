"""A build by a daemon: its base images fetched beforehand, its context sent, its progress told as it comes."""

import http.client
import json
import re
import secrets
import threading
from collections.abc import Iterator

from acrlab.agents.docker import archives
from acrlab.agents.docker.bases import Base, Bases
from acrlab.agents.docker.daemon import Daemon, Stream
from acrlab.agents.docker.store import Store
from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.log import human
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.images import Platform
from acrlab.agents.paths import within
from acrlab.agents.protocol import Build, Built, EngineFailed, Sink
from acrlab.agents.references import Reference

_KIT = b"acrlab: built by the engine's classic builder: its socket gives BuildKit to its own command line only\n"
_PAUSE = 0.1  # seconds between two looks at whether the run was cancelled
_STEP = re.compile(r"^(?: ---|--)> ([0-9a-f]{11,12})$", re.MULTILINE)  # of Docker and of Podman
_IGNORE = ".dockerignore"


class Building:
    """One build."""

    def __init__(self, what: Build, daemon: Daemon, store: Store, network: str, sink: Sink) -> None:
        self._what, self._daemon, self._store, self._network, self._sink = what, daemon, store, network, sink
        self._shown: dict[str, str] = {}  # the daemon's tags, and what the log calls them
        self._digests: dict[str, str] = {}
        self._cancelled = False

    def build(self, cancelled: threading.Event) -> Built:
        """Raises: EngineFailed in the daemon's words."""
        if self._what.buildkit:
            self._sink(_KIT)
        names = [Reference.read(tag) for tag in self._what.tags]
        bases = Bases(self._what)
        origin = Origin(self._what.context, self._ignored())
        self._sink(f"Sending build context to Docker daemon  {human(origin.size())}\n".encode())
        dockerfile = bases.renamed(self._local)
        tag = self._store.fresh()
        self._shown[tag] = names[0].shown if names else ""
        hidden = f".dockerfile.{secrets.token_hex(10)}"
        body = archives.tar(self._context(origin, hidden, dockerfile))
        kind = {"Content-Type": "application/x-tar"}
        with self._daemon.open("POST", "/build", self._query(tag, hidden), body, kind) as stream:
            self._followed(stream, cancelled)
        id = str(self._store.inspect(tag)["Id"])
        self._store.keep(id, tag, tuple(name.complete for name in names))
        for name in names:
            self._sink(f"Successfully tagged {name.shown}\n".encode())
        return Built(id, self._what.tags, self._digests)

    def _local(self, base: Base) -> str:
        """The daemon's tag of a base image, which is fetched if it is not there."""
        tag = "" if self._what.pull else self._store.tag(base.name)
        if not tag:
            self._store.pull(base.name, self._sink, Platform.read(base.platform) if base.platform else None)
            tag = self._store.tag(base.name)
        self._digests[base.name] = self._store.digest(base.name)
        self._shown[tag] = base.name
        return tag

    def _ignored(self) -> Ignored | None:
        file = within(self._what.context, _IGNORE)
        return Ignored(file.read_text(errors="replace")) if file.is_file() else None

    def _context(self, origin: Origin, hidden: str, dockerfile: str) -> Iterator[archives.Member]:
        """The context with the renamed Dockerfile, which the builder itself then leaves out."""
        file = within(origin.root, _IGNORE)
        ignored = file.read_text(errors="replace") if file.is_file() else f"{_IGNORE}\n"
        yield archives.member(hidden, dockerfile.encode())
        yield archives.member(_IGNORE, f"{ignored.rstrip()}\n{hidden}\n".encode())
        yield from archives.context(origin, frozenset({_IGNORE}))

    def _query(self, tag: str, dockerfile: str) -> dict[str, object]:
        what = self._what
        asked = {"target": what.target, "platform": what.platform}
        return {
            "t": tag,
            "dockerfile": dockerfile,
            "buildargs": json.dumps(dict(what.args)),
            "labels": json.dumps(dict(what.labels)),
            "networkmode": self._network,
            "nocache": int(not what.cache),
            "rm": 1,
            "forcerm": 1,
            "version": 1,
            **{name: value for name, value in asked.items() if value},
        }

    def _followed(self, stream: Stream, cancelled: threading.Event) -> None:
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(stream, cancelled, done), daemon=True)
        watch.start()
        try:
            for line in stream.lines():
                self._told(line)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if not self._cancelled:
                raise EngineFailed(f"error during connect: {error}") from error
        finally:
            done.set()
            watch.join()
        if self._cancelled:
            raise EngineFailed("Build cancelled")

    def _watch(self, stream: Stream, cancelled: threading.Event, done: threading.Event) -> None:
        """A daemon gives a build up when nobody listens any more."""
        while not done.wait(_PAUSE):
            if cancelled.is_set():
                self._cancelled = True
                stream.abort()
                return

    def _told(self, line: dict[str, object]) -> None:
        if "error" in line:
            detail = line.get("errorDetail")
            code = detail.get("code") if isinstance(detail, dict) else None
            raise EngineFailed(self._named(str(line["error"])), code if isinstance(code, int) and code else 1)
        text = str(line.get("stream") or _status(line))
        self._store.made |= set(_STEP.findall(text))
        if text and not text.startswith("Successfully tagged "):
            self._sink(self._named(text).encode(errors="surrogateescape"))

    def _named(self, text: str) -> str:
        for tag, name in self._shown.items():
            text = re.sub(rf"{re.escape(tag)}(?!\d)", lambda _, name=name: name, text)
        return text


def _status(line: dict[str, object]) -> str:
    """A line of a pull; its progress bar is for terminals."""
    status, id = line.get("status"), line.get("id")
    if not status or line.get("progressDetail"):
        return ""
    return f"{id}: {status}\n" if id else f"{status}\n"
