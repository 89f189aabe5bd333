"""Verbs about identities and key vaults: what a registry's own key takes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import picked, typed

VAULT, IDENTITY, KEYS = "2023-07-01", "2023-01-31", "7.4"
AUDIENCE = "https://vault.azure.net"
Step = Mapping[str, Any]
# What can be done with a key: method, tail of the path, body.
_DEEDS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "create": ("POST", "keys/{name}/create", {"kty": "RSA"}),
    "rotate": ("POST", "keys/{name}/rotate", None),
    "disable": ("PATCH", "keys/{name}", {"attributes": {"enabled": False}}),
    "enable": ("PATCH", "keys/{name}", {"attributes": {"enabled": True}}),
    "delete": ("DELETE", "keys/{name}", None),
    "recover": ("POST", "deletedkeys/{name}/recover", None),
    "purge": ("DELETE", "deletedkeys/{name}", None),
}


def identity(trip: Trip, step: Step) -> Outcome:
    """A user-assigned identity; its value is its client id."""
    own = f"{trip.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{step['identity']}"
    answer = trip.visitor.arm("PUT", own, {"location": "westeurope"}, IDENTITY)
    return Outcome(answer, picked(answer.body, "properties.clientId"))


def vault(trip: Trip, step: Step) -> Outcome:
    """A vault that judges by roles, with purge protection unless `protected` is no."""
    properties: dict[str, Any] = {
        "tenantId": trip.visitor.place.tenant, "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True, **typed(step.get("properties", {})),
    }  # fmt: skip
    if step.get("protected") != "no":
        properties["enablePurgeProtection"] = True
    own = f"{trip.group}/providers/Microsoft.KeyVault/vaults/{step['vault']}"
    return Outcome(trip.visitor.arm("PUT", own, {"location": "westeurope", "properties": properties}, VAULT))


def key(trip: Trip, step: Step) -> Outcome:
    """What is done with a key of a vault; its value is the id of the version."""
    home, _, name = str(step["key"]).partition("/")
    method, path, body = _DEEDS[str(step.get("do", "create"))]
    token = trip.visitor.place.bearer(trip.visitor.who, AUDIENCE)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    url = f"https://{home}.vault.azure.net/{path.format(name=name)}?api-version={KEYS}"
    answer = trip.visitor.place.send(method, url, headers, msgspec.json.encode(body) if body is not None else b"")
    return Outcome(answer, picked(answer.body, "key.kid"))
