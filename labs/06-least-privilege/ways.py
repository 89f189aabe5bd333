"""Lab 06 solved with `az`, and over plain HTTP."""

import datetime
import tempfile
from pathlib import Path
from typing import Any

import requests

from acrlab.client import running
from acrlab.course.rest import INDEX, Rest
from acrlab.course.ways import Az, Way

REGISTRY, CI, KIOSK = "contosolab06", "lab06-ci", "lab06-kiosk"
HOST = f"https://{REGISTRY}.azurecr.io"
HOURS = 20


def in_a_day() -> str:
    """A day from now, on the emulator's clock."""
    now = datetime.datetime.fromtimestamp(running.control().status()["now"], datetime.UTC)
    return (now + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pull(way: Way, user: str, key: str, repository: str, tag: str) -> requests.Response:
    """A manifest, got with a token."""
    url = f"{HOST}/v2/{repository}/manifests/{tag}"
    return way.rest.session.get(url, auth=(user, key), headers={"accept": INDEX})


def release(way: Way, key: str, repository: str) -> None:
    """Give 1.0 the name 1.1, as the CI; what is refused is refused."""
    found = pull(way, CI, key, repository, "1.0")
    kind = {"content-type": found.headers["content-type"]}
    url = f"{HOST}/v2/{repository}/manifests/1.1"
    way.rest.session.put(url, data=found.content, headers=kind, auth=(CI, key))


def az(az: Az) -> None:
    """`az acr token` and `az acr scope-map`; whoever turns the clock signs in again."""
    on = ("--registry", REGISTRY)
    made = az("acr", "token", "create", *on, "--name", CI, "--repository", "shop/web", "content/read", "content/write")
    key = made["credentials"]["passwords"][0]["value"]
    release(az, key, "shop/web")
    release(az, key, "shop/api")
    az("acr", "scope-map", "create", *on, "--name", "kiosk-read", "--repository", "kiosk/*", "content/read")
    az("acr", "token", "create", *on, "--name", KIOSK, "--scope-map", "kiosk-read", "--no-passwords", "true")
    made = az("acr", "token", "credential", "generate", *on, "--name", KIOSK, "--password1", "--expiration", in_a_day())
    pull(az, KIOSK, made["passwords"][0]["value"], "kiosk/menu", "1.0")
    running.control().advance(HOURS * 3600)
    with tempfile.TemporaryDirectory() as place:
        later = Az(az.lab, Path(place))
        new = ("--name", KIOSK, "--password2", "--expiration", in_a_day())
        made = later("acr", "token", "credential", "generate", *on, *new)
        later("acr", "token", "credential", "delete", *on, "--name", KIOSK, "--password1")
        pull(later, KIOSK, made["passwords"][0]["value"], "kiosk/menu", "1.0")
        later("acr", "token", "update", *on, "--name", CI, "--status", "disabled")


def http(way: Way) -> None:
    """Requests and nothing else."""
    token(way, CI, "ci-web", ["repositories/shop/web/content/read", "repositories/shop/web/content/write"])
    key = new_key(way, CI, "password1", {})
    release(way, key, "shop/web")
    release(way, key, "shop/api")
    token(way, KIOSK, "kiosk-read", ["repositories/kiosk/*/content/read"])
    pull(way, KIOSK, new_key(way, KIOSK, "password1", {"expiry": in_a_day()}), "kiosk/menu", "1.0")
    running.control().advance(HOURS * 3600)
    way.rest = Rest()
    key = new_key(way, KIOSK, "password2", {"expiry": in_a_day()})
    change(way, KIOSK, {"credentials": {"passwords": [{"name": "password2"}]}})
    pull(way, KIOSK, key, "kiosk/menu", "1.0")
    change(way, CI, {"status": "disabled"})


def token(way: Way, name: str, scope_map: str, actions: list[str]) -> None:
    """A scope map, and a token that has it."""
    home = way.rest.registry_path(way.lab.group, REGISTRY)
    way.rest.arm("PUT", f"{home}/scopeMaps/{scope_map}", {"properties": {"actions": actions}})
    id = f"/subscriptions/{way.rest.subscription}{home}/scopeMaps/{scope_map}"
    way.rest.arm("PUT", f"{home}/tokens/{name}", {"properties": {"scopeMapId": id}})


def change(way: Way, name: str, properties: dict[str, Any]) -> None:
    """Change a token."""
    path = f"{way.rest.registry_path(way.lab.group, REGISTRY)}/tokens/{name}"
    way.rest.arm("PATCH", path, {"properties": properties})


def new_key(way: Way, name: str, which: str, more: dict[str, str]) -> str:
    """A new password of a token."""
    home = way.rest.registry_path(way.lab.group, REGISTRY)
    wanted = {"tokenId": f"/subscriptions/{way.rest.subscription}{home}/tokens/{name}", "name": which, **more}
    return str(way.rest.arm("POST", f"{home}/generateCredentials", wanted)["passwords"][0]["value"])
