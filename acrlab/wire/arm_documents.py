"""Resources as ARM shows them: one function per type that has something of its own to show."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import projection
from acrlab.domain.resource_id import GROUP_TYPE, parse
from acrlab.domain.roles import RoleDefinition
from acrlab.engine import operations
from acrlab.engine.access import passwords
from acrlab.engine.login_servers import SUFFIX
from acrlab.engine.network import connections
from acrlab.engine.reach import replications
from acrlab.engine.state import Resource
from acrlab.engine.vaults import encryption
from acrlab.engine.world import World
from acrlab.wire import arm_lifecycle, arm_reach, arm_storage, arm_tasks, network_documents
from acrlab.wire.arm_marks import life, system_data
from acrlab.wire.times import iso, iso_offset

ROLE_DATE = 1436572800.0  # 2015-07-11, when the first built-in roles appeared; shown as their creation


def show(world: World, resource: Resource, version: str, state: str = "") -> dict[str, Any]:
    """A resource as a GET in that api-version has it. `state` replaces the provisioningState."""
    id = parse(resource.id)
    head = {"id": resource.id, "name": id.name, "type": id.type}
    maker = _SHOWN.get(id.type.lower())
    shown = maker(world, resource, head, state) if maker is not None else {**head, **resource.body}
    return projection.project(shown, version) if id.namespace.lower() == "microsoft.containerregistry" else shown


def brief(world: World, resource: Resource) -> dict[str, Any]:
    """A row of the list of all resources. Source: recorded, acr_cache (2023-12-22): with systemData, times in Z."""
    shown = {"id": resource.id, "name": parse(resource.id).name, "type": parse(resource.id).type}
    kept: dict[str, Any] = {name: resource.body[name] for name in ("sku", "location", "tags") if name in resource.body}
    return {**shown, **kept, "systemData": system_data(world, resource, iso)}


def answered(body: dict[str, Any], version: str, kind: str) -> dict[str, Any]:
    """The answer of an action, as that api-version has it."""
    return projection.project(body, version, kind)


def acted(world: World, resource: Resource, version: str, action: str) -> dict[str, Any]:
    """A resource as the answer of an action that made or changed it."""
    maker = arm_tasks.ANSWERS.get(action)
    return maker(world, resource) if maker is not None else show(world, resource, version)


def _registry(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    body, created = resource.body, resource.created
    registry = world.state.registries.get(head["name"].lower())
    premium = body["sku"]["name"] == "Premium"
    server = registry.login_server if registry is not None else ""
    stored = {name: value for name, value in body["properties"].items() if premium or name != "networkRuleSet"}
    label = server.removesuffix(SUFFIX)
    regions = replications.regions(world, resource)
    hosts = [f"{label}.{each}.data{SUFFIX}" for each in regions] if stored["dataEndpointEnabled"] else []
    regional = [f"{label}.{each}.geo{SUFFIX}" for each in regions]
    properties = {
        **stored,
        "loginServer": server,
        "creationDate": iso(created),
        "provisioningState": state or operations.state_of(world, resource.id),
        "encryption": encryption.shown(world, stored["encryption"]),
        "policies": {name: _policy(policy) for name, policy in stored["policies"].items()},
        "dataEndpointHostNames": hosts,
        "regionalEndpointHostNames": regional if stored["regionalEndpoints"] == "Enabled" else [],
        "privateEndpointConnections": [
            network_documents.connection(each) for each in connections.of(world, resource.id)
        ],
    }
    identity = {"identity": body["identity"]} if "identity" in body else {}
    return {
        **head, "sku": body["sku"], "location": body["location"], "tags": body["tags"], **identity,
        "systemData": system_data(world, resource), "properties": properties,
    }  # fmt: skip


def _policy(policy: dict[str, Any]) -> dict[str, Any]:
    if "lastUpdatedTime" not in policy:
        return policy
    policy = {name: value for name, value in policy.items() if name != "since"}
    return {**policy, "lastUpdatedTime": iso_offset(policy["lastUpdatedTime"])}


def _group(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, group GET of 2022-09-01: no systemData, no tags when there are none."""
    properties = {"provisioningState": state or "Succeeded"}
    return {**head, "type": GROUP_TYPE, **resource.body, "properties": properties}


def _assignment(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    times = {"createdOn": iso(resource.created), "updatedOn": iso(resource.modified)}
    people = {"createdBy": resource.created_by, "updatedBy": resource.modified_by}
    properties = {**resource.body["properties"], **times, **people}
    properties.setdefault("delegatedManagedIdentityResourceId", None)
    properties.setdefault("description", None)
    return {"properties": properties, **head}


def _custom_role(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    times = {"createdOn": iso(resource.created), "updatedOn": iso(resource.modified)}
    people = {"createdBy": resource.created_by, "updatedBy": resource.modified_by}
    return {"properties": {**resource.body["properties"], **times, **people}, **head}


def role(definition: RoleDefinition, subscription: str) -> dict[str, Any]:
    """A built-in role. Source: Azure RBAC REST reference, role definitions list (2022-04-01)."""
    return {
        "properties": {
            "roleName": definition.name, "type": "BuiltInRole", "description": definition.description,
            "assignableScopes": ["/"],
            "permissions": [permission(definition)],
            "createdOn": iso(ROLE_DATE), "updatedOn": iso(ROLE_DATE), "createdBy": None, "updatedBy": None,
        },
        "id": f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{definition.id}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": definition.id,
    }  # fmt: skip


def permission(definition: RoleDefinition) -> dict[str, list[str]]:
    """What a role allows, as lists."""
    return {
        "actions": list(definition.actions), "notActions": list(definition.not_actions),
        "dataActions": list(definition.data_actions), "notDataActions": list(definition.not_data_actions),
    }  # fmt: skip


def _scope_map(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, repository_token_create (2024-01)."""
    properties = {**resource.body["properties"], **life(world, resource, state)}
    return {**head, "systemData": system_data(world, resource), "properties": properties}


def _token(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, repository_token_create (2024-01)."""
    stored = resource.body["properties"]
    shown = [passwords.show(each) for each in stored["credentials"]["passwords"]]
    credentials = {**stored["credentials"], "passwords": shown}
    properties = {**stored, **life(world, resource, state), "credentials": credentials}
    return {**head, "systemData": system_data(world, resource), "properties": properties}


_SHOWN: dict[str, Callable[[World, Resource, dict[str, Any], str], dict[str, Any]]] = {
    "microsoft.containerregistry/registries": _registry,
    "microsoft.containerregistry/registries/scopemaps": _scope_map,
    "microsoft.containerregistry/registries/tokens": _token,
    GROUP_TYPE.lower(): _group,
    "microsoft.authorization/roleassignments": _assignment,
    "microsoft.authorization/roledefinitions": _custom_role,
    **arm_reach.SHOWN,
    **arm_lifecycle.SHOWN,
    **arm_storage.SHOWN,
    **arm_tasks.SHOWN,
    **network_documents.SHOWN,
}
