"""Verbs about what governs registries from outside: templates, policies, webhooks that listen, replicas."""

from collections.abc import Mapping
from typing import Any

from acrlab.trainer.bench import Seen
from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import picked, typed
from acrlab.trainer.verbs_control import VERSION, meant

TEMPLATES, POLICIES = "2024-11-01", "2023-04-01"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
Step = Mapping[str, Any]


def deploy(trip: Trip, step: Step) -> Outcome:
    """Deploy a template to the group. One that does not succeed counts as refused: its first error is the code."""
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **meant(trip, typed(step["template"]))}
    values = {name: {"value": each} for name, each in meant(trip, typed(step.get("values", {}))).items()}
    mode = str(step.get("mode", "Incremental"))
    body = {"properties": {"mode": mode, "template": template, "parameters": values}}
    own = f"{trip.group}/providers/Microsoft.Resources/deployments/{step['deploy']}"
    answer = trip.visitor.arm("PUT", own, body, TEMPLATES)
    if answer.status >= 400:
        return Outcome(answer)
    found = trip.visitor.arm("GET", own, None, TEMPLATES)
    error = picked(found.body, "properties.error.details.0")
    if error is not None:
        return Outcome(Seen(409, error["code"], error["message"]))
    return Outcome(found, picked(found.body, f"properties.{step.get('pick', 'provisioningState')}"))


def policy(trip: Trip, step: Step) -> Outcome:
    """Define a policy on the subscription, and assign it at the group unless `at` names another scope."""
    above = f"/subscriptions/{trip.visitor.place.subscription}"
    own = f"{above}/providers/Microsoft.Authorization/policyDefinitions/{step['policy']}"
    rule = {"if": typed(step["if"]), "then": {"effect": str(step.get("effect", "deny"))}}
    defined = trip.visitor.arm("PUT", own, {"properties": {"mode": "All", "policyRule": rule}}, POLICIES)
    if defined.status >= 400:
        return Outcome(defined)
    properties = {"policyDefinitionId": own, "enforcementMode": str(step.get("mode", "Default"))}
    scope = meant(trip, str(step.get("at", "~group")))
    path = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{step['policy']}"
    return Outcome(trip.visitor.arm("PUT", path, {"properties": properties}, POLICIES))


def webhook(trip: Trip, step: Step) -> Outcome:
    """See the table of verbs."""
    actions = str(step.get("actions", "push")).split()
    properties = {
        "serviceUri": "https://listener.example/hook", "actions": actions, "scope": str(step.get("scope", "")),
        "status": str(step.get("state", "enabled")),
    }  # fmt: skip
    body = {"location": str(step.get("location", "westeurope")), "properties": properties}
    return Outcome(trip.visitor.arm("PUT", f"{trip.resource}/webhooks/{step['webhook']}", body, VERSION))


def heard(trip: Trip, step: Step) -> Outcome:
    """What a webhook had to tell, oldest first: `push app:v1`, `delete app`, `ping`."""
    answer = trip.visitor.arm("POST", f"{trip.resource}/webhooks/{step['heard']}/listEvents", None, VERSION)
    told = [each["eventRequestMessage"]["content"] for each in reversed((answer.body or {}).get("value") or ())]
    return Outcome(answer, [_told(each) for each in told])


def _told(content: dict[str, Any]) -> str:
    target = content.get("target") or {}
    tag = f":{target['tag']}" if "tag" in target else ""
    return f"{content['action']} {target.get('repository', '')}{tag}".strip()


def replica(trip: Trip, step: Step) -> Outcome:
    """A replication in a region, there by the time of the next step."""
    region = str(step["replica"])
    body = {"location": region, "properties": typed(step.get("properties", {}))}
    own = f"{trip.resource}/replications/{region}"
    answer = trip.visitor.arm("PUT", own, body, VERSION)
    return Outcome(answer, (answer.body or {}).get("name"))
