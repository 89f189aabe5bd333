"""Wrong answers to lab 12."""

import base64
from typing import Any

from acrlab.client import running
from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY, TASK = "contosolab12", "build-web"
URL = "https://github.com/contoso/lab12.git"
STEP = {
    "type": "Docker", "contextPath": f"{URL}#main", "dockerFilePath": "Dockerfile", "imageNames": ["shop/web:latest"],
}  # fmt: skip


def token() -> str:
    return str(running.control().git_token("contoso")["token"])


def watching(*events: str, branch: str = "main", status: str = "Enabled") -> dict[str, Any]:
    source = {
        "sourceControlType": "Github", "repositoryUrl": URL, "branch": branch,
        "sourceControlAuthProperties": {"tokenType": "PAT", "token": token()},
    }  # fmt: skip
    return {"name": "commits", "sourceTriggerEvents": list(events), "sourceRepository": source, "status": status}


def make(bench: Bench, *triggers: dict[str, Any], status: str = "Enabled") -> None:
    trigger = {"sourceTriggers": list(triggers)}
    bench.builds(REGISTRY).task(TASK, step=STEP, trigger=trigger, status=status)


def commit(bench: Bench, name: str) -> None:
    body = {"message": f"Add {name}", "content": base64.b64encode(b"new\n").decode()}
    where = f"https://api.github.com/repos/contoso/lab12/contents/{name}"
    bench.rest.session.put(where, json=body, headers={"authorization": f"Bearer {token()}"}).raise_for_status()
    bench.builds(REGISTRY).settle()


@wrong("watched", "a task without a trigger")
def untriggered(bench: Bench) -> None:
    make(bench)


@wrong("watched", "pull requests only")
def pull_requests(bench: Bench) -> None:
    make(bench, watching("pullrequest"))


@wrong("watched", "another branch")
def another_branch(bench: Bench) -> None:
    make(bench, watching("commit", branch="develop"))


@wrong("rebuilt", "run by hand")
def by_hand(bench: Bench) -> None:
    make(bench)
    bench.builds(REGISTRY).start(TASK)


@wrong("rebuilt", "a commit that nobody watches")
def unwatched(bench: Bench) -> None:
    make(bench, watching("pullrequest"))
    commit(bench, "sale.html")


@wrong("rebuilt", "another image pushed over it", after=SOLVED)
def replaced(bench: Bench) -> None:
    bench.door(REGISTRY).push("shop/web:latest", Image.hello())


@wrong("frozen", "switched off and on, and no commit")
def no_commit(bench: Bench) -> None:
    make(bench, watching("commit", status="Disabled"))
    make(bench, watching("commit"))


@wrong("frozen", "the whole task switched off")
def the_task(bench: Bench) -> None:
    make(bench, watching("commit"), status="Disabled")
    commit(bench, "secret.html")
    make(bench, watching("commit"))


@wrong("frozen", "left off", after=SOLVED)
def left_off(bench: Bench) -> None:
    make(bench, watching("commit", status="Disabled"))
