"""Management locks at any scope: Microsoft.Authorization/locks (2016-09-01, 2020-05-01)."""

from typing import Any

from acrlab.domain import resource_id
from acrlab.domain.resource_id import ResourceId
from acrlab.engine import management_locks, resources, table
from acrlab.engine.state import Resource
from acrlab.wire import arm_documents, http
from acrlab.wire.arm_marks import system_data
from acrlab.wire.arm_requests import BODY, conditions, page, required, version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route
from acrlab.wire.times import iso

_ROW = table.TABLE[management_locks.PATH.lower()]
_WITH_AUTHORS = "2020"  # api-versions from then on show who made a lock


def _at(call: Call) -> ResourceId:
    """What the lock stands on, as the resource there is spelled. Raises: LinkedIdInvalid."""
    at = resource_id.parse(call.params["scope"])
    known = resources.find(call.world, at)
    return resource_id.parse(known.id) if known is not None else at


def _id(call: Call) -> ResourceId:
    return _at(call).extension(_ROW.namespace, "locks", call.params["name"])


def _shown(call: Call, resource: Resource) -> dict[str, Any]:
    shown = arm_documents.show(call.world, resource, "")
    return {**shown, "systemData": system_data(call.world, resource, iso)} if version(call) >= _WITH_AUTHORS else shown


def put(call: Call) -> Response:
    """Lock, or change a lock: 201 when new. Raises: what the engine raises."""
    ask = resources.ask_for(call.world, _id(call), call.principal, version(call), required(call))
    outcome = resources.put(_ROW, ask)
    return http.json(201 if outcome.created else 200, _shown(call, outcome.resource))


def get(call: Call) -> Response:
    """One lock. Raises: LockNotFound."""
    version(call)
    return http.json(200, _shown(call, resources.get(call.world, _ROW, _id(call))))


def delete(call: Call) -> Response:
    """Unlock: 200, or 204 when there was no such lock."""
    outcome = resources.delete(_ROW, resources.ask_for(call.world, _id(call), call.principal, version(call)))
    return Response(204 if outcome is None else 200)


def listing(call: Call) -> Response:
    """The locks at a scope and inside it; with $filter atScope(), at it and above. Source: locks list (2016-09-01)."""
    version(call)
    wanted, at = conditions(call, ("atscope",)), _at(call)
    resources.require_group(call.world, at)
    found = management_locks.listed(call.world, at, above="atscope" in wanted)
    return page(call, found, lambda each: each.id.lower(), lambda each: _shown(call, each))


_ALL = f"/{{scope*}}/providers/{management_locks.PATH}"
_ONE, _NEED = f"{_ALL}/{{name}}", management_locks.PATH
ROUTES = (
    Route(method="GET", path=_ALL, handler=listing, scope=f"{_NEED}/read"),
    Route(method="GET", path=_ONE, handler=get, scope=f"{_NEED}/read"),
    Route(method="PUT", path=_ONE, handler=put, scope=f"{_NEED}/write", body=BODY),
    Route(method="DELETE", path=_ONE, handler=delete, scope=f"{_NEED}/delete"),
)
