"""The composition root: a world, a store, keys and doors, put together."""

import functools
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from acrlab.agents.bases.stand_ins import StandIns
from acrlab.agents.dispatcher import Dispatcher
from acrlab.agents.local import LocalAgents
from acrlab.agents.protocol import Engine, Outside
from acrlab.domain.errors import Condition, JournalUnavailable
from acrlab.domain.tiers import CLASSIC, CURRENT
from acrlab.engine import collection, directory, federation, genesis
from acrlab.engine.clock import AutojumpClock, Clock, FrozenClock, WallClock
from acrlab.engine.hosting import repositories
from acrlab.engine.insight import tally
from acrlab.engine.journal import Journal
from acrlab.engine.state import Identity
from acrlab.engine.throttling import Buckets
from acrlab.engine.world import World
from acrlab.serve import standpoints
from acrlab.serve.certificates import Authority
from acrlab.serve.server import Doors
from acrlab.store.account import FolderStorage
from acrlab.store.directory import DirectoryBlobs
from acrlab.store.git.folder import DirectoryGit
from acrlab.store.keys import KeyRing
from acrlab.store.memory import MemoryJournal
from acrlab.store.sqlite import SqliteJournal
from acrlab.wire import imds
from acrlab.wire.app import App
from acrlab.wire.local import control_token
from acrlab.wire.planes import PLANES

if TYPE_CHECKING:
    import urllib3

    from acrlab.agents.remote.fleet import Fleet
    from acrlab.serve.inprocess import EmulatorTransport

CLOCKS = ("wall", "frozen", "autojump")
SWITCH = 0.0005  # seconds; at the default of 5 ms a busy loop keeps the journal's thread from its next fsync
ENGINE = "ACRLAB_ENGINE"  # the variable that names the engine where nothing else does
IDLE = 1.0  # seconds between two looks at what has fallen due


class FolderInUse(Condition):
    """A fork needs a folder of its own."""

    status, oci, arm = 409, "FOLDER_IN_USE", "Conflict"
    message = "{folder} holds something already: a fork needs an empty folder"
    evidence, source = "inferred", "acrlab itself"


class Emulator:
    """An Azure of its own: Entra, ARM and container registries, on this machine.

    `engine` names what does the work of a run; where it is empty, the variable ACRLAB_ENGINE does.

    `data` keeps the world in a folder; without it everything is gone at `stop`. `seed` makes ids repeatable.
    `port` is the plain door's; the proxy and TLS take the next two. A port that is taken becomes any free one.
    `throttling` counts requests against the tier's rates; left open, it is on where time passes as on Azure
    (`realistic_timing`) and in the profile that teaches those numbers (`exam-classic`).
    `queue` is a PostgreSQL database from which agents on other machines take runs; they come to `agents_at`, host:port.
    """

    def __init__(
        self,
        *,
        data: Path | None = None,
        sealed: bool = False,
        seed: int | None = None,
        clock: str = "wall",
        realistic_timing: bool = False,
        profile: str = CURRENT,
        throttling: bool | None = None,
        port: int = 0,
        engine: str | Engine = "",
        queue: str = "",
        agents_at: str = "127.0.0.1:0",
    ) -> None:
        if clock not in CLOCKS:
            raise ValueError(f"clock={clock!r}: use one of {', '.join(CLOCKS)}")
        kept = Path(data) if data is not None else None
        self.folder = kept if kept is not None else Path(tempfile.mkdtemp(prefix="acrlab-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._kept = kept is not None
        self.world = _world(self.folder, clock, seed, kept=self._kept, sealed=sealed, realistic_timing=realistic_timing)
        if not self.world.journal.position:
            genesis.begin(self.world, profile)
        by_itself = realistic_timing or self.world.state.profile == CLASSIC
        self.world.buckets = Buckets() if (by_itself if throttling is None else throttling) else None
        collection.sweep(self.world)
        repositories.sweep(self.world)
        self.stopping = threading.Event()
        self.app = App(self.world, stop=self.stopping.set, fork=self.fork, engine=self.engine)
        self._engine = _chosen(engine, self.world.now)
        self._authority = Authority(kept / "ca" if kept else None)
        self._fleet = self._workers(queue) if queue else None
        self.dispatcher = Dispatcher(self.world, self._fleet) if self._fleet else self.agents(self.app)
        self._agents_at = agents_at
        self._sealed, self._port = sealed, port
        self._closed = threading.Event()
        self._jobs = threading.Thread(target=self._keep_time, name="acrlab-jobs", daemon=True)
        self._doors: Doors | None = None
        self._agents_door: Doors | None = None
        self._agents_address = ""

    def start(self) -> Self:
        """Open the doors on loopback."""
        self._authority.write_bundle(self.bundle)
        if self._kept:
            sys.setswitchinterval(SWITCH)
        self._doors = Doors(self.app, self._authority, sealed=self._sealed, ports=_ports(self._port))
        self._doors.start()
        self.world.errands.kept = True
        self._jobs.start()
        if self._fleet is not None:
            self._fleet.open(self._let_agents_in())
        return self

    def _workers(self, queue: str) -> "Fleet":
        """Agents on other machines. Raises: QueueFailed."""
        from acrlab.agents.remote.fleet import Fleet  # late: nobody else needs PostgreSQL

        authority = self._authority.certificate_pem.decode()
        return Fleet(self.app, self.folder / "agents", self._network, queue, authority)

    def _let_agents_in(self) -> str:
        """Open the door for agents, behind which there is nothing else; its address. Raises: OSError."""
        from acrlab.serve.narrow import OneHost
        from acrlab.wire.agents import HOST

        host, _, port = self._agents_at.rpartition(":")
        self._agents_door = Doors(
            OneHost(self.app, HOST), self._authority, ports={"tls": int(port)}, names=("tls",), address=host, fast=False
        )
        self._agents_door.start()
        self._agents_address = f"{host}:{self._agents_door.ports['tls']}"
        return self._agents_address

    def _network(self) -> "urllib3.PoolManager":
        """How runs reach hosts: through the proxy, as every client of this emulator does."""
        import urllib3  # late, like the engines

        proxy = f"http://127.0.0.1:{self.doors.ports['proxy']}"
        return urllib3.ProxyManager(proxy, ca_certs=str(self.bundle))

    def _outside(self, client: str) -> Outside | None:
        """How containers of a run that stands somewhere reach hosts; without doors they reach none."""
        if self._doors is None:
            return None
        word = standpoints.authorization(client)
        return Outside("127.0.0.1", self._doors.ports["proxy"], self.bundle, self._sealed, word)

    def _keep_time(self) -> None:
        """Do what falls due even when nobody asks for anything; first what would have made the start wait."""
        for plane in PLANES:
            PLANES[plane]
        with self.world.lock:
            assertion = federation.assertion(self.world)
        with open(os.open(self.federated_token, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(assertion)
        while not self._closed.is_set():
            with suppress(JournalUnavailable):  # whoever asks next hears of it
                with self.world.lock:
                    self.world.settle()
                self.world.errands.carry_out()
            self.world.errands.arrived.wait(IDLE)
            self.world.errands.arrived.clear()

    def stop(self) -> None:
        """Close the doors and make everything durable. A world in memory is gone."""
        self._closed.set()
        self.world.errands.arrived.set()
        if self._fleet is not None:
            self._fleet.refuse()
        self.dispatcher.close()
        if self._agents_door is not None:
            self._agents_door.stop()
        if self._fleet is not None:
            self._fleet.close()
        if self._doors is not None:
            self._jobs.join()
            self._doors.stop()
            self._doors = None
        tally.written(self.world)
        self.world.journal.close()
        self.world.blobs.close()
        if not self._kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def fork(self, folder: Path) -> None:
        """Write this world as it is now into an empty folder, for an emulator of its own. Blobs are linked, not copied.

        Raises: FolderInUse, JournalFailed, OSError.
        """
        if folder.exists() and any(folder.iterdir()):
            raise FolderInUse(folder=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        blobs = DirectoryBlobs(folder)
        with self.world.lock:
            journal = SqliteJournal(folder / "journal.db")
            fork = self.world.fork(journal)
            for digest in fork.state.links:
                _link(Path(self.world.blobs.path(digest)), Path(blobs.path(digest)))
            for each in fork.state.hosted.values():
                self.world.git.copy(each.id, str(folder))
            self.world.family.remove(fork)
            journal.close()
        if (self.folder / "account").is_dir():
            shutil.copytree(self.folder / "account", folder / "account")
        if self._kept:
            shutil.copytree(self.folder / "keys", folder / "keys")

    def __enter__(self) -> Self:
        return self.start() if self._doors is None else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bundle(self) -> Path:
        """The certificates that a client has to trust: this emulator's, and those the machine trusts anyway."""
        return self.folder / "ca-bundle.pem"

    @property
    def federated_token(self) -> Path:
        """What a workload with a federated identity shows instead of a secret."""
        return self.folder / "federated-token"

    @property
    def doors(self) -> Doors:
        """The open doors. Raises: RuntimeError before `start`."""
        if self._doors is None:
            raise RuntimeError("the emulator has no open doors: call start(), or use it in a with statement")
        return self._doors

    @property
    def endpoint(self) -> str:
        """Where container engines and the controls are, over plain HTTP."""
        return f"http://localhost:{self.doors.ports['http']}"

    def environment(self, standpoint: str = "") -> dict[str, str]:
        """The variables that point unmodified tools here; `standpoint` is where they stand: address or network/subnet.

        Raises: ValueError for a standpoint that is neither.
        """
        place = standpoints.credentials(standpoints.checked(standpoint)) if standpoint else ""
        proxy = f"http://{place}127.0.0.1:{self.doors.ports['proxy']}"
        bundle = str(self.bundle)
        workload = directory.seeded(self.world, "acrlab-sp")
        return {
            **dict.fromkeys(_PROXIES, proxy),
            **dict.fromkeys(_NO_PROXIES, "localhost,127.0.0.1,::1"),
            **dict.fromkeys(_BUNDLES, bundle),
            "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com",
            "AZURE_TENANT_ID": self.world.state.tenant,
            "AZURE_SUBSCRIPTION_ID": self.world.state.subscription,
            "AZURE_CLIENT_ID": workload.app_id,
            "AZURE_CLIENT_SECRET": directory.secret(workload),
            "AZURE_CONFIG_DIR": str(self.folder / "azure"),
            _SILENT: "no",
            _NODE: "1",
            "ACRLAB_CLOUD": "emulated",
            "ACRLAB_ENDPOINT": self.endpoint,
            "ACRLAB_CONTROL": control_token(self.world.keys.secret("control")),
            # Under Azure's own names these three would decide which identity ManagedIdentityCredential takes.
            "ACRLAB_FEDERATED_TOKEN_FILE": str(self.federated_token),
            "ACRLAB_IDENTITY_ENDPOINT": f"{self.endpoint}/msi/token",
            "ACRLAB_IDENTITY_HEADER": imds.identity_header(self.world),
        }

    def describe(self) -> dict[str, Any]:
        """Ports, certificates and who can sign in: what `acrlab up --json` prints. Holds secrets."""
        return {
            "pid": os.getpid(),
            "ports": dict(self.doors.ports),
            "notes": [*self.doors.notes, *(self._agents_door.notes if self._agents_door is not None else ())],
            "agents": self._agents_address or None,
            "endpoint": self.endpoint,
            "ca": str(self.bundle),
            "tenant": self.world.state.tenant,
            "subscription": self.world.state.subscription,
            "data": str(self.folder) if self._kept else None,
            "principals": [_sign_in(identity) for identity in self.world.state.principals.values()],
            "environment": self.environment(),
        }

    def engine(self) -> str:
        """What does the work of a run here, in words; finding out takes a moment the first time."""
        from acrlab.agents import engines

        return engines.described(self._engine().probe())

    def agents(self, app: App) -> Dispatcher:
        """Agents for the runs of this world, or of a fork in memory."""
        folder = self.folder / ("runs" if app is self.app else f"runs-{uuid.uuid4().hex}")
        ways = self._ways if app is self.app else None
        return Dispatcher(app.world, LocalAgents(app, self._engine, folder, self._network, self._outside, ways))

    def _ways(self, client: str) -> tuple[dict[str, str], Path]:
        """What points a program of a run here, and the folder of certificates that it needs: nothing that signs in."""
        trust = self.folder / "trust"
        trust.mkdir(exist_ok=True)
        bundle = trust / self.bundle.name
        if not bundle.exists():
            shutil.copyfile(self.bundle, bundle)
        said = {**self.environment(client), **dict.fromkeys(_BUNDLES, str(bundle))}
        return {name: said[name] for name in (*_PROXIES, *_NO_PROXIES, *_BUNDLES, _SILENT, _NODE)}, trust

    def transport(self) -> "EmulatorTransport":
        """An azure-core transport that calls this emulator without a socket."""
        from acrlab.serve.inprocess import EmulatorTransport

        return EmulatorTransport(self.app)


def _chosen(engine: str | Engine, now: Callable[[], float]) -> Callable[[], Engine]:
    """The engine, found when it is first needed: looking for what works here takes longer than a start may."""
    if not isinstance(engine, str):
        return lambda: engine

    @functools.cache
    def found() -> Engine:
        from acrlab.agents import engines

        return engines.engine(engine or os.environ.get(ENGINE) or engines.AUTO, now)

    return found


def _world(
    folder: Path, clock: str, seed: int | None, *, kept: bool, sealed: bool, realistic_timing: bool
) -> World:
    """Over the stores of a folder; unless it is kept, what happens is in memory."""
    journal: Journal = SqliteJournal(folder / "journal.db") if kept else MemoryJournal()
    return World(
        journal=journal, keys=KeyRing(folder / "keys" if kept else None),
        upstreams=StandIns(folder / "stand-ins", sealed=sealed), blobs=DirectoryBlobs(folder, sync=kept),
        git=DirectoryGit(folder, sync=kept),
        storage=FolderStorage(folder / "account"), clock=_clock(clock), realistic_timing=realistic_timing,
        entropy=os.urandom if seed is None else random.Random(seed).randbytes,
    )  # fmt: skip


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _ports(first: int) -> dict[str, int]:
    """The plain door, and the two after it. 0 leaves the choice to the system."""
    return {name: first and first + step for step, name in enumerate(("http", "proxy", "tls"))}


def _sign_in(identity: Identity) -> dict[str, str]:
    return {
        "name": identity.name,
        "kind": identity.kind,
        "id": identity.id,
        "app_id": identity.app_id,
        "secret": directory.secret(identity) if identity.secrets else "",
    }


_SILENT = "AZURE_CORE_COLLECT_TELEMETRY"
_NODE = "NODE_USE_ENV_PROXY"  # without it, fetch and https of Node ask the real Azure. Source: nodejs.org, cli, 24.0
_PROXIES, _NO_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), ("NO_PROXY", "no_proxy")
_BUNDLES = (
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
)


def _clock(kind: str) -> Clock:
    if kind == "wall":
        return WallClock(time.time, time.sleep)
    return (AutojumpClock if kind == "autojump" else FrozenClock)(time.time())
