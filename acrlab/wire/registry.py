"""The registry plane's entrance: which registry, who asks, may they, and the headers of every answer."""

import base64
import binascii
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from acrlab.domain import names
from acrlab.domain.access import Access, Scope
from acrlab.domain.errors import RegistryUnknown, Unauthenticated
from acrlab.engine import authorization, tokens
from acrlab.engine.access import entrance
from acrlab.engine.insight import metrics
from acrlab.engine.lifecycle import quarantine
from acrlab.engine.state import Registry
from acrlab.engine.tasks import workloads
from acrlab.engine.world import World
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

REMEMBERED = 2048  # bearer headers whose access is known, per world
_HEADERS = [
    ("server", "openresty"),
    ("docker-distribution-api-version", "registry/2.0"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("access-control-expose-headers", "Docker-Content-Digest"),
    ("access-control-expose-headers", "WWW-Authenticate"),
    ("access-control-expose-headers", "Link"),
    ("access-control-expose-headers", "X-Ms-Correlation-Request-Id"),
]


class Known(msgspec.Struct):
    """A bearer header that was verified, and the state it was verified against."""

    access: Access
    registry: Registry
    version: int
    held: tokens.Held


class Memory:
    """What one world's entrance remembers; nothing here is state."""

    __slots__ = ("bearers", "count", "prefix")

    def __init__(self, world: World) -> None:
        self.bearers: dict[str, Known] = {}
        self.prefix, self.count = world.uuid()[:24], 0

    def correlation(self) -> str:
        """A fresh id in the form of a UUID."""
        self.count += 1
        return f"{self.prefix}{self.count:012x}"


_MEMORIES: WeakKeyDictionary[World, Memory] = WeakKeyDictionary()


def _memory(world: World) -> Memory:
    found = _MEMORIES.get(world)
    if found is None:
        found = _MEMORIES[world] = Memory(world)
    return found


# What a route needs


def _catalog(params: dict[str, str], call: Call) -> tuple[Scope, ...]:
    return (_CATALOG,)


def _deleted_catalog(params: dict[str, str], call: Call) -> tuple[Scope, ...]:
    return (_DELETED_CATALOG,)


def _repository(wanted: frozenset[str]) -> Callable[[dict[str, str], Call], tuple[Scope, ...]]:
    return lambda params, call: (Scope("repository", names.repository(params["repository"]), wanted),)


def _mount(params: dict[str, str], call: Call) -> tuple[Scope, ...]:
    target = Scope("repository", names.repository(params["repository"]), _PUSH)
    query = call.request.parameters() if "from=" in call.request.query else {}
    source = call.own(query.get("from", ""))
    if not source or "mount" not in query or source == params["repository"]:
        return (target,)
    return target, Scope("repository", names.repository(source), _PULL)


_PULL, _PUSH = tokens.NEEDED["pull"], tokens.NEEDED["push"]
_CATALOG = Scope("registry", "catalog", frozenset({"*"}))
_DELETED_CATALOG = Scope("registry", "deleted_catalog", frozenset({"*"}))
NEEDS: dict[str, Callable[[dict[str, str], Call], tuple[Scope, ...]]] = {
    "any": lambda params, call: (),
    "catalog": _catalog,
    "deleted_catalog": _deleted_catalog,
    "mount": _mount,
    **{scope: _repository(words) for scope, words in tokens.NEEDED.items()},
}


# The plane's functions


def enter(call: Call) -> str:
    """Find the registry of a login server.

    Raises: RegistryUnknown, without a challenge: clients take that for "no registry here".
    """
    call.registry = call.world.registry_at(call.request.host)
    if call.registry is None:
        raise RegistryUnknown(host=call.request.host).why(
            f"no registry of this world has the login server {call.request.host}",
            "a registry answers once its create operation has begun; names are global and lower case",
        )
    admit(call)
    return call.request.path


def admit(call: Call) -> None:
    """Let a request at the registry's data at all. Raises: NetworkDenied, EncryptionKeyUnusable."""
    entrance.admit(call.world, call.home, workloads.place(call.world, call.request.client))


def authorize(call: Call, route: Route) -> None:
    """Let a request pass whose credential grants what the route needs, while the buckets that it draws from last.

    Raises: Unauthenticated with the challenge that asks for exactly that; TooManyRequests.
    Source: distribution, token authentication; recorded challenges of ACR.
    """
    if route.scope == "open":
        _throttle(call, route)
        return
    needs = NEEDS[route.scope](call.params, call)
    header = call.request.headers.get("authorization")
    if header is None:
        raise _challenge(call, needs, Unauthenticated().why("the request carries no credential"))
    try:
        access = _access(call, header, needs)
    except Unauthenticated as refused:
        error = "invalid_token" if header[:7].lower() == "bearer " else ""
        raise _challenge(call, needs, refused, error) from None
    call.access, call.principal = access, access.principal
    for need in needs:
        for action in need.actions:
            if not access.allows(need.kind, need.name, action) and not _in_quarantine(call, access, need, action):
                raise _challenge(call, needs, _insufficient(call, access, needs), "insufficient_scope")
    _throttle(call, route)


def _in_quarantine(call: Call, access: Access, need: Scope, action: str) -> bool:
    """Whether it is content in quarantine that is asked for, by somebody with a role over the quarantine."""
    word = tokens.QUARANTINE.get(action, "")
    if not word or not access.allows(need.kind, need.name, word):
        return False
    return quarantine.holds(call.home, need.name, call.params.get("digest") or call.params.get("reference", ""))


def _throttle(call: Call, route: Route) -> None:
    buckets = call.world.buckets
    if buckets is not None and call.registry is not None and route.rate:
        buckets.take(call.world, call.registry, call.principal, route.rate)


def dress(call: Call, response: Response) -> None:
    """Add the headers that every answer of a registry carries. Where requests are counted, no door may repeat one."""
    if call.world.buckets is not None:
        response.fresh_until = 0.0
    _count(call, response)
    response.headers.extend(_HEADERS)
    response.headers.append(("x-ms-correlation-request-id", _memory(call.world).correlation()))


def _count(call: Call, response: Response) -> None:
    """Count what is a pull, and a push that failed; one that did not is an event, and a challenge is neither."""
    done = response.status < 300
    kind = _COUNTED.get((call.request.method, done))
    if kind and call.registry is not None and response.status != 401 and "/manifests/" in call.request.path:
        response.counted = f"{call.registry.name}/{kind}"
        call.world.tally.add(response.counted, call.world.now())


_COUNTED = {("GET", True): metrics.PULL, ("GET", False): metrics.PULL_FAILED, ("PUT", False): metrics.PUSH_FAILED}


# Credentials


def _access(call: Call, header: str, needs: tuple[Scope, ...]) -> Access:
    known = _memory(call.world).bearers.get(header)
    if known is not None:
        access = _remembered(call, known)
        if access is not None:
            return access
    scheme, _, credential = header.partition(" ")
    found = _SCHEMES.get(scheme.lower())
    if found is None:
        raise Unauthenticated().why(f"the scheme {scheme[:40]} is not taken here: use Bearer or Basic")
    return found(call, credential.strip(), needs)


def _remembered(call: Call, known: Known) -> Access | None:
    """The access of a header seen before; nothing but the time can have changed while the version has not."""
    world = call.world
    now = world.now()
    if known.registry is not call.registry or not known.held.nbf <= now < known.held.exp:
        return None
    if known.version != world.version:
        known.access, known.version = tokens.access(world, known.registry, known.held), world.version
    return known.access


def _bearer(call: Call, token: str, needs: tuple[Scope, ...]) -> Access:
    world, registry = call.world, call.registry
    if registry is None:
        return _doorway(call, token)
    held = tokens.verify(world, token, tokens.ACCESS, registry.login_server)
    access = tokens.access(world, registry, held)
    bearers = _memory(world).bearers
    if len(bearers) >= REMEMBERED:
        del bearers[next(iter(bearers))]
    bearers[call.request.headers["authorization"]] = Known(access, registry, world.version, held)
    return access


def _doorway(call: Call, token: str) -> Access:
    """At the plain door's root no registry is named: a token of any of them shows that its owner is known."""
    world = call.world
    held = tokens.verify(world, token, tokens.ACCESS, None)
    home = world.registry_at(held.aud)
    if home is None and held.aud != call.request.authority:
        raise Unauthenticated().why(f"the token is for {held.aud}, which is no registry of this world")
    return Access(tokens.subject(world, home, held), (), held.exp)


def _basic(call: Call, credential: str, needs: tuple[Scope, ...]) -> Access:
    user, password = read_basic(credential)
    registry = call.registry or tokens.home(call.world, user, password)
    principal = tokens.password_owner(call.world, registry, user, password)
    grants = tokens.granted(call.world, registry, principal, needs) if registry is not None else ()
    return Access(principal, grants)


_SCHEMES = {"bearer": _bearer, "basic": _basic}


def read_basic(credential: str) -> tuple[str, str]:
    """User name and password. Raises: Unauthenticated. Source: RFC 7617."""
    try:
        user, colon, password = base64.b64decode(credential, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Unauthenticated().why("the Basic credential is not base64 of user:password") from None
    if not colon:
        raise Unauthenticated().why("the Basic credential holds no colon between user and password")
    return user, password


# Refusals


def _challenge(call: Call, needs: tuple[Scope, ...], condition: Any, error: str = "") -> Unauthenticated:
    """The challenge, exactly as clients parse it: no blank after a comma.

    Source: azure-cli 2.91.0, acr/_docker_utils.
    """
    request, registry = call.request, call.registry
    at_login_server = registry is not None and not call.prefix
    service = registry.login_server if at_login_server and registry is not None else request.authority or request.host
    parts = [f'realm="{request.base}/oauth2/token"', f'service="{service}"']
    if needs:
        parts.append(f'scope="{" ".join(_spelled(need, call.prefix) for need in needs)}"')
    if error:
        parts.append(f'error="{error}"')
    condition.fields["headers"] = [("www-authenticate", f"Bearer {','.join(parts)}")]
    detail = [
        {"Type": need.kind, "Name": need.name, "Action": action} for need in needs for action in sorted(need.actions)
    ]
    if detail:
        condition.fields["detail"] = detail
        condition.why(f"the request needs {' '.join(map(str, needs))}")
    found: Unauthenticated = condition
    return found


def _spelled(need: Scope, prefix: str) -> str:
    if need.kind == "repository":
        need = msgspec.structs.replace(need, name=prefix + need.name)
    return str(need)


def _insufficient(call: Call, access: Access, needs: tuple[Scope, ...]) -> Unauthenticated:
    held = " ".join(map(str, access.grants)) or "nothing"
    who = f"{access.principal.kind} {access.principal.name}"
    condition = Unauthenticated().why(f"{who} presented a credential for {held}")
    for need in needs:
        may = authorization.token_actions(call.world, call.home, access.principal, need.kind, need.name)
        names = ", ".join(sorted(may)) or "nothing"
        condition.why(f"it may do {names} on {need.kind} {need.name}")
        for word in sorted(need.actions):
            condition.why(*authorization.lacks(call.world, call.home, access.principal, need.kind, need.name, word))
    return condition  # type: ignore[return-value]
