"""Lab 12 solved with `az`, and over plain HTTP."""

import base64
import json
from typing import Any

from acrlab.client import running
from acrlab.course.builds import VERSION
from acrlab.course.rest import ARM
from acrlab.course.ways import Az, Way

REGISTRY, TASK = "contosolab12", "build-web"
URL = "https://github.com/contoso/lab12.git"


def commit(way: Way, token: str, name: str) -> None:
    """One file more, as one commit."""
    body = {"message": f"Add {name}", "content": base64.b64encode(b"new\n").decode()}
    where = f"https://api.github.com/repos/contoso/lab12/contents/{name}"
    way.rest.session.put(where, json=body, headers={"authorization": f"Bearer {token}"}).raise_for_status()
    way.builds(REGISTRY).settle()


def az(az: Az) -> None:
    """`az acr task create` has a commit trigger by default; az 2.91 cannot switch it off itself, so az rest does."""
    token, named = running.control().git_token("contoso")["token"], ("--registry", REGISTRY, "--name", TASK)
    az(
        "acr", "task", "create", *named, "--context", f"{URL}#main", "--file", "Dockerfile", "--image",
        "shop/web:latest", "--git-access-token", token,
    )  # fmt: skip
    commit(az, token, "sale.html")
    switch(az, "Disabled")
    commit(az, token, "secret.html")
    switch(az, "Enabled")


def switch(az: Az, status: str) -> None:
    (trigger,) = az("acr", "task", "show", "--registry", REGISTRY, "--name", TASK)["trigger"]["sourceTriggers"]
    body = {"properties": {"trigger": {"sourceTriggers": [{"name": trigger["name"], "status": status}]}}}
    path = f"{ARM}/subscriptions/{az.rest.subscription}{az.rest.registry_path(az.group, REGISTRY)}/tasks/{TASK}"
    az("rest", "--method", "patch", "--url", f"{path}?api-version={VERSION}", "--body", json.dumps(body))


def http(way: Way) -> None:
    """Requests and nothing else."""
    token = running.control().git_token("contoso")["token"]
    make(way, token, "Enabled")
    commit(way, token, "sale.html")
    make(way, token, "Disabled")
    commit(way, token, "secret.html")
    make(way, token, "Enabled")


def make(way: Way, token: str, status: str) -> None:
    step = {
        "type": "Docker", "contextPath": f"{URL}#main", "dockerFilePath": "Dockerfile",
        "imageNames": ["shop/web:latest"],
    }  # fmt: skip
    source: dict[str, Any] = {
        "sourceControlType": "Github", "repositoryUrl": URL, "branch": "main",
        "sourceControlAuthProperties": {"tokenType": "PAT", "token": token},
    }  # fmt: skip
    trigger = {"name": "commits", "sourceTriggerEvents": ["commit"], "sourceRepository": source, "status": status}
    way.builds(REGISTRY).task(TASK, step=step, trigger={"sourceTriggers": [trigger]})
