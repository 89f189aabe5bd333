"""Wrong answers to lab 04."""

import contextlib
import uuid

from acrlab.client.image import Image
from acrlab.course import beginning
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import Refused, Rest
from acrlab.domain import roles

REGISTRY, WEB = "contosolab04", "shop/web"
DEPLOY, BUILD = "lab04-deploy", "lab04-build"
MINE = Image.hello(text="mine\n")


def assign(bench: Bench, name: str, role: str, scope: str | None = None) -> None:
    found = roles.find(role)
    assert found is not None
    at = bench.rest.registry_path(bench.lab.group, REGISTRY) if scope is None else scope
    bench.rest.assign(at, found.id, bench.lab.object_id(name), str(uuid.uuid4()))


def signed_in(bench: Bench, name: str) -> Rest:
    return Rest(*beginning.secret(bench.rest, name))


@wrong("admin", "passwords regenerated instead")
def regenerated(bench: Bench) -> None:
    path = bench.rest.registry_path(bench.lab.group, REGISTRY)
    bench.rest.arm("POST", f"{path}/regenerateCredential", {"name": "password"})


@wrong("admin", "switched off and on again", after=SOLVED)
def on_again(bench: Bench) -> None:
    bench.change(REGISTRY, {"properties": {"adminUserEnabled": True}})


@wrong("admin", "another registry without admin user")
def another(bench: Bench) -> None:
    bench.registry("contosolab04b", adminUserEnabled=False)


@wrong("deploy", "Reader")
def reader(bench: Bench) -> None:
    assign(bench, DEPLOY, "Reader")


@wrong("deploy", "AcrPull for the whole resource group")
def group_wide(bench: Bench) -> None:
    assign(bench, DEPLOY, "AcrPull", f"/resourceGroups/{bench.lab.group}")


@wrong("deploy", "AcrPull, and Contributor to be on the safe side", after=SOLVED)
def and_more(bench: Bench) -> None:
    assign(bench, DEPLOY, "Contributor")


@wrong("deploy", "AcrPull for the other application")
def mixed_up(bench: Bench) -> None:
    assign(bench, BUILD, "AcrPull")


@wrong("build", "Contributor")
def contributor(bench: Bench) -> None:
    assign(bench, BUILD, "Contributor")


@wrong("build", "AcrPull and AcrPush", after=SOLVED)
def both(bench: Bench) -> None:
    assign(bench, BUILD, "AcrPull")


@wrong("build", "AcrPush for the whole subscription")
def everywhere(bench: Bench) -> None:
    assign(bench, BUILD, "AcrPush", "")


@wrong("proved", "pulled as oneself")
def as_oneself(bench: Bench) -> None:
    assign(bench, DEPLOY, "AcrPull")
    bench.door(REGISTRY).manifest(WEB, "1.0")


@wrong("proved", "pulled, and the push never tried")
def only_pulled(bench: Bench) -> None:
    assign(bench, DEPLOY, "AcrPull")
    signed_in(bench, DEPLOY).door(f"{REGISTRY}.azurecr.io").manifest(WEB, "1.0")


@wrong("proved", "pushed with a role that allows it", after=SOLVED)
def pushes(bench: Bench) -> None:
    assign(bench, DEPLOY, "AcrPush")
    signed_in(bench, DEPLOY).door(f"{REGISTRY}.azurecr.io").push(f"{WEB}:mine", MINE)


@wrong("proved", "refused in everything, for want of any role")
def no_role(bench: Bench) -> None:
    with contextlib.suppress(Refused):
        signed_in(bench, DEPLOY).door(f"{REGISTRY}.azurecr.io").manifest(WEB, "1.0")


@wrong("read", "what was asked for instead of what was granted", after=SOLVED)
def asked(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"granted": "pull,push", "access-minutes": "75", "refresh-hours": "3"}})


@wrong("read", "the lifetime of an Entra token", after=SOLVED)
def entra(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"granted": "pull", "access-minutes": "60", "refresh-hours": "1"}})


@wrong("read", "guessed")
def guessed(bench: Bench) -> None:
    bench.change(REGISTRY, {"tags": {"granted": "pull", "access-minutes": "75", "refresh-hours": "3"}})
