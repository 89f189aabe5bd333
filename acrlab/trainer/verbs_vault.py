"""Verbs about identities and key vaults: keys of registries, secrets of tasks and of credential sets."""

from collections.abc import Mapping
from typing import Any

import msgspec

from acrlab.trainer.bench import Seen
from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import encoded, picked, typed
from acrlab.trainer.verbs_control import assign

VAULT, IDENTITY, KEYS = "2023-07-01", "2023-01-31", "7.4"
AUDIENCE = "https://vault.azure.net"
_OFFICER = "Key Vault Secrets Officer"
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
    """A vault that judges by roles, with purge protection unless `protected` is no; its value is its resource id.

    Whoever creates it with secrets may write them; nobody else may read them.
    """
    properties: dict[str, Any] = {
        "tenantId": trip.visitor.place.tenant, "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True, **typed(step.get("properties", {})),
    }  # fmt: skip
    if step.get("protected") != "no":
        properties["enablePurgeProtection"] = True
    own = f"{trip.group}/providers/Microsoft.KeyVault/vaults/{step['vault']}"
    answer = trip.visitor.arm("PUT", own, {"location": "westeurope", "properties": properties}, VAULT)
    secrets = step.get("secrets", {}) if answer.status < 400 else {}
    if secrets:
        assign(trip, {"assign": _OFFICER, "to": trip.visitor.who, "at": own})
    for name, value in secrets.items():
        answer = _written(trip, f"{step['vault']}/{name}", str(value)) if answer.status < 400 else answer
    return Outcome(answer, own)


def secret(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    value = str(step.get("text", ""))
    if "of" in step:
        found = trip.visitor.credential(trip.server, str(step["of"]))
        value = found[1] if found is not None else ""
    return Outcome(_written(trip, str(step["secret"]), value))


def secret_id(text: str) -> str:
    """The address of a secret that is written vault/name."""
    home, _, name = text.partition("/")
    return f"https://{home}.vault.azure.net/secrets/{name}"


def _written(trip: Trip, text: str, value: str) -> Seen:
    url = f"{secret_id(text)}?api-version={KEYS}"
    return trip.visitor.place.send("PUT", url, _signed(trip), encoded({"value": value}))


def _signed(trip: Trip) -> dict[str, str]:
    token = trip.visitor.place.bearer(trip.visitor.who, AUDIENCE)
    return {"authorization": f"Bearer {token}", "content-type": "application/json"}


def key(trip: Trip, step: Step) -> Outcome:
    """What is done with a key of a vault; its value is the id of the version."""
    home, _, name = str(step["key"]).partition("/")
    method, path, body = _DEEDS[str(step.get("do", "create"))]
    url = f"https://{home}.vault.azure.net/{path.format(name=name)}?api-version={KEYS}"
    answer = trip.visitor.place.send(method, url, _signed(trip), msgspec.json.encode(body) if body is not None else b"")
    return Outcome(answer, picked(answer.body, "key.kid"))
