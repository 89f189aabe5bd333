"""Deployments in Resource Manager: put, validated, foreseen, shown, listed, exported; and their operations.

Source: Resources 2024-11-01, deployments; what azure-cli 2.91 sends.
"""

import hashlib
from typing import Any

import msgspec

from acrlab.domain.arm_errors import LocationRequired, LocationUnavailable
from acrlab.domain.errors import BodyInvalid, Condition
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates import lenient
from acrlab.domain.templates.errors import (
    DeploymentLocationFixed,
    DeploymentNotActive,
    DeploymentNotFound,
    DeploymentOperationNotFound,
)  # fmt: skip
from acrlab.engine import groups, operations, resources
from acrlab.engine.ask import Ask
from acrlab.engine.deployments import deploy, foresight, reading
from acrlab.engine.deployments.plan import TYPE, Plan
from acrlab.engine.lifecycle import transfer_queue
from acrlab.engine.state import Resource
from acrlab.engine.tasks import task_runs
from acrlab.engine.world import World
from acrlab.wire import arm_documents, arm_resources, http
from acrlab.wire.arm_requests import BODY, conditions, page, version
from acrlab.wire.arm_resources import GROUP, SUBSCRIPTION
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route
from acrlab.wire.times import iso

_HIDDEN = ("template", "operations", "resources", "timestamp", "location")


def _plan(call: Call) -> Plan:
    """The request, read. Raises: what is wrong with it."""
    served, id = version(call), _id(call)
    resources.require_group(call.world, id)
    given = lenient.decode(call.body or b"null")
    asked = resources.ask_for(call.world, id, call.principal, served, given)
    if not id.group:
        _require_location(asked)
    return reading.read(asked, lambda resource, asked: arm_documents.show(call.world, resource, asked))


def _require_location(ask: Ask) -> None:
    """A deployment of a subscription is kept in a region, and stays there.

    Raises: LocationRequired, LocationUnavailable, DeploymentLocationFixed.
    """
    asked = ask.given.get("location") if isinstance(ask.given, dict) else None
    if not isinstance(asked, str) or not asked:
        raise LocationRequired()
    location = groups.region(asked)
    if location is None:
        raise LocationUnavailable(location=asked[:60], type=TYPE, regions=",".join(groups.regions()))
    known = ask.known.body["properties"]["location"] if ask.known is not None else location
    if groups.region(known) != location:
        raise DeploymentLocationFixed(wanted=location, name=ask.id.name, location=known)


def _id(call: Call) -> ResourceId:
    return parse(f"{_collection(call)}/{call.params['deployment']}")


def _collection(call: Call) -> str:
    group = f"/resourceGroups/{call.params['group']}" if "group" in call.params else ""
    return f"/subscriptions/{call.params['subscription'].lower()}{group}/providers/{TYPE}"


def put(call: Call) -> Response:
    """Deploy. 201 when new, 200 again; the outcome is at the operation's address."""
    plan = _plan(call)
    reading.preflight(plan)
    known, result = plan.ask.known, deploy.run(plan)
    kept = deploy.record(plan, result)
    outcome = _outcome(call, kept.body["properties"], result.failure is not None)
    started = operations.started(call.world, str(plan.ask.id), "deployments", "Running", 0.0, outcome)
    call.world.commit(kept, started)
    resource = call.world.state.resources[plan.ask.id.key]
    where = arm_resources.followed(call, resource, started.operation)
    shown = _shown(call.world, resource)
    shown["properties"]["provisioningState"] = "Accepted"
    return http.json(200 if known is not None else 201, shown, ("azure-asyncoperation", where))


def _outcome(call: Call, properties: dict[str, Any], failed: bool) -> dict[str, Any] | None:
    """What the operation ends with, or the runs whose ends it waits for."""
    if failed:
        return {"status": "Failed", "error": properties["error"]}
    waited = _waited(call.world, properties)
    return {"runs": waited} if waited else None


def _waited(world: World, properties: dict[str, Any]) -> list[str]:
    made = [each["id"] for each in properties["resources"]]
    return [*task_runs.among(world, made), *transfer_queue.among(made)]


def validate(call: Call) -> Response:
    """Read the template and make nothing. Source: deployments validate."""
    plan = _plan(call)
    reading.preflight(plan)
    made = [{"id": str(id)} for id in deploy.ids(plan)]
    properties = {
        "mode": plan.mode, "provisioningState": "Succeeded", "validatedResources": made,
        "templateHash": _hash(plan.template), "dependencies": deploy.dependencies(plan), "providers": [],
        "correlationId": call.world.uuid(), "timestamp": iso(call.world.now()), "duration": "PT0S",
    }  # fmt: skip
    head = {"id": str(plan.ask.id), "name": plan.ask.id.name, "type": TYPE}
    return http.json(200, {**head, "properties": properties})


def foresee(call: Call) -> Response:
    """What a deployment would change: 202, and where the answer is. Source: azure-mgmt-resource, begin_what_if."""
    plan = _plan(call)
    wished = _wished(plan.ask.given["properties"])
    try:
        reading.preflight(plan)
        told = foresight.changes(plan, ids_only=wished.lower() == "resourceidonly")
        found = {"status": "Succeeded", "properties": {"changes": told}}
    except Condition as refusal:
        found = foresight.refused(refusal)
    started = operations.started(call.world, str(plan.ask.id), "whatif", "Running", 0.0, found)
    call.world.commit(started)
    path = f"/subscriptions/{plan.ask.id.subscription}/providers/Microsoft.Resources/locations/global/operationResults"
    asked = version(call)
    return Response(202, [("location", f"{call.request.base}{path}/{started.operation}?api-version={asked}")])


def _wished(properties: dict[str, Any]) -> str:
    """How much the answer shall say: FullResourcePayloads or ResourceIdOnly."""
    settings = properties.get("whatIfSettings")
    return str(settings.get("resultFormat") or "") if isinstance(settings, dict) else ""


def cancel(call: Call) -> Response:
    """Stop a deployment: here one is over when its PUT has been answered, or waits for runs that go on.

    Raises: DeploymentNotFound, DeploymentNotActive.
    """
    version(call)
    found = _found(call)
    state = _shown(call.world, found)["properties"]["provisioningState"]
    refusal = DeploymentNotActive(name=parse(found.id).name, state=state)
    raise refusal.why("acrlab makes what a template names in one go: az acr task cancel-run stops its runs")


def get(call: Call) -> Response:
    """One deployment."""
    version(call)
    return http.json(200, _shown(call.world, _found(call)))


def exists(call: Call) -> Response:
    """Whether it is there."""
    version(call)
    _found(call)
    return Response(204)


def _found(call: Call) -> Resource:
    id = _id(call)
    resources.require_group(call.world, id)
    found = resources.find(call.world, id)
    if found is None:
        raise DeploymentNotFound(name=id.name)
    return found


def _shown(world: World, resource: Resource) -> dict[str, Any]:
    own = resource.body["properties"]
    state, failed = operations.standing(world, _waited(world, own))
    if own["provisioningState"] == "Succeeded":
        own = {**own, "provisioningState": state or "Running"} | ({"error": failed} if failed else {})
    properties = {
        "templateHash": _hash(own["template"]), **{name: value for name, value in own.items() if name not in _HIDDEN},
        "timestamp": iso(own["timestamp"]), "duration": "PT0S", "providers": [], "outputResources": own["resources"],
    }  # fmt: skip
    home = {"location": own["location"]} if "location" in own else {}
    head = {"id": resource.id, "name": resource.id.rpartition("/")[2], "type": TYPE}
    return {**head, **home, "properties": properties}


def _hash(template: dict[str, Any]) -> str:
    """A number that tells templates apart. How Azure makes its own is not published."""
    return str(int.from_bytes(hashlib.sha256(msgspec.json.encode(template)).digest()[:8]))


def hashed(call: Call) -> Response:
    """The hash of a template, and the template without its surplus spaces."""
    version(call)
    template = lenient.decode(call.body or b"null")
    if not isinstance(template, dict):
        raise BodyInvalid(reason="a template is an object")
    text = msgspec.json.encode(template).decode()
    return http.json(200, {"minifiedTemplate": text, "templateHash": _hash(template)})


def listing(call: Call) -> Response:
    """The deployments of a group or of the subscription itself; $filter provisioningState eq 'Failed'."""
    version(call)
    wanted = conditions(call, ("provisioningstate",)).get("provisioningstate", "").lower()
    resources.require_group(call.world, parse(_collection(call).partition("/providers/")[0]))
    prefix, world = f"{_collection(call).lower()}/", call.world
    inside = [each for key, each in sorted(world.state.resources.items()) if key.startswith(prefix)]
    states = {each.id: _shown(world, each)["properties"]["provisioningState"].lower() for each in inside}
    found = [each for each in inside if wanted in ("", states[each.id])]
    return page(call, found, lambda each: each.id.lower(), lambda each: _shown(world, each))


def export(call: Call) -> Response:
    """The template that was deployed."""
    version(call)
    return http.json(200, {"template": _found(call).body["properties"]["template"]})


def steps(call: Call) -> Response:
    """What was done, resource by resource."""
    version(call)
    return http.json(200, {"value": _steps(_found(call))})


def step(call: Call) -> Response:
    """One of them. Raises: DeploymentNotFound, DeploymentOperationNotFound."""
    version(call)
    wanted = call.params["step"].lower()
    found = next((each for each in _steps(_found(call)) if each["operationId"].lower() == wanted), None)
    if found is None:
        raise DeploymentOperationNotFound(name=wanted[:80])
    return http.json(200, found)


def _steps(resource: Resource) -> list[dict[str, Any]]:
    at = iso(resource.body["properties"]["timestamp"])
    return [
        {
            "id": f"{resource.id}/operations/{number:016X}", "operationId": f"{number:016X}",
            "properties": {**each, "timestamp": at, "duration": "PT0S"},
        }
        for number, each in enumerate(resource.body["properties"]["operations"])
    ]  # fmt: skip


def delete(call: Call) -> Response:
    """Forget a deployment; what it made stays."""
    version(call)
    resource = _found(call)
    call.world.commit(deploy.forgotten(call.world, resource, call.principal.id))
    return Response(204)


def _route(method: str, path: str, handler: Any, word: str, body: int = 0) -> Route:
    return Route(method=method, path=path, handler=handler, scope=f"{TYPE}/{word}", body=body)


def _routes(root: str) -> tuple[Route, ...]:
    """The same at both scopes, a group's and the subscription's."""
    every = f"{root}/providers/{TYPE}"
    one = f"{every}/{{deployment}}"
    return (
        _route("GET", every, listing, "read"),
        _route("PUT", one, put, "write", BODY),
        _route("GET", one, get, "read"),
        _route("HEAD", one, exists, "read"),
        _route("DELETE", one, delete, "delete"),
        _route("POST", f"{one}/validate", validate, "validate/action", BODY),
        _route("POST", f"{one}/whatIf", foresee, "whatIf/action", BODY),
        _route("POST", f"{one}/cancel", cancel, "cancel/action"),
        _route("POST", f"{one}/exportTemplate", export, "exportTemplate/action"),
        _route("GET", f"{one}/operations", steps, "operations/read"),
        _route("GET", f"{one}/operations/{{step}}", step, "operations/read"),
        # Source: azure-mgmt-resource in azure-cli 2.91 leaves the provider out of these two paths
        _route("GET", f"{root}/deployments/{{deployment}}/operations", steps, "operations/read"),
        _route("GET", f"{root}/deployments/{{deployment}}/operations/{{step}}", step, "operations/read"),
        _route("GET", f"{one}/operationStatuses/{{operation}}", arm_resources.status, "operationStatuses/read"),
    )


ROUTES = (
    *_routes(GROUP),
    *_routes(SUBSCRIPTION),
    Route(
        method="POST", path="/providers/Microsoft.Resources/calculateTemplateHash", handler=hashed, scope="signed-in",
        body=BODY,
    ),
)  # fmt: skip
