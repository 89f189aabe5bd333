"""The plain door on localhost: registries under a path, and the controls of the emulator itself."""

import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from acrlab.domain import events, tiers
from acrlab.domain.access import Principal
from acrlab.domain.errors import BodyInvalid, Condition, RegistryUnknown, RouteUnknown
from acrlab.engine import billing
from acrlab.engine import why as explanations
from acrlab.engine.state import Registry
from acrlab.engine.tasks import runs
from acrlab.wire import arm_tasks, http, imds, registry
from acrlab.wire.call import Call
from acrlab.wire.http import Answer, Response
from acrlab.wire.routes import Route
from acrlab.wire.slow import Slow

BODY = 64 * 1024  # bytes
LONGEST_ADVANCE = 100 * 365 * 86400.0  # seconds
OPERATOR = Principal(id="operator", kind="operator", name="operator")


_UNTOLD = {"raw", "passwords", "password", "secrets", "secret", "result", "request"}


class ControlDenied(Condition):
    """The controls are for whoever started the emulator."""

    status, oci, arm = 403, "DENIED", "Forbidden"
    message = "the controls need the token of this emulator: run the command inside `acrlab run` or after `acrlab up`"
    evidence, source = "inferred", "acrlab itself"


class SnapshotUnknown(Condition):
    """No snapshot has that name."""

    status, oci, arm = 404, "SNAPSHOT_UNKNOWN", "NotFound"
    message = "no snapshot is called {name}; there are: {known}"
    evidence, source = "inferred", "acrlab itself"


class _Named(msgspec.Struct):
    name: str


class _Advance(msgspec.Struct):
    seconds: float


def enter(call: Call) -> str:
    """Find the registry in the first component of a repository path, and take it off.

    `localhost:5000/contoso/team/app` is the repository team/app of the registry contoso.
    Raises: RegistryUnknown.
    """
    path = call.request.path
    if not path.startswith("/v2/") or path == "/v2/":
        return path
    name, slash, rest = path.removeprefix("/v2/").partition("/")
    found = call.world.state.registries.get(name.lower())
    if found is None or not slash:
        raise RegistryUnknown(host=f"{call.request.authority}/{name}")
    call.registry, call.prefix = found, f"{name}/"
    registry.admit(call)
    return f"/v2/{rest}"


def authorize(call: Call, route: Route) -> None:
    """Controls need the control token; everything else is a registry's.

    Raises: ControlDenied; RouteUnknown for a route of a registry where the path names none.
    """
    if call.registry is None and route.scope not in ("control", "open", "any"):
        raise RouteUnknown(path=call.request.path)
    if route.scope != "control":
        registry.authorize(call, route)
        return
    given = call.request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), control_token(call.world.keys.secret("control")).encode()):
        raise ControlDenied()
    call.principal = OPERATOR


def control_token(secret: bytes) -> str:
    """The token as text."""
    return secret.hex()


def status(call: Call) -> Response:
    """What is running, and what it holds."""
    state = call.world.state
    body = {
        "now": call.world.now(),
        "advanced": state.advanced,
        "profile": state.profile,
        "journal": call.world.journal.position,
        "jobs": [{"name": job.name, "due": job.due} for job in sorted(state.jobs)],
        "snapshots": list(call.world.journal.marks()),
        "engine": call.host.engine() if call.host.engine is not None else "none",
        "runs": len(runs.unfinished(call.world)),
        "agents": call.host.desk.status() if call.host.desk is not None else None,
        "registries": [_summary(each) for each in state.registries.values()],
    }
    return http.json(200, body)


def _summary(each: Registry) -> dict[str, Any]:
    return {
        "name": each.name,
        "loginServer": each.login_server,
        "repositories": len(each.visible()),
        "bytes": each.stored,
    }


def advance(call: Call) -> Answer:
    """Turn the clock forward; what falls due on the way may take long."""
    seconds = decoded(call, _Advance).seconds
    if not 0 <= seconds <= LONGEST_ADVANCE:
        raise BodyInvalid(reason="the clock goes forward only, and a century at most")
    return Slow(
        lambda: call.world.advance(seconds),
        lambda _: http.json(200, {"now": call.world.now(), "advanced": call.world.state.advanced}),
    )


def snapshot(call: Call) -> Response:
    """Name the present."""
    name = decoded(call, _Named).name
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise BodyInvalid(reason="a snapshot's name has 1 to 100 printable characters")
    call.world.snapshot(name)
    return http.json(200, {"snapshots": list(call.world.journal.marks())})


def restore(call: Call) -> Response:
    """Go back to a named present."""
    name = decoded(call, _Named).name
    known = call.world.journal.marks()
    if name not in known:
        raise SnapshotUnknown(name=name, known=", ".join(known))
    call.world.restore(name)
    return http.json(200, {"restored": name})


def reset(call: Call) -> Response:
    """Go back to how the world began."""
    call.world.reset()
    return http.json(200, {"restored": "genesis"})


def fork(call: Call) -> Response:
    """Write the present into a folder of its own."""
    folder = Path(decoded(call, _Named).name)
    if call.host.fork is None:
        raise RouteUnknown(path=call.request.path)
    if not folder.is_absolute():
        raise BodyInvalid(reason="the folder of a fork is given by its whole path")
    call.host.fork(folder)
    return http.json(200, {"forked": str(folder)})


def why(call: Call) -> Response:
    """The last refusals, newest first."""
    return http.json(
        200, [{**msgspec.to_builtins(each), "lines": each.lines()} for each in reversed(call.world.refusals)]
    )


def triggers(call: Call) -> Response:
    """What became of triggers of tasks: which run, or why there was none; newest first."""
    found = [each for kept in call.world.state.judgements.values() for each in kept]
    told = sorted(found, key=lambda each: -each.at)
    return http.json(200, [{**msgspec.to_builtins(each), "lines": explanations.judgement(each)} for each in told])


def history(call: Call) -> Response:
    """Everything that happened and still counts, oldest first; without the bytes of manifests, and without secrets."""
    return http.json(200, [_told(event) for event in call.world.events()])


def _told(event: events.Event) -> dict[str, Any]:
    told = {"type": type(event).__name__, **msgspec.structs.asdict(event)}
    if isinstance(event, events.ResourcePut) and any(kind in event.id.lower() for kind in ("/tasks/", "/taskruns/")):
        told["body"] = arm_tasks.without_secrets(event.body)
    return {name: value for name, value in told.items() if name not in _UNTOLD}


def exchanges(call: Call) -> Response:
    """The last requests and their answers, oldest first."""
    return http.json(200, list(call.host.exchanges))


def cost(call: Call) -> Response:
    """What each registry has cost so far, or the last one of a name; with `tier`, what that would have cost there.

    Raises: RegistryUnknown, BodyInvalid.
    """
    wanted, tier = (call.request.parameters().get(name, "").lower() for name in ("registry", "tier"))
    if tier and tier.capitalize() not in tiers.profile().tiers:
        raise BodyInvalid(reason=f"{tier[:40]} is no tier: {', '.join(tiers.profile().tiers)}")
    found = [each for each in billing.accounts(call.world) if wanted in ("", each.registry)]
    if wanted and not found:
        raise RegistryUnknown(host=wanted[:80])
    found = found[-1:] if wanted else found
    return http.json(200, [billing.bill(call.world, each, tier) for each in found])


def stop(call: Call) -> Response:
    """End the emulator once this answer has left."""
    if call.host.stop is None:
        raise RouteUnknown(path=call.request.path)
    call.host.stop()
    return Response(202)


def decoded(call: Call, model: type[Any]) -> Any:
    """The body of a control. Raises: BodyInvalid."""
    try:
        return msgspec.json.decode(call.body, type=model)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None


def _control(method: str, path: str, handler: Callable[[Call], Answer], body: int = 0) -> Route:
    return Route(method=method, path=f"/_acrlab/{path}", handler=handler, scope="control", body=body)


ROUTES = (
    _control("GET", "status", status),
    _control("POST", "clock", advance, BODY),
    _control("POST", "snapshot", snapshot, BODY),
    _control("POST", "restore", restore, BODY),
    _control("POST", "reset", reset),
    _control("POST", "fork", fork, BODY),
    _control("GET", "why", why),
    _control("GET", "triggers", triggers),
    _control("GET", "events", history),
    _control("GET", "requests", exchanges),
    _control("GET", "cost", cost),
    _control("POST", "stop", stop),
    *imds.LOCAL_ROUTES,
)
