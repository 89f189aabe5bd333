"""How a lab begins: its own resource group, made new, with what data/start.yaml and start.py put into it."""

import itertools
import uuid
from typing import Any

import msgspec

from acrlab.client.image import Image
from acrlab.course.evidence import BEGIN, BEGUN
from acrlab.course.folder import Folder, read_yaml
from acrlab.course.rest import GROUPS, Refused, Rest

LOCATION = "westeurope"
_COUNT = itertools.count()


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An image of the start state: its text, and so its digest, is the same every time. No tag: by digest alone."""

    image: str
    text: str
    platforms: list[str] = []


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a repository, tag or digest forbids."""

    target: str
    forbid: tuple[str, ...] = ("write", "delete")


class Home(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registry of the start state. Pushes come in order, then tags (new name: where it points), then locks."""

    name: str
    tier: str = "Basic"
    admin: bool = False
    push: list[Push] = []
    tag: dict[str, str] = {}
    lock: list[Lock] = []


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """data/start.yaml: registries, and applications of the directory by name."""

    registries: list[Home] = []
    applications: list[str] = []


def picture(push: Push) -> Image:
    """The image of a push."""
    if not push.platforms:
        return Image.hello(text=push.text + "\n")
    return Image.index([Image.hello(each, text=push.text + "\n") for each in push.platforms])


def begin(folder: Folder, rest: Rest) -> None:
    """Make the lab's group new, and fill it."""
    group = f"/resourceGroups/{folder.group}"
    start: Start = read_yaml(folder.data("start.yaml"), Start) if folder.data("start.yaml").exists() else Start()
    if _exists(rest, group):
        rest.arm("DELETE", group, version=GROUPS)
    rest.arm("PUT", group, {"location": LOCATION}, version=GROUPS)
    for name in start.applications:
        application(rest, name)
    for home in start.registries:
        _open(rest, folder.group, home)
    if folder.has("start"):
        folder.module("start").begin(rest, folder.group)


def mark(folder: Folder, rest: Rest) -> None:
    """Say in the world's own history that the lab begins here: what happens from now on is the learner's."""
    tags = {"acrlab-lab": folder.name.replace("/", "-"), BEGUN: f"{uuid.uuid4().hex[:8]}-{next(_COUNT)}"}
    body = {"location": LOCATION, "tags": tags}
    rest.arm("PUT", f"/resourceGroups/{folder.group}", body, version=GROUPS, **{BEGIN: "1"})


def _exists(rest: Rest, group: str) -> bool:
    try:
        rest.arm("GET", group, version=GROUPS)
    except Refused as refused:
        if refused.response.status_code == 404:
            return False
        raise
    return True


def _open(rest: Rest, group: str, home: Home) -> None:
    body = {"location": LOCATION, "sku": {"name": home.tier}, "properties": {"adminUserEnabled": home.admin}}
    path = rest.registry_path(group, home.name)
    found = rest.arm("PUT", path, body)
    while found["properties"]["provisioningState"] != "Succeeded":
        found = rest.arm("GET", path)
    door = rest.door(found["properties"]["loginServer"])
    for each in home.push:
        door.push(each.image, picture(each))
    for name, source in home.tag.items():
        repository, _, tag = name.partition(":")
        door.tag(repository, source, tag)
    for lock in home.lock:
        repository, _, reference = lock.target.partition(":")
        door.lock(repository, reference, **dict.fromkeys(lock.forbid, False))


def application(rest: Rest, name: str) -> dict[str, Any]:
    """An application with a service principal and no role; an earlier one of the name goes first."""
    for each in rest.graph("GET", f"/applications?$filter=displayName eq '{name}'")["value"]:
        rest.graph("DELETE", f"/applications/{each['id']}")
    made: dict[str, Any] = rest.graph("POST", "/applications", {"displayName": name})
    rest.graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    return made


def secret(rest: Rest, name: str) -> tuple[str, str]:
    """A new secret of an application: its client id, and the secret. Raises: LookupError."""
    found = rest.graph("GET", f"/applications?$filter=displayName eq '{name}'")["value"]
    if not found:
        raise LookupError(f"the directory has no application {name!r}")
    added = rest.graph(
        "POST", f"/applications/{found[0]['id']}/addPassword", {"passwordCredential": {"displayName": "lab"}}
    )
    return found[0]["appId"], added["secretText"]
