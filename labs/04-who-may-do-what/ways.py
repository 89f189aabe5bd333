"""Lab 04 solved with `az`, and over plain HTTP."""

import base64
import contextlib
import json
import uuid
from typing import Any

from acrlab.client.image import Image
from acrlab.course.rest import Door, Refused
from acrlab.course.ways import Az, Way
from acrlab.domain import roles

REGISTRY, WEB = "contosolab04", "shop/web"
ROLES = {"lab04-deploy": "AcrPull", "lab04-build": "AcrPush"}
MINE = Image.hello(text="mine\n")


def az(az: Az) -> None:
    """`az` as oneself, then as the application."""
    az("acr", "update", "--name", REGISTRY, "--resource-group", az.group, "--admin-enabled", "false")
    scope = az("acr", "show", "--name", REGISTRY, "--resource-group", az.group)["id"]
    for name, role in ROLES.items():
        who = ("--assignee-object-id", az.lab.object_id(name), "--assignee-principal-type", "ServicePrincipal")
        az("role", "assignment", "create", "--role", role, "--scope", scope, *who)
    deploy = az.as_application("lab04-deploy")
    deploy("acr", "manifest", "show", "--registry", REGISTRY, "--name", f"{WEB}:1.0")
    door = deploy.docker(REGISTRY)
    with contextlib.suppress(Refused):
        door.push(f"{WEB}:mine", MINE)
    pairs = [f"{name}={value}" for name, value in _read(door).items()]
    az("acr", "update", "--name", REGISTRY, "--resource-group", az.group, "--tags", *pairs)


def http(way: Way) -> None:
    """Requests and nothing else."""
    way.change(REGISTRY, {"properties": {"adminUserEnabled": False}})
    for name, role in ROLES.items():
        definition = roles.find(role)
        assert definition is not None
        way.rest.assign(
            way.rest.registry_path(way.lab.group, REGISTRY), definition.id, way.lab.object_id(name), str(uuid.uuid4())
        )
    door = way.as_application("lab04-deploy").door(f"{REGISTRY}.azurecr.io")
    door.manifest(WEB, "1.0", actions="pull")
    with contextlib.suppress(Refused):
        door.push(f"{WEB}:mine", MINE)
    way.change(REGISTRY, {"tags": _read(door)})


def _read(door: Door) -> dict[str, str]:
    access, refresh = _claims(door.access_token(f"repository:{WEB}:pull,push")), _claims(door.refresh_token())
    return {
        "granted": ",".join(access["access"][0]["actions"]),
        "access-minutes": str((access["exp"] - access["iat"]) // 60),
        "refresh-hours": str((refresh["exp"] - refresh["iat"]) // 3600),
    }


def _claims(token: str) -> Any:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
