"""Azure Resource Manager, management.azure.com: its routes, who may use them, and what every answer carries."""

import re

from acrlab.domain import projection
from acrlab.domain.arm_errors import SubscriptionInvalid, SubscriptionNotFound
from acrlab.domain.resource_id import GUID, parse
from acrlab.engine import entra
from acrlab.engine.access import entrance
from acrlab.wire import (
    arm_authorization,
    arm_core,
    arm_deployments,
    arm_groups,
    arm_insight,
    arm_locks,
    arm_policies,
    arm_resources,
)
from acrlab.wire.arm_requests import PROVIDER, TASKS
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

OPEN, SIGNED_IN, VISIBLE = "open", "signed-in", "visible"
_SLASHES = re.compile(r"//+")
_EXTENSION = re.compile(r"/providers/Microsoft\.Authorization/", re.IGNORECASE)
_REGISTRY = re.compile(r"/providers/Microsoft\.ContainerRegistry/registries(/|$)", re.IGNORECASE)
# Constant here: what is left after one request. Source: ARM throttling by token buckets (2024).
_LEFT = {"GET": ("reads", 249, 3749), "HEAD": ("reads", 249, 3749), "DELETE": ("deletes", 199, 2999)}
_WRITES = ("writes", 199, 2999)

ROUTES: tuple[Route, ...] = (
    *arm_authorization.ROUTES, *arm_locks.ROUTES, *arm_insight.ROUTES, *arm_policies.ROUTES, *arm_deployments.ROUTES,
    *arm_resources.ROUTES, *arm_groups.ROUTES, *arm_core.ROUTES, *arm_core.REST,
)  # fmt: skip


def enter(call: Call) -> str:
    """The path to route by: doubled and trailing slashes do not matter.

    Source: azure-mgmt-authorization 4.0.0 asks for //subscriptions/... when the scope begins with a slash.
    """
    path = _SLASHES.sub("/", call.request.path)
    return path.rstrip("/") or "/"


def authorize(call: Call, route: Route) -> None:
    """Who asks, about which subscription, whether a role allows it there, and whether a lock stands against it.

    Raises: TokenRefused and its kin, SubscriptionInvalid, SubscriptionNotFound, AuthorizationFailed, ScopeLocked.
    """
    if route.scope == OPEN:
        return
    call.principal = entra.authenticate(call.world, call.request.headers, entra.ARM_AUDIENCES)
    scope = _scope(call)
    _require_subscription(call, scope)
    if route.scope in (SIGNED_IN, VISIBLE):
        return
    action = route.scope.format_map(call.params) if "{" in route.scope else route.scope
    method = call.request.method
    target = scope if method == "POST" else enter(call)  # an action is about the resource it is asked of
    entrance.require(call.world, call.principal, method, action, scope, target)


def _scope(call: Call) -> str:
    """What the request is about: the resource on the path; for a list or an action, what it belongs to."""
    path = enter(call)
    if "scope" in call.params or _EXTENSION.match(path):
        return str(parse(call.params.get("scope") or ""))
    names = [value for name, value in call.params.items() if name.endswith("_name")]
    if "subscription" not in call.params:
        return str(parse("/"))
    if not names:
        return str(parse("/".join(path.split("/")[: 5 if "group" in call.params else 3])))
    segments = path.split("/")
    start = next(at for at, each in enumerate(segments) if each.lower() == "providers") + 2
    return str(parse("/".join(segments[: start + 2 * len(names)])))


def _require_subscription(call: Call, scope: str) -> None:
    asked = parse(scope).subscription
    if not asked:
        return
    if not GUID.fullmatch(asked):
        raise SubscriptionInvalid(subscription=asked)
    if asked != call.world.state.subscription:
        known = call.world.state.subscription
        raise SubscriptionNotFound(subscription=asked).why(f"this world has one subscription: {known}")


def dress(call: Call, response: Response) -> None:
    """The headers of every ARM answer. Source: recorded, azure-cli cassettes; quoted in public issues."""
    request, headers = call.request, response.headers
    own, correlation = call.world.uuid(), request.headers.get("x-ms-correlation-request-id") or call.world.uuid()
    kind, left, everywhere = _LEFT.get(request.method, _WRITES)
    headers += [
        ("cache-control", "no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        ("x-ms-request-id", own),
        ("x-ms-correlation-request-id", correlation),
        ("x-ms-routing-request-id", f"ACRLAB:{own}"),
        (f"x-ms-ratelimit-remaining-subscription-{kind}", str(left)),
        (f"x-ms-ratelimit-remaining-subscription-global-{kind}", str(everywhere)),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
    ]
    headers += [*_echoed(request.headers), *_versions(call)]


def _echoed(headers: dict[str, str]) -> list[tuple[str, str]]:
    """The client's own request id, when it asks for it back."""
    wanted = headers.get("x-ms-return-client-request-id", "").lower() == "true"
    name = "x-ms-client-request-id"
    return [(name, headers[name])] if wanted and name in headers else []


def _versions(call: Call) -> list[tuple[str, str]]:
    """Which api-version answered. Source: recorded, api-supported-versions repeats the one that was asked."""
    path = call.request.path
    if PROVIDER not in path.lower():
        return []
    asked = call.request.parameters().get("api-version", "")
    found = projection.resolve(asked) if asked.isascii() and len(asked) < 40 else None
    if found is None or not found.supported:
        return []
    served = [("x-acrlab-api-version-served", found.served)] if found.newer else []
    # Source: recorded, acr_task (2024-09): answers about tasks and runs do not name their api-version.
    own = [("api-supported-versions", found.served)] if _REGISTRY.search(path) and not TASKS.search(path) else []
    return own + served
