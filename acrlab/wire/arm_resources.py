"""Routes of the table of resource types, and the handlers that serve every row of it."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from acrlab.domain.events import OperationStarted
from acrlab.domain.resource_id import GROUP_TYPE, ResourceId, parse
from acrlab.engine import authorization, operations, resources, table
from acrlab.engine.ask import Ask
from acrlab.engine.resources import Outcome
from acrlab.engine.state import Resource
from acrlab.engine.types import Action, ResourceType
from acrlab.engine.world import World
from acrlab.wire import arm_documents, http
from acrlab.wire.arm_requests import BODY, body, page, required, version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{{group}}"
_ROOTS = {"subscription": SUBSCRIPTION, "group": GROUP}
POLL = "1000"  # milliseconds until the next poll of something that is under way
_BODIES = ("PUT", "PATCH", "POST")
Handler = Callable[[Call], Response]


def collection(row: ResourceType, root: str = GROUP) -> str:
    """The path of the list of a type: every type on the way down with its name but the last."""
    above = "".join(f"/{kind}/{{{_parameter(kind)}}}" for kind in row.kinds[:-1])
    return f"{root}/providers/{row.namespace}{above}/{row.kinds[-1]}"


def item(row: ResourceType) -> str:
    """The path of one resource."""
    return f"{collection(row)}/{{{_parameter(row.kinds[-1])}}}"


def _parameter(kind: str) -> str:
    return f"{kind}_name"


def routes() -> Iterator[Route]:
    """Every route of every type that lives in a group, real and refused."""
    for row in table.TABLE.values():
        if row.path != GROUP_TYPE and not row.extension:
            yield from _routes(row)


def _routes(row: ResourceType) -> Iterator[Route]:
    for method in row.methods:
        path = collection(row) if method == "LIST" else item(row)
        yield _route(row, "GET" if method == "LIST" else method, path, _HANDLERS[method](row), row.allows(method))
    for scope in row.scopes:
        if scope != "group":
            yield _route(row, "GET", collection(row, _ROOTS[scope]), listing(row), "visible")
    for action in row.actions:
        truth = "refused" if row.truth == "refused" else action.truth
        yield _route(row, action.method, f"{item(row)}/{action.name}", acting(row, action), row.needs(action), truth)
    for action in row.scope_actions:
        path = f"{SUBSCRIPTION}/providers/{row.namespace}/{action.name}"
        yield _route(row, action.method, path, asking(row, action), f"{row.namespace}/{action.name}/read", action.truth)
    if row.truth != "refused":
        path = f"{item(row)}/operationStatuses/{{operation}}"
        yield _route(row, "GET", path, status, f"{row.path}/operationStatuses/read")


def _route(row: ResourceType, method: str, path: str, handler: Handler, scope: str, truth: str = "") -> Route:
    limit = BODY if method in _BODIES and (truth or row.truth) != "refused" else 0
    return Route(method=method, path=path, handler=handler, scope=scope, body=limit, truth=truth or row.truth)


# Handlers


def target(call: Call, row: ResourceType) -> ResourceId:
    """The resource on the path, the fixed words spelled as Azure spells them."""
    names = tuple(call.params[_parameter(kind)] for kind in row.kinds)
    return ResourceId(call.params["subscription"].lower(), call.params["group"], row.namespace, row.kinds, names)


def asked(call: Call, row: ResourceType, given: object = None, *, patch: bool = False) -> Ask:
    """The request as the engine takes it."""
    served = version(call, row.kinds[-1], row.namespace)
    return resources.ask_for(call.world, target(call, row), call.principal, served, given, patch=patch)


def putting(row: ResourceType) -> Handler:
    """PUT: 201 when new or long-running, 200 when done. Source: azure-mgmt-containerregistry 15.0.0; recorded."""

    def put(call: Call) -> Response:
        if row.desired is None:
            raise resources.refused(row, "PUT")
        return told(call, row, resources.put(row, asked(call, row, required(call))))

    return put


def patching(row: ResourceType) -> Handler:
    """PATCH: 200, or 201 with an operation to poll."""

    def patch(call: Call) -> Response:
        if row.desired is None:
            raise resources.refused(row, "PATCH")
        return told(call, row, resources.patch(row, asked(call, row, required(call), patch=True)))

    return patch


def told(call: Call, row: ResourceType, outcome: Outcome) -> Response:
    """A resource that was put: as it is, with where to ask how it goes on."""
    operation = outcome.operation
    state = operation.verb if operation is not None else ""
    shown = arm_documents.show(call.world, outcome.resource, version(call, row.kinds[-1], row.namespace), state)
    headers = [("azure-asyncoperation", followed(call, outcome.resource, operation.operation))] if operation else []
    status = 201 if operation is not None else row.born if outcome.created else 200
    return http.json(status, shown, *headers)


def followed(call: Call, resource: Resource, operation: str) -> str:
    """Where an operation is asked after. Source: recorded; what t, c, s and h mean is not known, and not checked."""
    opaque = "".join(f"&{letter}={call.world.random(12).hex()}" for letter in "csh")
    ticks = int((call.world.now() + 62135596800) * 10_000_000)
    path = http.escaped(f"{resource.id}/operationStatuses/{operation}")
    return f"{call.request.base}{path}?api-version={_asked_version(call)}&t={ticks}{opaque}"


def located(call: Call, row: ResourceType, operation: str, location: str) -> str:
    """Where the end of a deletion or an action is asked after. Source: recorded."""
    opaque = "".join(f"&{letter}={call.world.random(12).hex()}" for letter in "csh")
    provider = f"/subscriptions/{call.params['subscription']}/providers/{row.namespace}"
    path = f"{provider}/locations/{location}/operationResults/{operation}"
    return f"{call.request.base}{path}?api-version={_asked_version(call)}&t={int(call.world.now())}{opaque}"


def _asked_version(call: Call) -> str:
    return next(value for name, value in call.request.parameters().items() if name.lower() == "api-version")


def getting(row: ResourceType) -> Handler:
    """GET of one."""

    def get(call: Call) -> Response:
        if row.truth == "refused":
            raise resources.refused(row, "GET")
        ask = asked(call, row)
        return http.json(200, arm_documents.show(call.world, resources.get(call.world, row, ask.id), ask.version))

    return get


def deleting(row: ResourceType) -> Handler:
    """DELETE: 200, 202 with a Location, or 204 when there was nothing. Source: recorded, acr delete."""

    def delete(call: Call) -> Response:
        if row.truth == "refused":
            raise resources.refused(row, "DELETE")
        ask = asked(call, row)
        last = _last(call, row, ask)
        outcome = resources.delete(row, ask)
        if outcome is None:
            return Response(204)
        if outcome.operation is None:
            return Response(row.gone)
        home = outcome.resource.body.get("location") or region(call.world, ask.id)
        where = located(call, row, outcome.operation.operation, home)
        return http.json(202, last, ("location", where)) if last else Response(202, [("location", where)])

    return delete


def _last(call: Call, row: ResourceType, ask: Ask) -> dict[str, Any] | None:
    """A resource that takes its time to go, as it is shown then. Source: recorded, acr delete with replications."""
    if ask.known is None or not row.lingers(call.world, ask.known):
        return None
    return arm_documents.show(call.world, ask.known, ask.version, "Deleting")


def listing(row: ResourceType) -> Handler:
    """GET of many, by id; across the subscription only what the caller may see."""

    def listed(call: Call) -> Response:
        if row.truth == "refused":
            raise resources.refused(row, "list")
        served = version(call, row.kinds[-1], row.namespace)
        scope = _above(call, row)
        resources.require_group(call.world, scope)
        found = visible(call, resources.listed(call.world, row, scope), row)
        if row.chosen is not None:
            found = row.chosen(found, call.request.parameters().get("$filter", ""))
        found.sort(key=row.order)
        every = row.chosen is None
        return page(call, found, row.order, lambda each: arm_documents.show(call.world, each, served), every)

    return listed


def _above(call: Call, row: ResourceType) -> ResourceId:
    """Where a list looks: inside the parent of a nested type, else in the group or the subscription."""
    subscription, group = call.params["subscription"].lower(), call.params.get("group", "")
    kinds = row.kinds[:-1]
    if not kinds:
        return ResourceId(subscription, group)
    return ResourceId(subscription, group, row.namespace, kinds, tuple(call.params[_parameter(kind)] for kind in kinds))


def visible(call: Call, found: list[Resource], row: ResourceType) -> list[Resource]:
    """Those that the caller may read. Source: ARM lists across a subscription leave out what a caller may not see."""
    if authorization.permits(call.world, call.principal, row.allows("GET"), _scope(call)).allowed:
        return found
    need = row.allows("GET")
    return [each for each in found if authorization.permits(call.world, call.principal, need, each.id).allowed]


def _scope(call: Call) -> str:
    return str(ResourceId(call.params["subscription"].lower(), call.params.get("group", "")))


def acting(row: ResourceType, action: Action) -> Handler:
    """An action of one resource."""

    def act(call: Call) -> Response:
        if action.perform is None:
            raise resources.refused(row, action.name)
        ask = asked(call, row, body(call))
        answer = resources.act(row, action, ask)
        if isinstance(answer, OperationStarted):
            return Response(202, [("location", located(call, row, answer.operation, region(call.world, ask.id)))])
        if isinstance(answer, Resource):
            return http.json(200, arm_documents.acted(call.world, answer, ask.version, action.name))
        return Response(200) if answer is None else http.json(200, answer)

    return act


def region(world: World, id: ResourceId) -> str:
    """Where a resource's operations are asked after, written as the service writes it. Source: recorded, WESTUS."""
    found = resources.find(world, msgspec.structs.replace(id, types=id.types[:1], names=id.names[:1]))
    return str(found.body["location"]).upper() if found is not None else ""


def asking(row: ResourceType, action: Action) -> Handler:
    """An action of the whole subscription, such as checkNameAvailability."""

    def ask(call: Call) -> Response:
        served = version(call, action.name, row.namespace)
        scope = ResourceId(call.params["subscription"].lower())
        assert action.perform is not None
        found = action.perform(resources.ask_for(call.world, scope, call.principal, served, required(call)))
        return http.json(200, arm_documents.answered(found, served, action.name))

    return ask


# Long-running operations


def status(call: Call) -> Response:
    """How an operation of a resource stands: its verb, then Succeeded. Source: recorded, the header is repeated."""
    resource = str(parse(call.request.path).parent)  # operationStatuses reads like one more level
    version(call, "registries", parse(resource).namespace)
    found = operations.poll(call.world, call.params["operation"], resource)
    answer: dict[str, object] = {"status": found.status}
    if found.status == "Failed":
        answer["error"] = found.result["error"]
    address = f"{call.request.base}{http.escaped(call.request.path)}?{call.request.query}"
    waiting = [] if found.done else [("x-ms-retry-after-ms", POLL)]
    return http.json(200, answer, ("azure-asyncoperation", address), *waiting)


def result(call: Call) -> Response:
    """The end of a deletion or an action: 202 while under way, then 200. Source: recorded; a deletion says no more."""
    version(call, "registries", call.params["namespace"])
    found = operations.poll(call.world, call.params["operation"])
    deleting = operations.find(call.world, call.params["operation"]).verb == "Deleting"
    if not found.done:
        address = f"{call.request.base}{http.escaped(call.request.path)}?{call.request.query}"
        waiting = ("location", address), ("x-ms-retry-after-ms", POLL)
        return Response(202, list(waiting)) if deleting else http.json(202, {"status": "Accepted"}, *waiting)
    if deleting:
        return Response(200)
    return http.json(200, found.result if found.result is not None else {"status": found.status})


_HANDLERS: dict[str, Callable[[ResourceType], Handler]] = {
    "PUT": putting, "PATCH": patching, "GET": getting, "DELETE": deleting, "LIST": listing,
}  # fmt: skip
_LOCATIONS = f"{SUBSCRIPTION}/providers/{{namespace}}/locations/{{location}}"
ROUTES = (
    *routes(),
    *(
        Route(method="GET", path=f"{_LOCATIONS}/{kind}/{{operation}}", handler=result, scope="signed-in")
        for kind in ("operationResults", "operationStatuses")
    ),
)  # fmt: skip
