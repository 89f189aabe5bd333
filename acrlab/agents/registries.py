"""The registries as a run reaches them: over the application, as the principal that the run is."""

import base64
import hashlib
import shutil
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path

import msgspec

from acrlab.agents.protocol import EngineFailed, Registries
from acrlab.domain import names
from acrlab.domain.access import ANONYMOUS, Scope
from acrlab.domain.errors import Condition
from acrlab.engine import tokens
from acrlab.engine.state import Resource
from acrlab.engine.tasks import orders, runs
from acrlab.wire.app import App
from acrlab.wire.http import FileSlice, Request, Response, concluded

PIECE = 1024 * 1024  # bytes
ACCEPT = ", ".join((
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
))  # fmt: skip


class Reference(msgspec.Struct, frozen=True):
    """A complete reference by its parts."""

    host: str
    repository: str
    reference: str  # tag or digest

    @property
    def name(self) -> str:
        """As a client writes it."""
        return f"{self.host}/{self.repository}{'@' if ':' in self.reference else ':'}{self.reference}"


def parsed(text: str) -> Reference:
    """Read myregistry.azurecr.io/app:1. Raises: EngineFailed."""
    host, _, rest = text.partition("/")
    path, at, digest = rest.partition("@")
    repository, colon, tag = path.partition(":")
    try:
        return Reference(host.lower(), names.repository(repository), digest if at else tag if colon else "latest")
    except Condition:
        raise EngineFailed("invalid reference format") from None


class RunRegistries(Registries):
    """What a run may pull and push. Every request carries a token of its own: a run may outlast any of them."""

    def __init__(self, app: App, run: str, logins: dict[str, tuple[str, str]]) -> None:
        self._app, self._run, self._logins = app, run, dict(logins)

    def login(self, registry: str, user: str, password: str) -> None:
        """Sign in to a registry of this world, for the rest of the run. Raises: EngineFailed in docker's words."""
        host = registry.partition("/")[0].lower()
        world = self._app.world
        if world.registry_at(host) is None:
            raise EngineFailed(f"Error response from daemon: {_unreachable(host)}")
        with world.lock:
            client = orders.standpoint(world, _open(self._app, self._run))
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        asked = Request("GET", host, "/v2/", "", {"authorization": f"Basic {pair}"}, authority=host, client=client)
        answer = self._app.begin(asked)
        if not isinstance(answer, Response) or answer.status != 200:
            said = _said(answer) if isinstance(answer, Response) else "unauthorized"
            raise EngineFailed(f'Error response from daemon: Get "https://{host}/v2/": {said}')
        self._logins[host] = (user, password)

    def manifest(self, reference: str, platform: str = "") -> tuple[str, bytes]:
        """Media type and bytes. Raises: EngineFailed in the words of docker."""
        wanted = parsed(reference)
        if self._app.world.registry_at(wanted.host) is None:
            return self._outside(wanted, platform)
        answer = self._ask("GET", wanted, f"manifests/{wanted.reference}", "pull", {"accept": ACCEPT})
        if answer.status != 200:
            raise EngineFailed(_pull_refused(wanted, answer))
        return dict(answer.headers)["content-type"], _content(answer)

    def fetch(self, reference: str, digest: str, target: Path) -> None:
        """Put a blob into a file. Raises: EngineFailed."""
        wanted = parsed(reference)
        if self._app.world.registry_at(wanted.host) is None:
            self._fetch_outside(wanted, digest, target)
            return
        answer = self._ask("GET", wanted, f"blobs/{digest}", "pull")
        if answer.status != 200 or not isinstance(answer.body, FileSlice):
            raise EngineFailed(_pull_refused(wanted, answer))
        shutil.copyfile(answer.body.path, target)

    def holds(self, reference: str, digest: str) -> bool:
        """Whether the repository has a blob already. Raises: EngineFailed."""
        return self._ask("HEAD", self._own(reference), f"blobs/{digest}", "pull").status == 200

    def upload(self, reference: str, digest: str, source: Path) -> bool:
        """Push a blob; False when the repository has it already. Raises: EngineFailed."""
        if self.holds(reference, digest):
            return False
        wanted = self._own(reference)
        with open(source, "rb") as file:
            body = iter(lambda: file.read(PIECE), b"")
            answer = self._ask("POST", wanted, "blobs/uploads/", "push", query=f"digest={digest}", body=body)
        if answer.status != 201:
            raise EngineFailed(_said(answer))
        return True

    def publish(self, reference: str, media_type: str, raw: bytes) -> None:
        """Push a manifest; it is durable when this returns. Raises: EngineFailed."""
        wanted = self._own(reference)
        kind = {"content-type": media_type}
        answer = self._ask("PUT", wanted, f"manifests/{wanted.reference}", "push", kind, body=(raw,))
        if answer.status != 201:
            raise EngineFailed(_said(answer))
        settled: Future[Exception | None] = Future()
        self._app.when_durable(answer.position, settled.set_result)
        if settled.result() is not None:
            raise EngineFailed("received unexpected HTTP status: 503 Service Unavailable")

    # Inside this world

    def _own(self, reference: str) -> Reference:
        wanted = parsed(reference)
        if self._app.world.registry_at(wanted.host) is None:
            raise EngineFailed(_unreachable(wanted.host))
        return wanted

    def _ask(
        self, method: str, wanted: Reference, path: str, action: str, headers: dict[str, str] | None = None,
        query: str = "", body: Iterable[bytes] = (),
    ) -> Response:  # fmt: skip
        client, credential = self._credential(wanted, action)
        request = Request(
            method, wanted.host, f"/v2/{wanted.repository}/{path}", query, {**credential, **(headers or {})},
            authority=wanted.host, client=client,
        )  # fmt: skip
        answer = self._app.begin(request)
        if isinstance(answer, Response):
            return answer
        try:
            for piece in body:
                answer.write(piece)
            return concluded(answer)
        except BaseException:
            answer.abort()
            raise

    def _credential(self, wanted: Reference, action: str) -> tuple[str, dict[str, str]]:
        """Where the run stands, and what it shows. Raises: EngineFailed when the run is over."""
        world = self._app.world
        with world.lock:
            run = _open(self._app, self._run)
            registry, home = world.registry_at(wanted.host), runs.registry_of(world, run)
            if registry is None or home is None:
                raise EngineFailed(_unreachable(wanted.host))
            client = orders.standpoint(world, run)
            if wanted.host in self._logins:
                pair = ":".join(self._logins[wanted.host])
                return client, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            who = orders.acts_as(world, run, home, wanted.host)
            if who is ANONYMOUS and action == "push":
                return client, {}
            asked = (Scope("repository", wanted.repository, frozenset({"pull", action})),)
            token = tokens.access_token(world, registry, who, asked)
            return client, {"authorization": f"Bearer {token}"}

    # Outside

    def _outside(self, wanted: Reference, platform: str) -> tuple[str, bytes]:
        upstream = self._app.world.upstreams(wanted.host)
        if upstream is None:
            raise EngineFailed(_unreachable(wanted.host))
        try:
            upstream.prepare(wanted.repository)
            found = upstream.foreign(wanted.repository, platform) if platform else None
        except OSError as failure:
            raise EngineFailed(str(failure)) from failure
        found = found or upstream.manifest(wanted.repository, wanted.reference)
        if found is None:
            unknown = f'manifest unknown: manifest tagged by "{wanted.reference}" is not found'
            raise EngineFailed(f"manifest for {wanted.name} not found: {unknown}")
        return found[1], found[0]

    def _fetch_outside(self, wanted: Reference, digest: str, target: Path) -> None:
        upstream = self._app.world.upstreams(wanted.host)
        pieces = upstream.blob(wanted.repository, digest) if upstream is not None else None
        if pieces is None:
            raise EngineFailed("error pulling image configuration: blob unknown to registry")
        found = hashlib.new(digest.partition(":")[0])
        with open(target, "wb") as file:
            for piece in pieces:
                found.update(piece)
                file.write(piece)
        if found.hexdigest() != digest.partition(":")[2]:
            raise EngineFailed(f"filesystem layer verification failed for digest {digest}")


def _open(app: App, run: str) -> Resource:
    found = app.world.state.resources.get(run)
    if found is None or "request" not in found.body:
        raise EngineFailed("the run is over")
    return found


def _content(answer: Response) -> bytes:
    if isinstance(answer.body, bytes):
        return answer.body
    with open(answer.body.path, "rb") as file:
        file.seek(answer.body.offset)
        return file.read(answer.body.length)


def _said(answer: Response) -> str:
    """An answer of a registry as docker prints it: `code: message`. Source: distribution, errcode."""
    try:
        error = msgspec.json.decode(_content(answer))["errors"][0]
        return f"{error['code'].lower().replace('_', ' ')}: {error['message']}"
    except (msgspec.DecodeError, KeyError, IndexError, TypeError):
        return f"received unexpected HTTP status: {answer.status}"


def _pull_refused(wanted: Reference, answer: Response) -> str:
    """Why a pull failed, as docker says it. Source: moby, distribution/errors.go; public logs."""
    said = _said(answer)
    if answer.status == 404:
        return f"manifest for {wanted.name} not found: {said}"
    if answer.status == 401:
        return f'Head "https://{wanted.host}/v2/{wanted.repository}/manifests/{wanted.reference}": {said}'
    return said


def _unreachable(host: str) -> str:
    """A host that no name server knows, as docker says it. Source: public logs."""
    return f'Get "https://{host}/v2/": dial tcp: lookup {host}: no such host'
