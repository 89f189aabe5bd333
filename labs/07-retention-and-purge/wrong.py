"""Wrong answers to lab 07."""

import base64
from typing import Any

from acrlab.client import running
from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import Rest

REGISTRY, TASK, DAY = "contosolab07", "clean", 86400
PREVIEW = "2025-06-01-preview"
NUMBERS = "ci/pr:^[0-9]+$"


def pass_days(bench: Bench, days: int) -> None:
    """Turn the clock; tokens of before are over then."""
    running.control().advance(days * DAY)
    bench.rest = Rest()


def retention(bench: Bench, days: int) -> None:
    bench.change(REGISTRY, {"properties": {"policies": {"retentionPolicy": {"status": "enabled", "days": days}}}})


def soft_delete(bench: Bench, status: str = "enabled") -> None:
    policy = {"softDeletePolicy": {"status": status, "retentionDays": 7}}
    path = bench.rest.registry_path(bench.lab.group, REGISTRY)
    bench.rest.arm("PATCH", path, {"properties": {"policies": policy}}, version=PREVIEW)


def next_night(bench: Bench) -> None:
    bench.door(REGISTRY).push("ci/nightly:latest", Image.hello(text="night 2\n", format="docker"))


def digest(bench: Bench, repository: str, tag: str) -> str:
    return bench.door(REGISTRY).manifest(repository, tag).headers["docker-content-digest"]


def purge(bench: Bench, pattern: str, ago: str, *, timer: bool = True) -> None:
    file = f"version: v1.1.0\nsteps:\n  - cmd: acr purge --filter '{pattern}' --ago {ago} --untagged\n"
    step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(file.encode()).decode()}
    triggers: dict[str, Any] = {"timerTriggers": [{"name": "daily", "schedule": "0 4 * * *"}]} if timer else {}
    bench.builds(REGISTRY).task(TASK, step=step, trigger=triggers)


@wrong("retained", "deleted by hand, without a policy")
def by_hand(bench: Bench) -> None:
    first = digest(bench, "ci/nightly", "latest")
    next_night(bench)
    bench.door(REGISTRY).delete_manifest("ci/nightly", first)


@wrong("retained", "the policy a day after the push")
def policy_too_late(bench: Bench) -> None:
    next_night(bench)
    pass_days(bench, 1)
    retention(bench, 7)
    pass_days(bench, 8)


@wrong("retained", "a policy of thirty days")
def too_long(bench: Bench) -> None:
    retention(bench, 30)
    next_night(bench)
    pass_days(bench, 8)


@wrong("retained", "the newest night removed as well", after=SOLVED)
def newest_too(bench: Bench) -> None:
    bench.door(REGISTRY).delete_tag("ci/nightly", "latest")


@wrong("restored", "deleted without soft delete, and pushed again")
def pushed_again(bench: Bench) -> None:
    bench.door(REGISTRY).delete_manifest("shop/web", digest(bench, "shop/web", "1.0"))
    bench.door(REGISTRY).push("shop/web:1.0", Image.hello(text="web 1.0\n"))


@wrong("restored", "deleted, and left among the deleted")
def left_there(bench: Bench) -> None:
    soft_delete(bench)
    bench.door(REGISTRY).delete_manifest("shop/web", digest(bench, "shop/web", "1.0"))


@wrong("restored", "restored without its tag")
def nameless(bench: Bench) -> None:
    soft_delete(bench)
    image = digest(bench, "shop/web", "1.0")
    bench.door(REGISTRY).delete_manifest("shop/web", image)
    path = f"/acr/v1/_deleted/shop/web/_manifests/{image}"
    bench.door(REGISTRY).send("POST", path, "shop/web", json={}, actions="deleted_read,deleted_restore")


@wrong("restored", "soft delete switched off afterwards", after=SOLVED)
def off_again(bench: Bench) -> None:
    soft_delete(bench, "disabled")


@wrong("purged", "a task that nobody but a person starts")
def no_timer(bench: Bench) -> None:
    pass_days(bench, 4)
    purge(bench, NUMBERS, "3d", timer=False)
    bench.builds(REGISTRY).start(TASK)


@wrong("purged", "an age that no tag has reached")
def too_young(bench: Bench) -> None:
    purge(bench, NUMBERS, "30d")
    pass_days(bench, 2)
    bench.builds(REGISTRY).settle()


@wrong("purged", "a filter that matches every tag")
def everything(bench: Bench) -> None:
    pass_days(bench, 4)
    purge(bench, "ci/pr:.*", "3d")
    pass_days(bench, 1)
    bench.builds(REGISTRY).settle()
