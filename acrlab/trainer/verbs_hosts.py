"""Verbs about repositories at git hosts."""

import base64
from collections.abc import Mapping
from typing import Any

from acrlab.trainer.bench import Seen
from acrlab.trainer.steps import Outcome, Trip
from acrlab.trainer.values import encoded

GITHUB = "https://api.github.com/repos"
Step = Mapping[str, Any]


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
