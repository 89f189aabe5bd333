"""Verbs about tokens with scope maps, and about content that comes from other registries."""

from collections.abc import Mapping
from typing import Any

from acrlab.client import durations
from acrlab.domain.moments import written
from acrlab.trainer.steps import Outcome, Stuck, Trip
from acrlab.trainer.values import typed
from acrlab.trainer.verbs_control import VERSION
from acrlab.trainer.verbs_vault import secret_id

PREVIEW = "2026-09-01-preview"  # where a cache rule may have an identity
Step = Mapping[str, Any]


def _words(value: Any) -> list[str]:
    """A list, or texts with commas between; `none` of them."""
    found = value if isinstance(value, list) else [] if value == "none" else str(value).split(",")
    return [str(each).strip() for each in found]


# Tokens


def scope_map(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    path = f"{trip.resource}/scopeMaps/{step['scope map']}"
    if "actions" in step:
        body = {"properties": {"actions": _words(step["actions"])}}
        answer = trip.visitor.arm("PUT", path, body, VERSION)
    else:
        answer = trip.visitor.arm("GET", path, None, VERSION)
    return Outcome(answer, sorted((answer.body or {}).get("properties", {}).get("actions", ())))


def registry_token(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    path = f"{trip.resource}/tokens/{step['registry token']}"
    properties: dict[str, Any] = {"status": step["state"]} if "state" in step else {}
    if "passwords" in step:
        properties["credentials"] = {"passwords": [{"name": each} for each in _words(step["passwords"])]}
    if "map" in step:
        properties["scopeMapId"] = f"{trip.resource}/scopeMaps/{step['map']}"
    method = "PUT" if "map" in step else "PATCH" if properties else "GET"
    answer = trip.visitor.arm(method, path, {"properties": properties} if properties else None, VERSION)
    shown = (answer.body or {}).get("properties", {})
    kept = {"status": shown.get("status"), "map": str(shown.get("scopeMapId", "")).rpartition("/")[2],
            "passwords": [each["name"] for each in shown.get("credentials", {}).get("passwords", ())]}  # fmt: skip
    return Outcome(answer, kept.get(str(step.get("pick", "status"))))


def password(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    name = str(step["password"])
    wanted = {"tokenId": f"{trip.resource}/tokens/{name}"}
    if "which" in step:
        wanted["name"] = str(step["which"])
    if "ends" in step:
        wanted["expiry"] = written(trip.visitor.place.now() + durations.seconds(str(step["ends"])))
    answer = trip.visitor.arm("POST", f"{trip.resource}/generateCredentials", wanted, VERSION)
    made = (answer.body or {}).get("passwords", ())
    under = str(step.get("under", name))
    for each in reversed(made):
        trip.visitor.keys[under] = trip.visitor.keys[f"{under}/{each['name']}"] = (name, each["value"])
    return Outcome(answer, [each["name"] for each in made])


# Content from elsewhere


def imported(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    host, own = str(step.get("host", "")), str(step.get("from", trip.registry))
    source: dict[str, Any] = {"sourceImage": step["import"]}
    if host:
        source["registryUri"] = host
    else:
        source["resourceId"] = f"{trip.group}/providers/Microsoft.ContainerRegistry/registries/{own}"
    if "by" in step:
        found = trip.visitor.credential(host, str(step["by"]))
        if found is None:
            raise Stuck(f"{step['by']} has no user name and password")
        source["credentials"] = {"username": found[0], "password": found[1]}
    body: dict[str, Any] = {"source": source, "mode": "Force" if typed(step.get("force", "no")) else "NoForce"}
    names = {"to": "targetTags", "untagged": "untaggedTargetRepositories"}
    body |= {names[key]: _words(step[key]) for key in names if key in step}
    return Outcome(trip.visitor.arm("POST", f"{trip.resource}/importImage", body, VERSION))


def cache_rule(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    target = str(step["cache rule"])
    name = "rule-" + "".join(each if each.isalnum() else "-" for each in target)
    properties = {"sourceRepository": step["source"], "targetRepository": target}
    if "set" in step:
        properties["credentialSetResourceId"] = f"{trip.resource}/credentialSets/{step['set']}"
    body: dict[str, Any] = {"properties": properties}
    if "identity" in step:
        assigned = f"{trip.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{step['identity']}"
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {assigned: {}}}
    version = PREVIEW if "identity" in step else VERSION
    answer = trip.visitor.arm("PUT", f"{trip.resource}/cacheRules/{name}", body, version)
    return Outcome(answer, (answer.body or {}).get("name"))


def credential_set(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    path = f"{trip.resource}/credentialSets/{step['credential set']}"
    if "host" not in step:
        answer = trip.visitor.arm("GET", path, None, VERSION)
        auth = (answer.body or {}).get("properties", {}).get("authCredentials") or [{}]
        return Outcome(answer, auth[0].get("credentialHealth", {}).get("status"))
    secrets = {f"{each}SecretIdentifier": secret_id(str(step[each])) for each in ("username", "password")}
    login = {"loginServer": step["host"], "authCredentials": [{"name": "Credential1", **secrets}]}
    body = {"identity": {"type": "SystemAssigned"}, "properties": login}
    answer = trip.visitor.arm("PUT", path, body, VERSION)
    return Outcome(answer, (answer.body or {}).get("identity", {}).get("principalId"))
