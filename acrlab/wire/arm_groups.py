"""Resource groups."""

from acrlab.domain.resource_id import GROUP_TYPE, ResourceId
from acrlab.engine import authorization, operations, resources, table
from acrlab.engine.state import Resource
from acrlab.wire import arm_documents, http
from acrlab.wire.arm_requests import BODY, conditions, page, required, version
from acrlab.wire.arm_resources import GROUP, SUBSCRIPTION
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
_ROW = table.TABLE[GROUP_TYPE.lower()]


def listed(call: Call) -> Response:
    """The groups the caller may see; $filter tagName eq 'x' and tagValue eq 'y'."""
    version(call)
    wanted = conditions(call, ("tagname", "tagvalue"))
    scope = ResourceId(call.params["subscription"].lower())
    found = [each for each in resources.listed(call.world, _ROW, scope) if tagged(each, wanted)]
    seen = [each for each in found if may(call, f"{GROUPS}/read", each.id)]
    return page(call, seen, lambda each: each.id.lower(), lambda each: arm_documents.show(call.world, each, ""))


def tagged(resource: Resource, wanted: dict[str, str]) -> bool:
    """Whether a resource has the tag that a $filter asks for."""
    tags = {name.lower(): value for name, value in resource.body.get("tags", {}).items()}
    if "tagname" not in wanted:
        return True
    name = wanted["tagname"].lower()
    return name in tags and wanted.get("tagvalue", tags[name]) == tags[name]


def may(call: Call, action: str, scope: str) -> bool:
    """Whether the caller may do that there."""
    return authorization.permits(call.world, call.principal, action, scope).allowed


def _id(call: Call) -> ResourceId:
    return ResourceId(call.params["subscription"].lower(), call.params["group"])


def get(call: Call) -> Response:
    """One group; asked with HEAD, 204 or 404 without a word. Source: observed, az group exists (2.91)."""
    served, id = version(call), _id(call)
    if call.request.method == "HEAD":
        return Response(204 if resources.find(call.world, id) else 404)
    return http.json(200, arm_documents.show(call.world, resources.get(call.world, _ROW, id), served))


def put(call: Call) -> Response:
    """201 when new, 200 when it was there. Source: observed, azure-cli 2.91.0."""
    ask = resources.ask_for(call.world, _id(call), call.principal, version(call), required(call))
    outcome = resources.put(_ROW, ask)
    return http.json(201 if outcome.created else 200, arm_documents.show(call.world, outcome.resource, ask.version))


def patch(call: Call) -> Response:
    """Change a group's tags."""
    ask = resources.ask_for(call.world, _id(call), call.principal, version(call), required(call), patch=True)
    outcome = resources.patch(_ROW, ask)
    return http.json(200, arm_documents.show(call.world, outcome.resource, ask.version))


def delete(call: Call) -> Response:
    """Delete a group with all in it: 202 and where to ask. Source: observed, azure-cli 2.91.0."""
    asked = version(call)
    outcome = resources.delete(_ROW, resources.ask_for(call.world, _id(call), call.principal, asked))
    assert outcome is not None
    assert outcome.operation is not None
    path = f"/subscriptions/{call.params['subscription']}/operationresults/{outcome.operation.operation}"
    return Response(202, [("location", f"{call.request.base}{path}?api-version={asked}"), *_later(call)])


def result(call: Call) -> Response:
    """How the deletion of a group stands: 202, then 200."""
    version(call)
    found = operations.poll(call.world, call.params["operation"])
    if found.done:
        return Response(200)
    address = f"{call.request.base}{http.escaped(call.request.path)}?{call.request.query}"
    return Response(202, [("location", address), *_later(call)])


def _later(call: Call) -> list[tuple[str, str]]:
    """Never Retry-After 0: clients take that for their default of 30 seconds. Source: azure-core, ARMPolling."""
    return [("retry-after", "15")] if call.world.realistic_timing else []


ROUTES = (
    Route(method="GET", path=f"{SUBSCRIPTION}/resourceGroups", handler=listed, scope="visible"),
    Route(method="GET", path=GROUP, handler=get, scope=f"{GROUPS}/read"),
    Route(method="PUT", path=GROUP, handler=put, scope=f"{GROUPS}/write", body=BODY),
    Route(method="PATCH", path=GROUP, handler=patch, scope=f"{GROUPS}/write", body=BODY),
    Route(method="DELETE", path=GROUP, handler=delete, scope=f"{GROUPS}/delete"),
    Route(method="GET", path=f"{SUBSCRIPTION}/operationresults/{{operation}}", handler=result, scope="signed-in"),
)  # fmt: skip
