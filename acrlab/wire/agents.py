"""The plane of agents: workers on other machines take runs here, and get and bring all that a run needs.

A worker shows the credential that it was given when it was enrolled; for a run, the token that it got with the run.
Nothing else of the emulator is behind the door that these routes have.

Source: inferred; how the service speaks with its agents is not published.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.errors import BodyInvalid, Condition, RouteUnknown, TooLarge
from acrlab.domain.tasks import workers
from acrlab.domain.tasks.run import Ending, Order, Source
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Answer, FileSlice, Intake, Response
from acrlab.wire.routes import STREAM, Route

HOST = "agents.acrlab.internal"
BODY, LOG, MANIFEST, ENDING = 64 * 1024, 64 * 1024 * 1024, 8 * 1024 * 1024, 32 * 1024 * 1024  # bytes
COMMIT = "acrlab-commit"
DIGEST, MODIFIED, NAME = "acrlab-digest", "acrlab-modified", "acrlab-name"  # the last percent-encoded


class AgentUnknown(Condition):
    """A credential that no worker of this emulator has."""

    status, oci, arm = 401, "UNAUTHORIZED", "Unauthorized"
    message = (
        "this emulator does not know that worker, its credential has expired, or it was revoked: "
        "enrol it anew with `acrlab agent --enrol FILE`"
    )
    evidence, source = "inferred", "acrlab itself"


class HelloMissing(Condition):
    """A worker that has not come to work here, or that was taken for gone long ago."""

    status, oci, arm = 409, "HELLO", "Conflict"
    message = "say hello first"
    evidence, source = "inferred", "acrlab itself"


class VersionDiffers(Condition):
    """Worker and emulator are of different versions."""

    status, oci, arm = 409, "VERSION", "Conflict"
    message = "the emulator is acrlab {emulator} and this worker is acrlab {worker}: install the same version on both"
    evidence, source = "inferred", "acrlab itself"


class RunOver(Condition):
    """The run is over, or somebody else has it."""

    status, oci, arm = 410, "RUN_OVER", "Gone"
    message = "the run is over, or another agent has it"
    evidence, source = "inferred", "acrlab itself"


class NoQueue(Condition):
    """This emulator works on its runs by itself."""

    status, oci, arm = 409, "NO_QUEUE", "Conflict"
    message = "this emulator works on its runs by itself: start it with `acrlab up --queue postgresql://…`"
    evidence, source = "inferred", "acrlab itself"


class Errand(Condition):
    """What a run asked for has failed; the text is what its log says, and the code says who failed."""

    status, arm = 422, "Failed"
    message = "{text}"
    evidence, source = "inferred", "acrlab itself"

    def __init__(self, code: str, text: str, number: int) -> None:
        """`number` is an exit code, or the status of an answer from elsewhere."""
        super().__init__(text=text, detail={"number": number})
        self._code = code

    @property
    def oci(self) -> str:  # type: ignore[override]
        """ENGINE, SECRET or SOURCE."""
        return self._code


class Seat(Protocol):
    """One run that a worker has. Everything here may block, and raises Errand for what fails."""

    def order(self) -> Order: ...
    def log(self, number: int, text: str) -> None: ...
    def end(self, ending: Ending) -> None: ...
    def secret(self, asked: workers.SecretAsked) -> str: ...
    def context(self, path: str) -> Path: ...
    def source(self, source: Source) -> tuple[Path, str]: ...
    def download(self, url: str) -> tuple[Path, str, float, str]: ...
    def clone(self, asked: workers.CloneAsked) -> Path: ...
    def read(self, url: str) -> str: ...
    def acr(self, argv: Sequence[str]) -> workers.CommandDone: ...
    def login(self, asked: workers.SignIn) -> None: ...
    def manifest(self, reference: str, platform: str) -> tuple[str, bytes]: ...
    def publish(self, reference: str, media_type: str, raw: bytes) -> None: ...
    def holds(self, reference: str, digest: str) -> bool: ...
    def blob(self, reference: str, digest: str) -> Path: ...
    def arriving(self) -> Path: ...
    def upload(self, reference: str, digest: str, file: Path) -> bool: ...


class Desk(Protocol):
    """Where workers come to. Called with the world's lock held."""

    def enrol(self, name: str, pools: Sequence[str], life: float = ...) -> workers.Enrolment: ...
    def renew(self, credential: str) -> workers.Renewed: ...
    def revoke(self, name: str) -> list[str]: ...
    def enrolled(self) -> list[dict[str, Any]]: ...
    def known(self, credential: str) -> str: ...
    def hello(self, credential: str, said: workers.Hello) -> workers.Greeting: ...
    def bye(self, credential: str) -> None: ...
    def beat(self, credential: str, runs: Sequence[str]) -> workers.Stops: ...
    def claim(self, credential: str, run: str) -> workers.Taken: ...
    def seat(self, token: str) -> Seat: ...
    def status(self) -> dict[str, Any]: ...


def desk(call: Call) -> Desk:
    """Of the emulator that is asked. Raises: NoQueue."""
    found: Desk | None = call.host.desk
    if found is None:
        raise NoQueue()
    return found


def _shown(call: Call) -> str:
    return call.request.headers.get("authorization", "").removeprefix("Bearer ")


def authorize(call: Call, route: Route) -> None:
    """Raises: NoQueue, AgentUnknown, RunOver."""
    if route.scope == "agent":
        call.principal = Principal(id="agent", kind="agent", name=desk(call).known(_shown(call)))
    elif route.scope == "run":
        desk(call).seat(_shown(call))
    else:
        raise RouteUnknown(path=call.request.path)


def _decoded(raw: bytes, model: type[Any]) -> Any:
    try:
        return msgspec.json.decode(raw, type=model)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None


# Workers


def renew(call: Call) -> Response:
    """A worker asks for another credential before its own ends."""
    return http.json(200, desk(call).renew(_shown(call)))


def hello(call: Call) -> Response:
    """A worker comes to work."""
    return http.json(200, desk(call).hello(_shown(call), _decoded(call.body, workers.Hello)))


def bye(call: Call) -> Response:
    """A worker leaves."""
    desk(call).bye(_shown(call))
    return Response(204)


def beat(call: Call) -> Response:
    """A worker is there, and hears which of its runs are over."""
    return http.json(200, desk(call).beat(_shown(call), _decoded(call.body, workers.Beat).runs))


def claim(call: Call) -> Response:
    """A worker takes a run."""
    return http.json(200, desk(call).claim(_shown(call), _decoded(call.body, workers.Claim).run))


# Runs: all of it happens outside of the world's lock


class Work(Intake):
    """Takes a body, does something that may block, and answers."""

    small = False

    def __init__(self, limit: int, do: Callable[[bytes], Response]) -> None:
        self._limit, self._do = limit, do
        self._body = bytearray()
        self._large = False
        self._answer: Response | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        if len(self._body) + len(chunk) > self._limit:
            self._large = True
        else:
            self._body += chunk

    def seal(self) -> None:
        if self._large:
            raise TooLarge(limit=self._limit)
        self._answer = self._do(bytes(self._body))

    def finish(self) -> Response:
        assert self._answer is not None
        return self._answer

    def abort(self) -> None:
        self._body.clear()


class Blob(Intake):
    """A layer on its way from a worker to a registry; it goes through a file."""

    small = False

    def __init__(self, seat: Seat, reference: str, digest: str) -> None:
        self._seat, self._reference, self._digest = seat, reference, digest
        self._path = seat.arriving()
        self._file = open(self._path, "wb")  # noqa: SIM115 - closed by seal, or by abort
        self._answer: Response | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        self._file.write(chunk)

    def seal(self) -> None:
        self._file.close()
        try:
            self._answer = http.json(200, self._seat.upload(self._reference, self._digest, self._path))
        finally:
            self._path.unlink(missing_ok=True)

    def finish(self) -> Response:
        assert self._answer is not None
        return self._answer

    def abort(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def _passing(path: Path, *headers: tuple[str, str], keep: bool = False) -> Response:
    kind = ("content-type", "application/octet-stream")
    return Response(200, [kind, *headers], FileSlice(str(path), 0, path.stat().st_size, passing=not keep))


Do = Callable[[Seat, dict[str, str], Call, bytes], Response]


def _order(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return http.json(200, seat.order())


def _log(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    number = query.get("number", "")
    if not number.isascii() or not number.isdigit() or len(number) > 12:
        raise BodyInvalid(reason="a piece of a log has a number")
    seat.log(int(number), body.decode(errors="replace"))
    return Response(204)


def _end(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    seat.end(_decoded(body, Ending))
    return Response(204)


def _secret(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return http.json(200, seat.secret(_decoded(body, workers.SecretAsked)))


def _context(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return _passing(seat.context(query.get("path", "")), keep=True)


def _source(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    path, commit = seat.source(_decoded(body, Source))
    return _passing(path, (COMMIT, commit))


def _download(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    path, digest, modified, name = seat.download(_decoded(body, str))
    return _passing(path, (DIGEST, digest), (MODIFIED, repr(modified)), (NAME, quote(name)))


def _clone(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return _passing(seat.clone(_decoded(body, workers.CloneAsked)))


def _read(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return http.json(200, seat.read(_decoded(body, str)))


def _acr(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return http.json(200, seat.acr(_decoded(body, workers.CommandAsked).argv))


def _login(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    seat.login(_decoded(body, workers.SignIn))
    return Response(204)


def _manifest(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    media_type, raw = seat.manifest(query.get("reference", ""), query.get("platform", ""))
    return Response(200, [("content-type", media_type)], raw)


def _publish(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    seat.publish(query.get("reference", ""), call.request.headers.get("content-type", ""), body)
    return Response(204)


def _held(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return http.json(200, seat.holds(query.get("reference", ""), query.get("digest", "")))


def _blob(seat: Seat, query: dict[str, str], call: Call, body: bytes) -> Response:
    return _passing(seat.blob(query.get("reference", ""), query.get("digest", "")))


def _upload(call: Call) -> Answer:
    query = call.request.parameters()
    return Blob(desk(call).seat(_shown(call)), query.get("reference", ""), query.get("digest", ""))


def _working(limit: int, do: Do) -> Callable[[Call], Answer]:
    def handler(call: Call) -> Answer:
        seat, query = desk(call).seat(_shown(call)), call.request.parameters()
        return Work(limit, lambda body: do(seat, query, call, body))

    return handler


ROUTES = (
    Route(method="POST", path="/hello", handler=hello, scope="agent", body=BODY),
    Route(method="POST", path="/bye", handler=bye, scope="agent"),
    Route(method="POST", path="/renew", handler=renew, scope="agent"),
    Route(method="POST", path="/beat", handler=beat, scope="agent", body=BODY),
    Route(method="POST", path="/claim", handler=claim, scope="agent", body=BODY),
    Route(method="PUT", path="/run/blob", handler=_upload, scope="run", body=STREAM),
    *(
        Route(method=method, path=f"/run/{path}", handler=_working(limit, do), scope="run", body=STREAM)
        for method, path, limit, do in (
            ("GET", "order", 0, _order),
            ("POST", "log", LOG, _log),
            ("POST", "end", ENDING, _end),
            ("POST", "secret", BODY, _secret),
            ("GET", "context", 0, _context),
            ("POST", "source", BODY, _source),
            ("POST", "download", BODY, _download),
            ("POST", "clone", BODY, _clone),
            ("POST", "read", BODY, _read),
            ("POST", "acr", BODY, _acr),
            ("POST", "login", BODY, _login),
            ("GET", "manifest", 0, _manifest),
            ("PUT", "manifest", MANIFEST, _publish),
            ("GET", "held", 0, _held),
            ("GET", "blob", 0, _blob),
        )
    ),
)
