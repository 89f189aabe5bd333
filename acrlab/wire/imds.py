"""Managed identities: the instance metadata service, and the endpoint that App Service has instead.

Source: entra-docs how-to-use-vm-token (2025-05); App Service overview-managed-identity (2025); azure-identity 1.27.
"""

from collections.abc import Callable
from typing import Any

from acrlab.domain.credential_errors import IdentityHeaderInvalid, IdentityNotFound, IdentityRequestInvalid
from acrlab.domain.entra_errors import EntraCondition
from acrlab.domain.errors import Condition
from acrlab.engine import directory, entra
from acrlab.engine.state import Identity
from acrlab.engine.tasks import workloads
from acrlab.engine.world import World
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

API_VERSIONS = ("2018-02-01", "2019-08-01", "2020-06-01", "2021-02-01")
SELECTORS = ("client_id", "object_id", "principal_id", "mi_res_id", "msi_res_id")


def identity_header(world: World) -> str:
    """The value of IDENTITY_HEADER: who knows it runs on the machine."""
    return world.keys.secret("identity").hex()


def token(call: Call) -> Response:
    """An access token of the machine's identity. Source: how-to-use-vm-token, "Get a token using HTTP".

    The machine of a run's program is its agent, and has the identities of its task.
    """
    _require_metadata(call)
    find = _of_run if workloads.is_one(call.request.client) else _of_machine
    return _issued(call, find)


def app_service_token(call: Call) -> Response:
    """The same, in the shape of App Service 2019-08-01."""
    given = call.request.headers.get("x-identity-header", "")
    if not directory.same(given, identity_header(call.world)):
        raise IdentityHeaderInvalid().why("the header X-IDENTITY-HEADER must carry the value of IDENTITY_HEADER")
    return _issued(call, _of_machine)


def instance(call: Call) -> Response:
    """A little about the machine. Source: instance-metadata-service (2025), compute."""
    _require_metadata(call)
    compute = {
        "azEnvironment": "AzurePublicCloud", "location": "eastus", "name": "acrlab-vm", "osType": "Linux",
        "provider": "Microsoft.Compute", "resourceGroupName": "acrlab-host",
        "resourceId": _machine(call.world), "subscriptionId": call.world.state.subscription, "vmSize": "Standard_B1s",
    }  # fmt: skip
    return http.json(200, {"compute": compute, "network": {"interface": []}}, media_type="application/json")


def _require_metadata(call: Call) -> None:
    headers = call.request.headers
    if "x-forwarded-for" in headers:
        raise IdentityRequestInvalid(reason="Requests with an X-Forwarded-For header are not taken").why(
            "the request passed through a proxy: the service answers the machine itself only"
        )
    if headers.get("metadata", "").lower() != "true":
        raise IdentityRequestInvalid(reason="Required metadata header not specified").why(
            "the header `Metadata: true` shows that the request is meant, not tricked out of a program"
        )


def _issued(call: Call, find: Callable[[Call, list[tuple[str, str]]], Identity]) -> Response:
    query = call.request.parameters()
    if query.get("api-version", "") not in API_VERSIONS:
        raise IdentityRequestInvalid(reason="Required query variable 'api-version' is missing or not supported")
    if not query.get("resource"):
        raise IdentityRequestInvalid(reason="Required query variable 'resource' is missing")
    resource = entra.known_resource(query["resource"])
    named = [(name, query[name]) for name in SELECTORS if query.get(name)]
    if len(named) > 1:
        raise IdentityRequestInvalid(reason="Only one of client_id, object_id and mi_res_id may be specified")
    identity = find(call, named)
    call.principal = directory.principal(identity)
    world, now = call.world, int(call.world.now())
    bearer = entra.issue(world, call.principal, resource, client=identity.app_id, life=entra.MANAGED_LIFE)
    return http.json(200, {
        "access_token": bearer, "client_id": identity.app_id, "expires_in": str(entra.MANAGED_LIFE),
        "expires_on": str(now + entra.MANAGED_LIFE), "ext_expires_in": str(entra.MANAGED_LIFE),
        "not_before": str(now), "resource": query["resource"], "token_type": "Bearer",
    })  # fmt: skip


def _of_machine(call: Call, named: list[tuple[str, str]]) -> Identity:
    """The identity that is named, or the machine's own. Raises: IdentityNotFound."""
    world = call.world
    identities = [each for each in directory.everybody(world) if each.kind == directory.MANAGED]
    if not named:
        found = [each for each in identities if each.properties.get("system")]
    else:
        found = [each for each in identities if named[0][1].lower() in _names(world, each)[named[0][0]]]
    if not found:
        raise _unknown(named, identities)
    return found[0]


def _of_run(call: Call, named: list[tuple[str, str]]) -> Identity:
    """The identity of a run's task that is named; without a name its own, or the only one.

    Raises: IdentityNotFound. Source: how-to-use-vm-token (2025-05): without a name the system-assigned identity, and
    where there is none, the user-assigned one if there is only one.
    """
    world, run = call.world, workloads.of(call.world, call.request.client)
    block: dict[str, Any] = (run.body["request"].get("identity") or {}) if run is not None else {}
    ids = [each["principalId"] for each in (block.get("userAssignedIdentities") or {}).values()]
    given = [world.state.principals[id] for id in ids if id in world.state.principals]
    own = world.state.principals.get(str(block.get("principalId", "")))
    identities = [*([own] if own is not None else []), *given]
    if named:
        found = [each for each in identities if named[0][1].lower() in _names(world, each)[named[0][0]]]
    else:
        found = [own] if own is not None else given
    if len(found) != 1:
        raise _unknown(named, identities)
    return found[0]


def _unknown(named: list[tuple[str, str]], identities: list[Identity]) -> IdentityNotFound:
    known = ", ".join(f"{each.name} (client_id {each.app_id})" for each in identities) or "none"
    asked = f"asked for {named[0] if named else 'the system-assigned identity'}"
    unknown = IdentityNotFound()
    unknown.why(asked, f"assigned are {known}")
    return unknown


def _names(world: World, identity: Identity) -> dict[str, tuple[str, ...]]:
    resource = () if identity.properties.get("system") else (resource_id(world, identity).lower(),)
    return {
        "client_id": (identity.app_id,), "object_id": (identity.id,), "principal_id": (identity.id,),
        "mi_res_id": resource, "msi_res_id": resource,
    }  # fmt: skip


def resource_id(world: World, identity: Identity) -> str:
    """The ARM id of a user-assigned identity."""
    group = f"/subscriptions/{world.state.subscription}/resourceGroups/acrlab-host"
    default = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity.name}"
    return str(identity.properties.get("resource", default))


def _machine(world: World) -> str:
    group = f"/subscriptions/{world.state.subscription}/resourceGroups/acrlab-host"
    return f"{group}/providers/Microsoft.Compute/virtualMachines/acrlab-vm"


def dialect(condition: Condition) -> Response:
    """`{"error","error_description"}`, without Entra's trace. Source: how-to-use-vm-token, error handling."""
    known = isinstance(condition, EntraCondition | IdentityRequestInvalid)
    body: dict[str, Any] = {
        "error": condition.oci if known else "not_found" if condition.status == 404 else "invalid_request",
        "error_description": condition.text or "unexpected error",
    }
    return http.json(condition.status, body, *extra(condition))


def _get(path: str, handler: Any, truth: str = "real") -> Route:
    return Route(method="GET", path=path, handler=handler, scope="open", truth=truth)


ROUTES = (
    _get("/metadata/identity/oauth2/token", token),
    _get("/metadata/instance", instance, "simulated"),
    _get("/msi/token", app_service_token),
)
LOCAL_ROUTES = (_get("/msi/token", app_service_token), _get("/metadata/identity/oauth2/token", token))
