"""Somebody cleaned up: the old stable was deleted by its digest, and stable given to what was left."""

from acrlab.client.display import Table, facts
from acrlab.client.image import Image
from acrlab.course.rest import Refused, Rest

REGISTRY, WEB = "contosobroken4", "shop/web"
PINNED = Image.hello(text="web 1.0\n")


def begin(rest: Rest, group: str) -> None:
    """Pin the digest in a tag of the registry, delete it, and move stable."""
    rest.arm("PATCH", rest.registry_path(group, REGISTRY), {"tags": {"pinned": PINNED.digest}})
    door = rest.door(f"{REGISTRY}.azurecr.io")
    door.delete_manifest(WEB, PINNED.digest)
    door.tag(WEB, "1.1", "stable")


def symptom(rest: Rest, group: str) -> Table:
    """Pull by tag, and as the deployment does."""
    door = rest.door(f"{REGISTRY}.azurecr.io")
    found = {f"{WEB}:stable": str(door.manifest(WEB, "stable").status_code)}
    try:
        found[f"{WEB}@{PINNED.digest[:19]}…"] = str(door.manifest(WEB, PINNED.digest).status_code)
    except Refused as refused:
        found[f"{WEB}@{PINNED.digest[:19]}…"] = (
            f"{refused.response.status_code} {refused.response.json()['errors'][0]['code']}"
        )
    return facts("", found)
