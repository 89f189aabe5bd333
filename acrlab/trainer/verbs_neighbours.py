"""Verbs about what tasks need besides a registry: vaults with secrets, and repositories at git hosts."""

import base64
from collections.abc import Mapping
from typing import Any

from acrlab.trainer.bench import Seen
from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import encoded

VAULTS, SECRETS = "2023-02-01", "7.4"
VAULT = "https://vault.azure.net"
GITHUB = "https://api.github.com/repos"
_OFFICER = "Key Vault Secrets Officer"
Step = Mapping[str, Any]


def vault(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs. Whoever creates it may write secrets; nobody else may read them."""
    from acrlab.trainer.verbs_control import assign

    name = str(step["vault"])
    resource = f"{trip.group}/providers/Microsoft.KeyVault/vaults/{name}"
    properties = {
        "enableRbacAuthorization": True, "tenantId": trip.visitor.place.tenant,
        "sku": {"family": "A", "name": "standard"},
    }  # fmt: skip
    answer = trip.visitor.arm("PUT", resource, {"location": "westeurope", "properties": properties}, VAULTS)
    if answer.status < 400:
        assign(trip, {"assign": _OFFICER, "to": trip.visitor.who, "at": resource})
    for secret, value in step.get("secrets", {}).items():
        if answer.status < 400:
            answer = _written(trip, name, str(secret), str(value))
    return Outcome(answer, f"https://{name}.vault.azure.net")


def _written(trip: Trip, name: str, secret: str, value: str) -> Seen:
    headers = {
        "authorization": f"Bearer {trip.visitor.place.bearer(trip.visitor.who, VAULT)}",
        "content-type": "application/json",
    }  # fmt: skip
    url = f"https://{name}.vault.azure.net/secrets/{secret}?api-version={SECRETS}"
    return trip.visitor.place.send("PUT", url, headers, encoded({"value": value}))


def git(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    return Outcome(None, trip.visitor.place.hosted(str(step["git"])))


def commit(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer, repository = Seen(200), str(step["commit"])
    headers = {"authorization": f"Bearer {step.get('by', '')}", "content-type": "application/json"}
    for path, text in step.get("files", {}).items():
        body = {"message": f"write {path}", "content": base64.b64encode(str(text).encode()).decode()}
        answer = trip.visitor.place.send("PUT", f"{GITHUB}/{repository}/contents/{path}", headers, encoded(body))
        if answer.status >= 400:
            break
    return Outcome(answer, ((answer.body or {}).get("commit") or {}).get("sha"))
