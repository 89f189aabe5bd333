"""Deployments in Resource Manager: put, validated, shown, listed, exported; and their operations.

Source: Resources 2024-11-01, deployments; what azure-cli 2.91 sends.
"""

import hashlib
from typing import Any

import msgspec

from acrlab.domain.resource_id import ResourceId, parse
from acrlab.domain.templates import lenient
from acrlab.domain.templates.errors import DeploymentNotFound
from acrlab.engine import operations, resources
from acrlab.engine.deployments import deploy, reading
from acrlab.engine.deployments.plan import TYPE, Plan
from acrlab.engine.lifecycle import transfer_queue
from acrlab.engine.state import Resource
from acrlab.engine.tasks import task_runs
from acrlab.engine.world import World
from acrlab.wire import arm_documents, arm_resources, http
from acrlab.wire.arm_requests import BODY, page, version
from acrlab.wire.arm_resources import GROUP
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route
from acrlab.wire.times import iso

_HIDDEN = ("template", "operations", "resources", "timestamp")


def _plan(call: Call) -> Plan:
    served = version(call)
    id = _id(call)
    resources.require_group(call.world, id)
    asked = resources.ask_for(call.world, id, call.principal, served, lenient.decode(call.body or b"null"))
    return reading.read(asked, lambda resource, asked: arm_documents.show(call.world, resource, asked))


def _id(call: Call) -> ResourceId:
    return parse(f"{_collection(call)}/{call.params['deployment']}")


def _collection(call: Call) -> str:
    subscription, group = call.params["subscription"].lower(), call.params["group"]
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}"


def put(call: Call) -> Response:
    """Deploy. 201 when new, 200 again; the outcome is at the operation's address."""
    plan = _plan(call)
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
    made = [{"id": str(id)} for id in deploy.ids(plan)]
    properties = {"mode": "Incremental", "provisioningState": "Succeeded", "validatedResources": made}
    head = {"id": str(plan.ask.id), "name": plan.ask.id.name, "type": TYPE}
    return http.json(200, {**head, "properties": properties})


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
    digest = int.from_bytes(hashlib.sha256(msgspec.json.encode(own["template"])).digest()[:8])
    properties = {
        "templateHash": str(digest), **{name: value for name, value in own.items() if name not in _HIDDEN},
        "timestamp": iso(own["timestamp"]), "duration": "PT0S", "providers": [], "dependencies": [],
        "outputResources": own["resources"],
    }  # fmt: skip
    return {
        "id": resource.id, "name": resource.id.rpartition("/")[2], "type": TYPE, "properties": properties,
    }  # fmt: skip


def listing(call: Call) -> Response:
    """The deployments of a group."""
    version(call)
    resources.require_group(call.world, parse(_collection(call).partition("/providers/")[0]))
    prefix = f"{_collection(call).lower()}/"
    found = [each for key, each in sorted(call.world.state.resources.items()) if key.startswith(prefix)]
    return page(call, found, lambda each: each.id.lower(), lambda each: _shown(call.world, each))


def export(call: Call) -> Response:
    """The template that was deployed."""
    version(call)
    return http.json(200, {"template": _found(call).body["properties"]["template"]})


def steps(call: Call) -> Response:
    """What was done, resource by resource."""
    version(call)
    resource = _found(call)
    rows = resource.body["properties"]["operations"]
    shown = [
        {
            "id": f"{resource.id}/operations/{number:016X}", "operationId": f"{number:016X}",
            "properties": {**each, "timestamp": iso(resource.body["properties"]["timestamp"]), "duration": "PT0S"},
        }
        for number, each in enumerate(rows)
    ]  # fmt: skip
    return http.json(200, {"value": shown})


def delete(call: Call) -> Response:
    """Forget a deployment; what it made stays."""
    version(call)
    resource = _found(call)
    call.world.commit(deploy.forgotten(call.world, resource, call.principal.id))
    return Response(204)


_ALL = f"{GROUP}/providers/{TYPE}"
_ONE = f"{_ALL}/{{deployment}}"
_SCOPE = "Microsoft.Resources/deployments"


def _route(method: str, path: str, handler: Any, word: str, body: int = 0) -> Route:
    return Route(method=method, path=path, handler=handler, scope=f"{_SCOPE}/{word}", body=body)


ROUTES = (
    _route("GET", _ALL, listing, "read"),
    _route("PUT", _ONE, put, "write", BODY),
    _route("GET", _ONE, get, "read"),
    _route("HEAD", _ONE, exists, "read"),
    _route("DELETE", _ONE, delete, "delete"),
    _route("POST", f"{_ONE}/validate", validate, "validate/action", BODY),
    _route("POST", f"{_ONE}/exportTemplate", export, "exportTemplate/action"),
    _route("GET", f"{_ONE}/operations", steps, "operations/read"),
    # Source: azure-mgmt-resource in azure-cli 2.91 leaves the provider out of this one path
    _route("GET", f"{GROUP}/deployments/{{deployment}}/operations", steps, "operations/read"),
    _route("GET", f"{_ONE}/operationStatuses/{{operation}}", arm_resources.status, "operationStatuses/read"),
)
