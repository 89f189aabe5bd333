"""The data plane of key vaults, `<vault>.vault.azure.net`: secrets and keys.

Source: Key Vault REST reference 7.4 (2025); azure-keyvault-secrets and -keys as `az` carries them.
"""

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain.credential_errors import TokenRefused
from acrlab.domain.errors import Condition
from acrlab.domain.vault_errors import (
    VaultCondition,
    VaultItemNotFound,
    VaultRequestInvalid,
    VaultUnauthorized,
    VaultUnknown,
)  # fmt: skip
from acrlab.engine import entra
from acrlab.engine.state import Resource, VaultItem, VaultVersion
from acrlab.engine.vaults import access, items, vault
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

BODY = 64 * 1024  # bytes
PAGE = 25  # items. Source: Key Vault REST reference, maxresults
DAY = 86400
_ERRORS = {404: "NotFound", 405: "MethodNotAllowed", 413: "RequestEntityTooLarge"}


# The plane


def enter(call: Call) -> str:
    """Find the vault of the host; the path without a slash at its end.

    Raises: VaultUnknown.
    """
    _home(call)
    return call.request.path.rstrip("/") or "/"


def _home(call: Call) -> Resource:
    found = vault.find(call.world, call.request.host)
    if found is None:
        raise VaultUnknown(host=call.request.host).why(
            "on Azure the name of a vault that does not exist has no address"
        )
    return found


def authorize(call: Call, route: Route) -> None:
    """Who asks, and whether role or access policy lets them. A scope is `<kind>/<verb>`.

    Raises: VaultUnauthorized with the challenge; VaultForbidden, VaultPolicyMissing.
    Source: authentication-requests-and-responses (2025).
    """
    home, tenant = _home(call), call.world.state.tenant
    challenge = f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="https://vault.azure.net"'
    headers = [("www-authenticate", challenge)]
    if not call.request.headers.get("authorization", "").strip():
        raise VaultUnauthorized(reason="AKV10000: Request is missing a Bearer or PoP token.", headers=headers)
    try:
        call.principal = entra.authenticate(call.world, call.request.headers, entra.VAULT_AUDIENCES)
    except TokenRefused as refused:
        raise VaultUnauthorized(reason=f"AKV10032: {refused.text}", headers=headers).why(*refused.because) from None
    if "api-version" not in call.request.parameters():
        raise VaultRequestInvalid(reason="api-version must be specified")
    kind, _, verb = route.scope.partition("/")
    access.require(call.world, home, call.principal, kind, verb, call.params.get("name", ""))


def dress(call: Call, response: Response) -> None:
    """The headers of every answer."""
    response.headers += [
        ("cache-control", "no-cache"), ("pragma", "no-cache"), ("x-ms-keyvault-service-version", "1.9.0.0"),
        ("x-ms-request-id", call.world.uuid()), ("x-content-type-options", "nosniff"),
    ]  # fmt: skip


def dialect(condition: Condition) -> Response:
    """`{"error":{"code","message","innererror"}}`. Source: Key Vault REST reference, error responses."""
    own = condition.oci_code if isinstance(condition, VaultItemNotFound) else condition.oci
    code = own if isinstance(condition, VaultCondition) else _ERRORS.get(condition.status, "BadParameter")
    error: dict[str, Any] = {"code": code, "message": condition.text}
    if isinstance(condition, VaultCondition) and condition.inner:
        error["innererror"] = {"code": condition.inner}
    return http.json(condition.status, {"error": error}, *extra(condition))


def _given(call: Call) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(call.body) if call.body.strip() else {}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise VaultRequestInvalid(reason=str(error)) from None
    if not isinstance(found, dict):
        raise VaultRequestInvalid(reason="The request content must be a JSON object.")
    return found


# Documents


def _bundle(home: Resource, kind: str, name: str, which: str, found: VaultVersion, *, value: bool) -> dict[str, Any]:
    id, facts = items.address(home, kind, name, which), found.facts
    shown: dict[str, Any] = {"attributes": facts["attributes"]}
    shown |= {key: facts[key] for key in ("tags", "contentType") if key in facts}
    if kind == "keys":
        return shown | ({"key": {"kid": id, **facts["key"]}} if value else {"kid": id})
    return shown | {"id": id} | ({"value": found.secret} if value else {})


def _newest(home: Resource, kind: str, item: VaultItem, *, value: bool) -> dict[str, Any]:
    which = next(reversed(item.versions))
    return _bundle(home, kind, item.name, which if value else "", item.versions[which], value=value)


def _removed(home: Resource, kind: str, item: VaultItem, *, whole: bool) -> dict[str, Any]:
    which = next(reversed(item.versions))
    shown = _bundle(home, kind, item.name, which if whole else "", item.versions[which], value=kind == "keys" and whole)
    days = home.body["properties"]["softDeleteRetentionInDays"]
    return shown | {
        "recoveryId": items.address(home, f"deleted{kind}", item.name), "deletedDate": int(item.deleted),
        "scheduledPurgeDate": int(item.deleted + days * DAY),
    }  # fmt: skip


# Handlers, each for one kind


def _set(kind: str) -> Callable[[Call], Response]:
    make = items.set_secret if kind == "secrets" else items.create_key

    def answer(call: Call) -> Response:
        which = make(call.world, _home(call), call.principal, call.params["name"], _given(call))
        return _one(call, kind, which)

    return answer


def _rotate(call: Call) -> Response:
    return _one(call, "keys", items.rotate_key(call.world, _home(call), call.principal, call.params["name"]))


def _one(call: Call, kind: str, which: str) -> Response:
    return http.json(200, _shown(call, kind, which))


def _shown(call: Call, kind: str, which: str, *, value: bool = True) -> dict[str, Any]:
    home = _home(call)
    name = items.find(call.world, home, kind, call.params["name"]).name
    which, found = items.version(call.world, home, kind, name, which)
    return _bundle(home, kind, name, which, found, value=value)


def _get(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        which = call.params.get("version", "")
        if kind == "secrets":
            items.read_secret(call.world, _home(call), call.params["name"], which)
        return _one(call, kind, which)

    return answer


def _update(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        name, which = call.params["name"], call.params.get("version", "")
        which = items.update(call.world, _home(call), call.principal, kind, name, which, _given(call))
        return http.json(200, _shown(call, kind, which, value=kind == "keys"))

    return answer


def _versions(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        home = _home(call)
        item = items.find(call.world, home, kind, call.params["name"])
        return _page(
            call, [_bundle(home, kind, item.name, which, found, value=False) for which, found in item.versions.items()]
        )

    return answer


def _list(kind: str, *, deleted: bool = False) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        home = _home(call)
        found = items.listed(call.world, home, kind, deleted=deleted)
        shown = (_removed(home, kind, each, whole=False) for each in found)
        return _page(call, list(shown) if deleted else [_newest(home, kind, each, value=False) for each in found])

    return answer


def _page(call: Call, found: list[dict[str, Any]]) -> Response:
    """A page of a list, with the address of the next. Source: Key Vault REST reference, maxresults and nextLink."""
    query = call.request.parameters()
    wanted, token = query.get("maxresults", str(PAGE)), query.get("$skiptoken", "")
    size = int(wanted) if wanted.isdecimal() and len(wanted) < 4 else 0
    if not 0 < size <= PAGE:
        raise VaultRequestInvalid(reason=f"maxresults is a number from 1 to {PAGE}.")
    try:
        start = int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError:
        raise VaultRequestInvalid(reason="The $skiptoken is not one of this vault's.") from None
    left = max(start, 0) + size
    token = base64.urlsafe_b64encode(str(left).encode()).decode()
    following = f"{call.request.base}{http.escaped(call.request.path)}?api-version={query['api-version']}"
    more = f"{following}&$skiptoken={token}&maxresults={size}" if left < len(found) else None
    return http.json(200, {"value": found[max(start, 0) : left], "nextLink": more})


def _delete(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        item = items.delete(call.world, _home(call), call.principal, kind, call.params["name"])
        return http.json(200, _removed(_home(call), kind, item, whole=True))

    return answer


def _deleted(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        item = items.find(call.world, _home(call), kind, call.params["name"], deleted=True)
        return http.json(200, _removed(_home(call), kind, item, whole=True))

    return answer


def _recover(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        item = items.recover(call.world, _home(call), call.principal, kind, call.params["name"])
        return http.json(200, _newest(_home(call), kind, item, value=kind == "keys"))

    return answer


def _purge(kind: str) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        items.purge(call.world, _home(call), call.principal, kind, call.params["name"])
        return Response(204)

    return answer


def _of(kind: str) -> tuple[Route, ...]:
    truth = "real" if kind == "secrets" else "simulated"
    make = ("PUT", "/{name}", "set") if kind == "secrets" else ("POST", "/{name}/create", "create")
    rows: tuple[tuple[str, str, str, Callable[[Call], Response]], ...] = (
        (make[0], f"/{kind}{make[1]}", make[2], _set(kind)),
        ("GET", f"/{kind}", "list", _list(kind)),
        ("GET", f"/{kind}/{{name}}/versions", "list", _versions(kind)),
        ("GET", f"/{kind}/{{name}}", "get", _get(kind)),
        ("GET", f"/{kind}/{{name}}/{{version}}", "get", _get(kind)),
        ("PATCH", f"/{kind}/{{name}}", "update", _update(kind)),
        ("PATCH", f"/{kind}/{{name}}/{{version}}", "update", _update(kind)),
        ("DELETE", f"/{kind}/{{name}}", "delete", _delete(kind)),
        ("GET", f"/deleted{kind}", "list", _list(kind, deleted=True)),
        ("GET", f"/deleted{kind}/{{name}}", "get", _deleted(kind)),
        ("DELETE", f"/deleted{kind}/{{name}}", "purge", _purge(kind)),
        ("POST", f"/deleted{kind}/{{name}}/recover", "recover", _recover(kind)),
    )
    return tuple(
        Route(
            method=method, path=path, handler=handler, scope=f"{kind}/{verb}", truth=truth,
            body=0 if method in ("GET", "DELETE") else BODY,
        )
        for method, path, verb, handler in rows
    )  # fmt: skip


ROUTES = (
    *_of("secrets"),
    Route(
        method="POST", path="/keys/{name}/rotate", handler=_rotate, scope="keys/rotate", truth="simulated", body=BODY
    ),
    *_of("keys"),
)
