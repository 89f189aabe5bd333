"""Microsoft Graph, as far as signing in and assigning roles need it.

Source: Microsoft Graph v1.0 reference (2025); what azure-cli 2.91 sends.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from acrlab.domain.credential_errors import DirectoryObjectUnknown, GraphCondition, TokenRefused
from acrlab.domain.errors import BodyInvalid, Condition
from acrlab.engine import applications, directory, entra
from acrlab.engine.state import Identity
from acrlab.wire import graph_shapes, http
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.graph_shapes import Shape
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

BODY = 64 * 1024  # bytes
MOST_IDS = 1000  # Source: directoryobject-getbyids
ROOT = "https://graph.microsoft.com/v1.0"
# The filters that azure-cli sends: equality, a beginning, and membership of the service principal's names.
_EQUALS = re.compile(r"(\w+) eq '((?:[^']|'')*)'")
_BEGINS = re.compile(r"startswith\((\w+),\s*'((?:[^']|'')*)'\)", re.IGNORECASE)
_HOLDS = re.compile(r"(\w+)/any\((\w+):\s*\2 eq '((?:[^']|'')*)'\)")


def authorize(call: Call, route: Route) -> None:
    """Everybody of the directory may read it, with a token for Graph. Source: default user permissions (2025)."""
    call.principal = entra.authenticate(call.world, call.request.headers, entra.GRAPH_AUDIENCES)


# Reading


def me(call: Call) -> Response:
    """The user who asks."""
    if call.principal.kind != directory.USER:
        raise GraphCondition(reason="/me request is only valid with delegated authentication flow.").why(
            f"{call.principal.name} is a {call.principal.kind}, not a user"
        )
    return _entity("users", graph_shapes.user(call.world.state.principals[call.principal.id]))


def users(call: Call) -> Response:
    """The users."""
    return _collection(call, "users", map(graph_shapes.user, _of_kind(call, directory.USER)))


def user(call: Call) -> Response:
    """One user, by id or principal name."""
    found = directory.find_user(call.world, call.params["id"])
    return _entity("users", graph_shapes.user(found or _found(call, directory.USER)))


def service_principals(call: Call) -> Response:
    """The service principals, managed identities among them."""
    found = _of_kind(call, directory.APPLICATION, directory.MANAGED)
    return _collection(call, "servicePrincipals", map(graph_shapes.service_principal, found))


def service_principal(call: Call) -> Response:
    """One service principal, by object id."""
    return _entity(
        "servicePrincipals", graph_shapes.service_principal(_found(call, directory.APPLICATION, directory.MANAGED))
    )


def list_applications(call: Call) -> Response:
    """The registered applications."""
    return _collection(call, "applications", map(graph_shapes.application, applications.registrations(call.world)))


def application(call: Call) -> Response:
    """One application, by object id."""
    return _entity("applications", graph_shapes.application(applications.registration(call.world, call.params["id"])))


def groups(call: Call) -> Response:
    """There are no groups."""
    return _collection(call, "groups", ())


def organization(call: Call) -> Response:
    """The tenant."""
    domain = {"name": directory.DOMAIN, "isDefault": True, "isInitial": True, "type": "Managed"}
    tenant = {
        "id": call.world.state.tenant, "displayName": directory.ORGANIZATION, "verifiedDomains": [domain],
        "tenantType": "AAD",
    }  # fmt: skip
    return _collection(call, "organization", (tenant,))


class _Ids(msgspec.Struct):
    ids: list[str]
    types: list[str] | None = None


def by_ids(call: Call) -> Response:
    """Objects of any kind by their ids; those that do not exist are left out."""
    asked = _decode(call, _Ids)
    if len(asked.ids) > MOST_IDS:
        raise GraphCondition(reason=f"Too many ids: {len(asked.ids)}, at most {MOST_IDS} are taken.")
    types = {each.lower() for each in asked.types or ()} - {"directoryobject"}
    known = call.world.state.principals
    found = [graph_shapes.typed(known[each]) for each in dict.fromkeys(asked.ids) if each in known]
    chosen = [each for each in found if not types or each["@odata.type"].rpartition(".")[2].lower() in types]
    return _collection(call, "directoryObjects", chosen)


def _of_kind(call: Call, *kinds: str) -> list[Identity]:
    return [each for each in directory.everybody(call.world) if each.kind in kinds]


def _found(call: Call, *kinds: str) -> Identity:
    identity = call.world.state.principals.get(call.params["id"])
    if identity is None or identity.kind not in kinds:
        raise DirectoryObjectUnknown(id=call.params["id"][:100])
    return identity


# Writing


class _Registration(msgspec.Struct, rename="camel"):
    display_name: str


class _ServicePrincipal(msgspec.Struct, rename="camel"):
    app_id: str


class _Password(msgspec.Struct, rename="camel"):
    display_name: str | None = None
    end_date_time: datetime | None = None


class _AddPassword(msgspec.Struct, rename="camel"):
    password_credential: _Password | None = None


class _RemovePassword(msgspec.Struct, rename="camel"):
    key_id: str


def register(call: Call) -> Response:
    """Register an application. Of its settings only the name is kept."""
    made = applications.register(call.world, call.principal, _decode(call, _Registration).display_name)
    return _entity("applications", graph_shapes.application(made), status=201)


def instate(call: Call) -> Response:
    """Make the service principal of an application."""
    made = applications.instate(call.world, call.principal, _decode(call, _ServicePrincipal).app_id)
    return _entity("servicePrincipals", graph_shapes.service_principal(made), status=201)


def add_password(call: Call) -> Response:
    """Add a secret; this answer alone shows it."""
    asked = _decode(call, _AddPassword).password_credential or _Password()
    end = asked.end_date_time.timestamp() if asked.end_date_time else call.world.now() + directory.SECRET_LIFE
    name, secret = applications.add_secret(call.world, call.principal, call.params["id"], asked.display_name or "", end)
    shape = {
        "keyId": name, "displayName": asked.display_name, "startDateTime": graph_shapes.moment(call.world.now()),
        "endDateTime": graph_shapes.moment(end), "hint": secret[:3], "secretText": secret, "customKeyIdentifier": None,
    }  # fmt: skip
    return http.json(200, {"@odata.context": f"{ROOT}/$metadata#microsoft.graph.passwordCredential", **shape})


def remove_password(call: Call) -> Response:
    """Take a secret away."""
    applications.remove_secret(call.world, call.principal, call.params["id"], _decode(call, _RemovePassword).key_id)
    return Response(204)


def remove(call: Call) -> Response:
    """Delete an application or a service principal."""
    applications.remove(call.world, call.principal, call.params["id"])
    return Response(204)


def _decode(call: Call, model: type[Any]) -> Any:
    try:
        return msgspec.json.decode(call.body or b"{}", type=model)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None


# Answers


def _entity(name: str, shape: Shape, status: int = 200) -> Response:
    return http.json(status, {"@odata.context": f"{ROOT}/$metadata#{name}/$entity", **shape})


def _collection(call: Call, context: str, shapes: Iterable[Shape]) -> Response:
    query = call.request.parameters()
    keep = _predicate(query["$filter"]) if query.get("$filter") else lambda shape: True
    chosen = [shape for shape in shapes if keep(shape)]
    selected = set(filter(None, query.get("$select", "").split(",")))
    if selected:
        chosen = [{name: shape[name] for name in shape if name in selected | {"@odata.type"}} for shape in chosen]
    return http.json(200, {"@odata.context": f"{ROOT}/$metadata#{context}", "value": chosen})


def _predicate(text: str) -> Callable[[Shape], bool]:
    """Raises: GraphCondition for a filter outside the three forms."""
    for form, test in ((_EQUALS, _equals), (_BEGINS, _begins)):
        found = form.fullmatch(text.strip())
        if found is not None:
            return test(found[1], _plain(found[2]))
    found = _HOLDS.fullmatch(text.strip())
    if found is None:
        raise GraphCondition(reason=f"Unsupported or invalid query filter clause specified: {text[:200]}").why(
            "acrlab evaluates eq, startswith and any(c:c eq …), one at a time"
        )
    name, wanted = found[1], _plain(found[3])
    return lambda shape: wanted in [each.lower() for each in shape.get(name) or ()]


def _plain(quoted: str) -> str:
    return quoted.replace("''", "'").lower()


def _equals(name: str, wanted: str) -> Callable[[Shape], bool]:
    return lambda shape: str(shape.get(name, "")).lower() == wanted


def _begins(name: str, wanted: str) -> Callable[[Shape], bool]:
    return lambda shape: str(shape.get(name, "")).lower().startswith(wanted)


def dialect(condition: Condition) -> Response:
    """`{"error":{"code","message"}}`; one code for every token that does not hold. Source: Graph, errors."""
    code = _CODES.get(condition.status, "BadRequest")
    if isinstance(condition, GraphCondition | TokenRefused):
        code = condition.oci
    error = {"code": code, "message": condition.text or "unexpected error"}
    return http.json(condition.status, {"error": error}, *extra(condition))


_CODES = {404: "ResourceNotFound", 405: "Request_BadRequest", 413: "RequestEntityTooLarge", 503: "serviceNotAvailable"}


def _row(method: str, path: str, handler: Callable[[Call], Response]) -> Route:
    body = BODY if method == "POST" else 0
    return Route(method=method, path=f"/v1.0/{path}", handler=handler, scope="directory", body=body)


ROUTES = (
    _row("GET", "me", me),
    _row("GET", "organization", organization),
    _row("GET", "groups", groups),
    _row("GET", "users", users),
    _row("GET", "users/{id}", user),
    _row("GET", "servicePrincipals", service_principals),
    _row("GET", "servicePrincipals/{id}", service_principal),
    _row("POST", "servicePrincipals", instate),
    _row("DELETE", "servicePrincipals/{id}", remove),
    _row("GET", "applications", list_applications),
    _row("GET", "applications/{id}", application),
    _row("POST", "applications", register),
    _row("POST", "applications/{id}/addPassword", add_password),
    _row("POST", "applications/{id}/removePassword", remove_password),
    _row("DELETE", "applications/{id}", remove),
    _row("POST", "directoryObjects/getByIds", by_ids),
)
