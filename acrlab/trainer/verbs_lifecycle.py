"""Verbs about content that was deleted and waits, or was pushed and waits."""

from collections.abc import Mapping
from typing import Any

from acrlab.client.content import Reference
from acrlab.trainer.steps import Outcome, Stuck, Trip
from acrlab.trainer.values import encoded

_JSON = {"content-type": "application/json"}
Step = Mapping[str, Any]


def deleted(trip: Trip, step: Step) -> Outcome:
    """The tags of a repository that can be restored, or with pick: manifests, their digests."""
    if step.get("pick") == "manifests":
        answer = trip.visitor.registry(trip.server, "GET", f"/acr/v1/_deleted/{step['deleted']}/_manifests")
        return Outcome(answer, [each["digest"] for each in (answer.body or {}).get("manifests") or ()])
    answer = trip.visitor.registry(trip.server, "GET", f"/acr/v1/_deleted/{step['deleted']}/_tags")
    return Outcome(answer, [each["tag"] for each in (answer.body or {}).get("tags") or ()])


def restore(trip: Trip, step: Step) -> Outcome:
    """As `az acr manifest restore`: a tag stands for what it named last; a digest needs none."""
    wanted = Reference.parse(str(step["restore"]))
    digest, tag = wanted.digest, str(step.get("tag", wanted.tag or ""))
    if not digest:
        listed = trip.visitor.registry(trip.server, "GET", f"/acr/v1/_deleted/{wanted.repository}/_tags")
        if listed.status >= 400:
            return Outcome(listed)
        rows = [each["digest"] for each in (listed.body or {}).get("tags") or () if each["tag"] == tag]
        if not rows:
            raise Stuck(f"no deleted image has the tag {tag}")
        digest = rows[-1]
    force = "?force=true" if step.get("force") == "yes" else ""
    path = f"/acr/v1/_deleted/{wanted.repository}/_manifests/{digest}{force}"
    return Outcome(trip.visitor.registry(trip.server, "POST", path, encoded({"tag": tag} if tag else {}), _JSON))


def quarantine(trip: Trip, step: Step) -> Outcome:
    """Decide about an image in quarantine, which is named by its digest."""
    wanted = Reference.parse(str(step["quarantine"]))
    body = encoded({"quarantineState": str(step["state"]), "quarantineDetails": "{}"})
    path = f"/acr/v1/{wanted.repository}/_manifests/{wanted.digest}"
    return Outcome(trip.visitor.registry(trip.server, "PATCH", path, body, _JSON))
