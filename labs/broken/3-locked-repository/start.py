"""A push that is refused."""

from acrlab.client.display import Table, facts
from acrlab.client.image import Image
from acrlab.course.rest import Refused, Rest

REGISTRY, WEB = "contosobroken3", "shop/web"


def begin(rest: Rest, group: str) -> None:
    """Nothing more than data/start.yaml says."""


def symptom(rest: Rest, group: str) -> Table:
    """Push 1.1."""
    try:
        digest = rest.door(f"{REGISTRY}.azurecr.io").push(f"{WEB}:1.1", Image.hello(text="web 1.1\n"))
    except Refused as refused:
        error = refused.response.json()["errors"][0]
        return facts("", {"answer": str(refused.response.status_code), error["code"]: error["message"]})
    return facts("", {"answer": "201", "digest": digest})
