"""Wrong answers to lab 06."""

import datetime
from typing import Any

import requests

from acrlab.client import running
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import INDEX, Rest

REGISTRY, CI, KIOSK = "contosolab06", "lab06-ci", "lab06-kiosk"
HOST = f"https://{REGISTRY}.azurecr.io"
WEB = ["repositories/shop/web/content/read", "repositories/shop/web/content/write"]
BELOW = ["repositories/kiosk/*/content/read"]


def home(bench: Bench) -> str:
    return bench.rest.registry_path(bench.lab.group, REGISTRY)


def whole(bench: Bench, below: str) -> str:
    return f"/subscriptions/{bench.rest.subscription}{home(bench)}{below}"


def scope_map(bench: Bench, name: str, actions: list[str]) -> None:
    bench.rest.arm("PUT", f"{home(bench)}/scopeMaps/{name}", {"properties": {"actions": actions}})


def token(bench: Bench, name: str, scope: str) -> None:
    properties = {"scopeMapId": whole(bench, f"/scopeMaps/{scope}")}
    bench.rest.arm("PUT", f"{home(bench)}/tokens/{name}", {"properties": properties})


def change(bench: Bench, name: str, properties: dict[str, Any]) -> None:
    bench.rest.arm("PATCH", f"{home(bench)}/tokens/{name}", {"properties": properties})


def new_key(bench: Bench, name: str, which: str, hours: int = 0) -> str:
    wanted = {"tokenId": whole(bench, f"/tokens/{name}"), "name": which}
    if hours:
        now = datetime.datetime.fromtimestamp(running.control().status()["now"], datetime.UTC)
        wanted["expiry"] = (now + datetime.timedelta(hours=hours)).isoformat()
    return str(bench.rest.arm("POST", f"{home(bench)}/generateCredentials", wanted)["passwords"][0]["value"])


def pull(bench: Bench, user: str, key: str, image: str) -> requests.Response:
    repository, _, tag = image.partition(":")
    url = f"{HOST}/v2/{repository}/manifests/{tag}"
    return bench.rest.session.get(url, auth=(user, key), headers={"accept": INDEX})


def release(bench: Bench, key: str, repository: str) -> None:
    found = pull(bench, CI, key, f"{repository}:1.0")
    kind = {"content-type": found.headers["content-type"]}
    url = f"{HOST}/v2/{repository}/manifests/1.1"
    bench.rest.session.put(url, data=found.content, headers=kind, auth=(CI, key))


def pass_hours(bench: Bench, hours: int) -> None:
    """Turn the clock; tokens of before are over then."""
    running.control().advance(hours * 3600)
    bench.rest = Rest()


def kiosk(bench: Bench) -> str:
    """The token of step 2, as it should be; its password."""
    scope_map(bench, "kiosk-read", BELOW)
    token(bench, KIOSK, "kiosk-read")
    key = new_key(bench, KIOSK, "password1", 24)
    pull(bench, KIOSK, key, "kiosk/menu:1.0")
    return key


@wrong("ci", "the map for pushing that comes with the registry")
def provided_push(bench: Bench) -> None:
    token(bench, CI, "_repositories_push")
    release(bench, new_key(bench, CI, "password1"), "shop/web")


@wrong("ci", "writing without reading")
def only_write(bench: Bench) -> None:
    scope_map(bench, "ci-web", WEB[1:])
    token(bench, CI, "ci-web")
    release(bench, new_key(bench, CI, "password1"), "shop/web")


@wrong("ci", "deleting as well, to be on the safe side", after=SOLVED)
def and_delete(bench: Bench) -> None:
    scope_map(bench, "ci-web", [*WEB, "repositories/shop/web/content/delete"])


@wrong("ci", "everything below shop/")
def whole_shop(bench: Bench) -> None:
    scope_map(bench, "ci-web", ["repositories/shop/*/content/read", "repositories/shop/*/content/write"])
    token(bench, CI, "ci-web")
    release(bench, new_key(bench, CI, "password1"), "shop/web")


@wrong("ci", "made, and never tried")
def untried(bench: Bench) -> None:
    scope_map(bench, "ci-web", WEB)
    token(bench, CI, "ci-web")


@wrong("ci", "the admin user, switched off again afterwards", after=SOLVED)
def admin_for_a_while(bench: Bench) -> None:
    for on in (True, False):
        bench.change(REGISTRY, {"properties": {"adminUserEnabled": on}})


@wrong("kiosk", "the map for pulling that comes with the registry")
def provided_pull(bench: Bench) -> None:
    token(bench, KIOSK, "_repositories_pull")
    pull(bench, KIOSK, new_key(bench, KIOSK, "password1", 24), "kiosk/menu:1.0")


@wrong("kiosk", "the one repository that is there today")
def today_only(bench: Bench) -> None:
    scope_map(bench, "kiosk-read", ["repositories/kiosk/menu/content/read"])
    token(bench, KIOSK, "kiosk-read")
    pull(bench, KIOSK, new_key(bench, KIOSK, "password1", 24), "kiosk/menu:1.0")


@wrong("kiosk", "a password without an end")
def endless(bench: Bench) -> None:
    scope_map(bench, "kiosk-read", BELOW)
    token(bench, KIOSK, "kiosk-read")
    pull(bench, KIOSK, new_key(bench, KIOSK, "password1"), "kiosk/menu:1.0")


@wrong("kiosk", "a password for a month, beside the one for a day", after=SOLVED)
def for_a_month(bench: Bench) -> None:
    new_key(bench, KIOSK, "password1", 30 * 24)


@wrong("kiosk", "the pull done as oneself")
def as_oneself(bench: Bench) -> None:
    scope_map(bench, "kiosk-read", BELOW)
    token(bench, KIOSK, "kiosk-read")
    new_key(bench, KIOSK, "password1", 24)
    bench.door(REGISTRY).manifest("kiosk/menu", "1.0")


@wrong("kiosk", "a map for everything, kept for later", after=SOLVED)
def for_later(bench: Bench) -> None:
    scope_map(bench, "spare-map", ["repositories/*/content/read"])


@wrong("kiosk", "anonymous pull until the kiosks were set up", after=SOLVED)
def open_for_a_while(bench: Bench) -> None:
    for on in (True, False):
        bench.change(REGISTRY, {"properties": {"anonymousPullEnabled": on}})


@wrong("rotated", "password1 made anew, and the kiosks told afterwards")
def gap(bench: Bench) -> None:
    kiosk(bench)
    pass_hours(bench, 20)
    pull(bench, KIOSK, new_key(bench, KIOSK, "password1", 24), "kiosk/menu:1.0")


@wrong("rotated", "the second password made, and the first one left")
def both_stay(bench: Bench) -> None:
    kiosk(bench)
    pass_hours(bench, 20)
    pull(bench, KIOSK, new_key(bench, KIOSK, "password2", 24), "kiosk/menu:1.0")


@wrong("rotated", "nobody has tried the new one")
def not_tried(bench: Bench) -> None:
    kiosk(bench)
    pass_hours(bench, 20)
    new_key(bench, KIOSK, "password2", 24)
    change(bench, KIOSK, {"credentials": {"passwords": [{"name": "password2"}]}})


@wrong("rotated", "the token deleted and made anew")
def made_anew(bench: Bench) -> None:
    kiosk(bench)
    pass_hours(bench, 20)
    bench.rest.arm("DELETE", f"{home(bench)}/tokens/{KIOSK}")
    kiosk(bench)


@wrong("disabled", "deleted", after=SOLVED)
def deleted(bench: Bench) -> None:
    bench.rest.arm("DELETE", f"{home(bench)}/tokens/{CI}")


@wrong("disabled", "its passwords taken away", after=SOLVED)
def without_passwords(bench: Bench) -> None:
    change(bench, CI, {"credentials": {"passwords": []}})


@wrong("disabled", "deleted, and made anew as it was", after=SOLVED)
def back_again(bench: Bench) -> None:
    bench.rest.arm("DELETE", f"{home(bench)}/tokens/{CI}")
    token(bench, CI, "ci-web")
    new_key(bench, CI, "password1")
    change(bench, CI, {"status": "disabled"})


@wrong("disabled", "both tokens switched off", after=SOLVED)
def both_off(bench: Bench) -> None:
    change(bench, KIOSK, {"status": "disabled"})


@wrong("disabled", "switched on again", after=SOLVED)
def on_again(bench: Bench) -> None:
    change(bench, CI, {"status": "enabled"})
