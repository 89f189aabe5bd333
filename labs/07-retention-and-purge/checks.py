"""What lab 07 expects of the registry contosolab07."""

from collections.abc import Iterator
from typing import Any

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain import events

REGISTRY, TASK = "contosolab07", "clean"
NIGHTLY, WEB, AUDITED = "ci/nightly:latest", "shop/web:1.0", "ci/pr:keep"
OLD = ("1", "2", "3")
DAYS = 7


def policy(seen: Evidence, name: str) -> dict[str, Any]:
    """A policy of the registry; empty when there is none."""
    found = seen.resource(REGISTRY).get("properties", {}).get("policies", {}).get(name)
    return dict(found or {})


def was(seen: Evidence, image: str) -> str:
    """The digest behind an image when the lab began."""
    name, _, tag = image.partition(":")
    before = seen.before.registries.get(REGISTRY)
    return before.repositories[name].tags[tag].digest if before is not None and name in before.repositories else ""


def deletions(seen: Evidence, image: str) -> list[events.ManifestDeleted]:
    """When the image that was there at the beginning was deleted."""
    return seen.of(events.ManifestDeleted, registry=REGISTRY, digest=was(seen, image))


@check(
    "The policy has deleted the first night's image",
    points=3,
    step=1,
    hints=(
        "The policy counts from the day on which an image loses its last tag. So first the policy, then the push.",
        "az acr config retention update with --days 7, a new push of ci/nightly:latest in Docker's format, and "
        "cloud.emulator.advance for more than seven days.",
        'on = {"properties": {"policies": {"retentionPolicy": {"status": "enabled", "days": 7}}}}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab07", on).result()\n'
        'registry.push("ci/nightly:latest", Image.hello(text="night 2", format="docker"))\n'
        'cloud.emulator.advance("8d")',
    ),
)
def retained(seen: Evidence) -> Iterator[Finding]:
    found = policy(seen, "retentionPolicy")
    on = found.get("status") == "enabled"
    yield expect(on and found.get("days") == DAYS, "a retention policy of seven days", _days(found, "days"))
    by_service = [each for each in deletions(seen, NIGHTLY) if not each.by]
    told = "it was" if by_service else "it was not"
    yield expect(bool(by_service), "the first night's image deleted by the policy", told)
    now = seen.digest(REGISTRY, NIGHTLY)
    newer = bool(now) and now != was(seen, NIGHTLY)
    yield expect(newer, f"a newer image behind {NIGHTLY}", "there is one" if newer else "there is none")


def _days(found: dict[str, Any], name: str) -> str:
    return f"{found.get(name)} days" if found.get("status") == "enabled" else "it is off"


@check(
    "shop/web:1.0 was deleted, and is back",
    points=3,
    step=2,
    hints=(
        "What is deleted before soft delete is on is gone at once. In what order do you work?",
        "az acr config soft-delete update, az acr manifest delete, az acr manifest restore. Soft delete is in "
        "preview: only a preview version of the API knows the policy.",
        'policy = {"softDeletePolicy": {"status": "enabled", "retentionDays": 7}}\n'
        'on = {"properties": {"policies": policy}}\n'
        'preview.registries.begin_update(lab.group, "contosolab07", on).result()\n'
        'digest = registry.manifest("shop/web:1.0").digest\n'
        'registry.delete("shop/web:1.0")\n'
        'registry.restore(f"shop/web@{digest}", "1.0")',
    ),
)
def restored(seen: Evidence) -> Iterator[Finding]:
    found = policy(seen, "softDeletePolicy")
    on = found.get("status") == "enabled" and found.get("retentionDays") == DAYS
    yield expect(on, "soft delete with seven days", _days(found, "retentionDays"))
    kept = [each for each in deletions(seen, WEB) if each.kept]
    yield expect(bool(kept), f"{WEB} deleted while soft delete was on", "it was" if kept else "it was not")
    back = seen.of(events.ManifestRestored, registry=REGISTRY, digest=was(seen, WEB))
    yield expect(bool(back), f"the image of {WEB} restored", "it was" if back else "it was not")
    named = bool(back) and seen.digest(REGISTRY, WEB) == was(seen, WEB)
    yield expect(named, f"{WEB} leads to the restored image", "it does" if named else "it does not")


@check(
    "A task on a timer has removed the old tags of ci/pr",
    points=4,
    step=3,
    hints=(
        "A task may hold a single step: acr purge. What does its filter have to match, and what not?",
        "The filter is repository:expression, and the expression may match anywhere in a tag: ^[0-9]+$ matches "
        "numbers only. Give the task a timer, and turn the clock past it.",
        'file = "version: v1.1.0\\nsteps:\\n  - cmd: acr purge --filter \'ci/pr:^[0-9]+$\' --ago 3d --untagged\\n"\n'
        'step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(file.encode()).decode()}\n'
        'daily = {"timerTriggers": [{"name": "daily", "schedule": "0 4 * * *"}]}\n'
        'registry.tasks.create("clean", step=step, trigger=daily)\n'
        'cloud.emulator.advance("1d")\n'
        'registry.tasks.settled("clean")',
    ),
)
def purged(seen: Evidence) -> Iterator[Finding]:
    timers = (seen.task(REGISTRY, TASK).get("trigger") or {}).get("timerTriggers") or []
    yield expect(bool(timers), f"a task {TASK} with a timer", f"{len(timers)} timers")
    runs = [each for each in seen.runs(REGISTRY, TASK) if each.trigger == "timer" and each.status == "Succeeded"]
    yield expect(bool(runs), "a run that the timer began, and that succeeded", "one at least" if runs else "none")
    left = [tag for tag in OLD if seen.digest(REGISTRY, f"ci/pr:{tag}")]
    yield expect(not left, "no tag of a pull request in ci/pr", ", ".join(left) or "none")
    lost = seen.digest(REGISTRY, AUDITED) != was(seen, AUDITED)
    yield never(lost, f"{AUDITED} removed or changed", "it was", "a filter that matches numbers only leaves it alone")
