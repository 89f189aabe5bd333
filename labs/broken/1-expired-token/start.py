"""A token that was good for 75 minutes, and two hours later."""

from typing import Any

from acrlab.client import running
from acrlab.client.display import Table, facts
from acrlab.course.rest import Refused, Rest

REGISTRY, WEB, KEPT = "contosobroken1", "shop/web", "broken-1.token"


def begin(rest: Rest, group: str) -> None:
    """Keep a token, and let two hours pass."""
    token = rest.door(f"{REGISTRY}.azurecr.io").access_token(f"repository:{WEB}:pull")
    running.home().mkdir(parents=True, exist_ok=True)
    (running.home() / KEPT).write_text(token, encoding="utf-8")
    running.control().advance(2 * 3600)


def token() -> str:
    """What the build server keeps in its variable."""
    return (running.home() / KEPT).read_text(encoding="utf-8")


def symptom(rest: Rest, group: str) -> Table:
    """Pull as the build server does."""
    door = rest.door(f"{REGISTRY}.azurecr.io")
    door.keep(f"repository:{WEB}:pull", token())
    return attempt(lambda: door.manifest(WEB, "1.0", actions="pull"))


def attempt(act: Any) -> Table:
    """What happened, without what differs from day to day."""
    try:
        answer = act()
    except Refused as refused:
        error = refused.response.json()["errors"][0]
        return facts("", {"answer": str(refused.response.status_code), error["code"]: error["message"]})
    return facts("", {"answer": str(answer.status_code)})
