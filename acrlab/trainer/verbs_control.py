"""Verbs about the registry itself and about who may use it."""

import uuid
from collections.abc import Mapping
from typing import Any

from acrlab.domain import roles
from acrlab.trainer.bench import ACR, ARM
from acrlab.trainer.steps import Outcome, Stuck, Trip
from acrlab.trainer.values import picked, typed

VERSION = "2025-11-01"
AUTHORIZATION = "2022-04-01"
Step = Mapping[str, Any]


def registry(trip: Trip, step: Step) -> Outcome:
    """Create one. A `registry` without further keys is the one that is there, once it is there."""
    trip.registry = str(step["registry"])
    _group(trip)
    body = {"location": step.get("location", "westeurope"), "sku": {"name": step.get("tier", "Standard")},
            "properties": meant(trip, typed(step.get("properties", {})))}  # fmt: skip
    if "identity" in step:
        body["identity"] = _identity(trip, str(step["identity"]))
    answer = trip.visitor.arm("PUT", trip.resource, body, step.get("version", VERSION))
    return Outcome(answer, (answer.body or {}).get("properties", {}).get("loginServer"))


def _identity(trip: Trip, name: str) -> dict[str, Any]:
    if name == "system":
        return {"type": "SystemAssigned"}
    own = f"{trip.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    return {"type": "UserAssigned", "userAssignedIdentities": {own: {}}}


def _group(trip: Trip) -> None:
    who, trip.visitor.who = trip.visitor.who, "owner"
    trip.visitor.arm("PUT", trip.group, {"location": "westeurope"}, "2024-11-01")
    trip.visitor.who = who


def inside(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    trip.registry = str(step["in"])
    return Outcome()


def update(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    given = step["update"]
    body: dict[str, Any] = {"properties": meant(trip, typed(given))} if isinstance(given, dict) else {}
    if "tier" in step:
        body["sku"] = {"name": step["tier"]}
    return Outcome(trip.visitor.arm("PATCH", trip.resource, body, step.get("version", VERSION)))


def arm(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    path, body = meant(trip, str(step.get("at", trip.resource))), meant(trip, typed(step.get("send")))
    answer = trip.visitor.arm(str(step["arm"]), path, body, step.get("version", VERSION))
    return Outcome(answer, picked(answer.body, step.get("pick", "")))


def meant(trip: Trip, value: Any) -> Any:
    """With the ids that ~registry, ~group and ~subscription stand for, wherever they stand."""
    if isinstance(value, dict):
        return {meant(trip, key): meant(trip, each) for key, each in value.items()}
    if isinstance(value, list):
        return [meant(trip, each) for each in value]
    if not isinstance(value, str):
        return value
    subscription = f"/subscriptions/{trip.visitor.place.subscription}"
    found = value.replace("~group", trip.group).replace("~registry", trip.resource)
    return found.replace("~subscription", subscription)


def available(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    provider = f"/subscriptions/{trip.visitor.place.subscription}/providers/Microsoft.ContainerRegistry"
    path = f"{provider}/checkNameAvailability"
    body = {"name": str(step["available"]), "type": "Microsoft.ContainerRegistry/registries"}
    answer = trip.visitor.arm("POST", path, body, VERSION)
    return Outcome(answer, "yes" if (answer.body or {}).get("nameAvailable") else "no")


def usage(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.arm("GET", f"{trip.resource}/listUsages", None, VERSION)
    rows = {row["name"]: row for row in (answer.body or {}).get("value", ())}
    row = rows.get(str(step["usage"]))
    return Outcome(answer, "no row" if row is None else row[step.get("pick", "limit")])


def credentials(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.arm("POST", f"{trip.resource}/listCredentials", None, VERSION)
    return Outcome(answer, [each["name"] for each in (answer.body or {}).get("passwords", ())])


# Roles


def assign(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    role = _role(trip, str(step["assign"]))
    principal = trip.visitor.place.principal(str(step["to"]))
    scopes = {"registry": trip.resource, "group": trip.group,
              "subscription": f"/subscriptions/{trip.visitor.place.subscription}"}  # fmt: skip
    scope = scopes.get(str(step.get("at", "registry")), meant(trip, str(step.get("at"))))
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}/{role}/{principal.id}")
    definition = f"/subscriptions/{trip.visitor.place.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    properties = {"roleDefinitionId": f"{definition}/{role}", "principalId": principal.id}
    if principal.kind != "user":
        properties["principalType"] = "ServicePrincipal"
    if "condition" in step:
        properties |= {"condition": str(step["condition"]), "conditionVersion": "2.0"}
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    answer = trip.visitor.arm("PUT", path, {"properties": properties}, AUTHORIZATION)
    return Outcome(answer, (answer.body or {}).get("id"))


def _role(trip: Trip, name: str) -> str:
    """The id of a role: built in, or one that the steps have defined."""
    found = roles.find(name)
    if found is not None:
        return found.id
    path = f"{trip.resource}/providers/Microsoft.Authorization/roleDefinitions"
    listed = (trip.visitor.arm("GET", path, None, AUTHORIZATION).body or {}).get("value", ())
    own = next((str(each["name"]) for each in listed if each["properties"]["roleName"] == name), "")
    if not own:
        raise Stuck(f"there is no role {name} here")
    return own


def act_as(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    trip.visitor.who = str(step["as"])
    if trip.visitor.who not in ("admin", "anonymous", *trip.visitor.keys):
        trip.visitor.place.principal(trip.visitor.who)
    return Outcome()


def login(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    trip.visitor.who = str(step["login"])
    given = str(step.get("audience", "registry"))
    audience = {"registry": ACR, "management": ARM}.get(given, given)
    if trip.visitor.who in ("admin", *trip.visitor.keys):
        return Outcome(trip.visitor.registry(trip.server, "GET", "/v2/"))
    answer = trip.visitor.login(trip.server, audience)
    if answer.status == 200 and "session" in step:
        trip.visitor.sessions[str(step["session"])] = answer.body["refresh_token"]
    return Outcome(answer, (answer.body or {}).get("refresh_token"))


def token(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    answer = trip.visitor.token(trip.server, str(step["token"]), str(step.get("with", "")))
    return Outcome(answer, (answer.body or {}).get("access_token"))
