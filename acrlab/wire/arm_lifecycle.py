"""Cache rules, credential sets and connected registries as ARM shows them."""

from collections.abc import Callable
from typing import Any

from acrlab.domain.errors import Condition
from acrlab.domain.vault_errors import VaultForbidden, VaultPolicyMissing, VaultUnknown
from acrlab.engine import operations
from acrlab.engine.lifecycle import cache_credentials
from acrlab.engine.lifecycle.cache_rules import vault
from acrlab.engine.login_servers import SUFFIX
from acrlab.engine.state import Resource
from acrlab.engine.world import World
from acrlab.wire.arm_marks import life, system_data
from acrlab.wire.times import iso

_HELP = "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"


def _rule(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, acr_cache (2023-12)."""
    properties = {**resource.body["properties"], **life(world, resource, state)}
    return {**head, **resource.body, "systemData": system_data(world, resource), "properties": properties}


def _credentials(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: recorded, acr_cache (2023-12)."""
    body = resource.body
    stored = body["properties"]
    shown = [{**each, "credentialHealth": _health(world, resource, each)} for each in stored["authCredentials"]]
    properties = {**stored, "authCredentials": shown, **life(world, resource, state)}
    return {**head, **body, "systemData": system_data(world, resource), "properties": properties}


def _health(world: World, resource: Resource, credential: dict[str, Any]) -> dict[str, str]:
    """Whether the set's identity can read the secrets now. Source: recorded, acr_cache (2023-12), before it could."""
    try:
        cache_credentials.read(world, resource, credential)
    except (VaultUnknown, VaultForbidden, VaultPolicyMissing):
        return _unreadable(world, resource, credential)
    except Condition as refused:
        return {"status": "Unhealthy", "errorCode": refused.arm, "errorMessage": refused.text}
    return {"status": "Healthy"}


def _unreadable(world: World, resource: Resource, credential: dict[str, Any]) -> dict[str, str]:
    identity = resource.body.get("identity", {})
    known = world.state.principals.get(identity.get("principalId", ""))
    home = world.state.resources[resource.id.lower().rpartition("/credentialsets/")[0]].body["location"]
    who = ";".join((
        "name=Microsoft.ContainerRegistry/registries", f"appid={known.app_id if known is not None else ''}",
        f"oid={identity.get('principalId', '')}", f"iss=https://sts.windows.net/{world.state.tenant}/",
    ))  # fmt: skip
    asked = vault(credential["passwordSecretIdentifier"])
    text = f"does not have secrets get permission on key vault '{asked};location={home}'"
    return {
        "status": "Unhealthy", "errorCode": "Forbidden",
        "errorMessage": f"The user, group or application '{who}' {text}. {_HELP}",
    }  # fmt: skip


def _connected(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: REST examples of 2025-11-01; azure-cli 2.91.0 reads the gateway's address. Nothing connects: Offline."""
    stored = resource.body["properties"]
    parent = stored["parent"]
    home = world.state.resources[resource.id.lower().rpartition("/connectedregistries/")[0]]
    registry = world.state.registries[home.id.rpartition("/")[2].lower()]
    label = registry.login_server.removesuffix(SUFFIX)
    gateway = {"gatewayEndpoint": f"{label}.{home.body['location']}.data{SUFFIX}"}
    properties = {
        **stored, "parent": {**parent, "syncProperties": {**parent["syncProperties"], **gateway}},
        "provisioningState": state or operations.state_of(world, resource.id), "connectionState": "Offline",
        "activation": {"status": "Inactive"}, "statusDetails": [],
    }  # fmt: skip
    return {**head, **resource.body, "systemData": system_data(world, resource), "properties": properties}


def _pipeline(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: azure-mgmt-containerregistry 15.1.0b3."""
    ended = {"provisioningState": state or operations.state_of(world, resource.id)}
    properties = {**resource.body["properties"], **ended}
    return {**head, **resource.body, "systemData": system_data(world, resource), "properties": properties}


def _pipeline_run(world: World, resource: Resource, head: dict[str, Any], state: str) -> dict[str, Any]:
    """Source: azure-mgmt-containerregistry 15.1.0b3. As the run ended, so did its provisioning."""
    stored = resource.body["properties"]
    response = {**stored["response"], **_times(stored["response"])}
    under_way = "request" in resource.body
    if under_way:
        world.errands.require({resource.id.lower()})
        lasts = resource.body["due"] - stored["response"]["startTime"]
        went = (world.now() - stored["response"]["startTime"]) / lasts if lasts else 0.0
        response["progress"] = {"percentage": str(min(int(went * 100), 99))}
    ended = state or ("Creating" if under_way else response["status"])
    properties = {**stored, "response": response, "provisioningState": ended}
    return {**head, "systemData": system_data(world, resource), "properties": properties}


def _times(response: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: iso(response[name]) for name in ("startTime", "finishTime") if name in response
    }  # fmt: skip
    if "trigger" in response:
        found["trigger"] = {"sourceTrigger": {"timestamp": iso(response["trigger"]["sourceTrigger"]["timestamp"])}}
    return found


SHOWN: dict[str, Callable[[World, Resource, dict[str, Any], str], dict[str, Any]]] = {
    "microsoft.containerregistry/registries/cacherules": _rule,
    "microsoft.containerregistry/registries/credentialsets": _credentials,
    "microsoft.containerregistry/registries/connectedregistries": _connected,
    "microsoft.containerregistry/registries/exportpipelines": _pipeline,
    "microsoft.containerregistry/registries/importpipelines": _pipeline,
    "microsoft.containerregistry/registries/pipelineruns": _pipeline_run,
    "microsoft.containerregistry/registries/packages/archives": _pipeline,
    "microsoft.containerregistry/registries/packages/archives/versions": _pipeline,
}
