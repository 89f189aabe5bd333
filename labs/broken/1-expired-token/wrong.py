"""Wrong answers: five ways to make the symptom go away, or not even that."""

import contextlib

from acrlab.course.folder import Folder
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import Refused

REGISTRY, WEB = "contosobroken1", "shop/web"


@wrong("pulled", "the admin user, whose password does not expire", after=SOLVED)
def admin(bench: Bench) -> None:
    bench.change(REGISTRY, {"properties": {"adminUserEnabled": True}})


@wrong("pulled", "anonymous pull, so that no token is needed", after=SOLVED)
def anonymous(bench: Bench) -> None:
    bench.change(REGISTRY, {"sku": {"name": "Standard"}})
    bench.change(REGISTRY, {"properties": {"anonymousPullEnabled": True}})


@wrong("pulled", "the same token once more")
def again(bench: Bench) -> None:
    folder: Folder = bench.lab.folder
    door = bench.door(REGISTRY)
    door.keep(f"repository:{WEB}:pull", folder.module("start").token())
    with contextlib.suppress(Refused):
        door.manifest(WEB, "1.0", actions="pull")


@wrong("pulled", "a token bought and never used")
def unused(bench: Bench) -> None:
    bench.door(REGISTRY).access_token(f"repository:{WEB}:pull")
