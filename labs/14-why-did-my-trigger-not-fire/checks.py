"""What lab 14 expects of the registry contosolab14."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain import events

REGISTRY = "contosolab14"
REASONS = {"front": "stage", "orders": "trigger", "worker": "unknown", "sweep": "task"}  # what start.py did to each
IMAGES = ("front", "orders", "worker")


@check(
    "The four reasons are written down",
    points=4,
    step=1,
    hints=(
        "Every trigger that was looked at left a note, whether it fired or not.",
        "acrlab why --triggers in a terminal, or cloud.emulator.triggers(): each note names the task and says "
        "because. Put the word for it on the registry, as an Azure tag with the name of the task.",
        'tags = {"front": "stage", "orders": "trigger", "worker": "unknown", "sweep": "task"}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab14", {"tags": tags}).result()',
    ),
)
def explained(seen: Evidence) -> Iterator[Finding]:
    tags = seen.tags(REGISTRY)
    for task, reason in REASONS.items():
        given = tags.get(task, "")
        told = repr(given[:20]) if given else "no tag"
        yield expect(given.lower() == reason, f"the Azure tag {task} says why its trigger did not fire", told)


@check(
    "Each trigger is mended",
    points=4,
    step=2,
    hints=(
        "One change for each task. None has to be deleted.",
        "front: the trigger for All images, not Runtime alone. orders: its trigger enabled. worker: one run that "
        "succeeds. sweep: the task enabled.",
        'def change(task, **properties):\n'
        '    given = {"properties": properties}\n'
        '    registry.tasks.client.tasks.update(lab.group, "contosolab14", task, given)\n\n'
        'base = {"name": "base", "baseImageTriggerType": "Runtime", "status": "Enabled"}\n'
        'change("front", trigger={"baseImageTrigger": {**base, "baseImageTriggerType": "All"}})\n'
        'change("orders", trigger={"baseImageTrigger": base})\n'
        'registry.tasks.start("worker")\n'
        'change("sweep", status="Enabled")',
    ),
)
def mended(seen: Evidence) -> Iterator[Finding]:
    kind = _base(seen, "front").get("baseImageTriggerType", "none")
    yield expect(kind == "All", "the trigger of front looks at every stage", kind)
    status = _base(seen, "orders").get("status", "none")
    yield expect(status == "Enabled", "the trigger of orders is switched on", status)
    known = bool(seen.task(REGISTRY, "worker").get("step", {}).get("baseImageDependencies"))
    yield expect(known, "worker knows what it is built from", "it does" if known else "it does not")
    status = seen.task(REGISTRY, "sweep").get("status", "none")
    yield expect(status == "Enabled", "the task sweep is switched on", status)
    gone = [each for each in seen.of(events.ResourceDeleted) if "/tasks/" in each.id.lower()]
    yield never(bool(gone), "a task deleted", f"{len(gone)} deleted", "a task is changed in place: lab.reset(2)")


def _base(seen: Evidence, task: str) -> dict[str, str]:
    found = seen.task(REGISTRY, task).get("trigger") or {}
    return dict(found.get("baseImageTrigger") or {})


@check(
    "All four have fired",
    points=4,
    step=3,
    hints=(
        "Give each trigger a new occasion: a patch for three of them, time for the fourth.",
        "Build base/os:1 with another content, and turn the clock on by ten minutes: acrlab clock advance 10m, or "
        'cloud.emulator.advance("10m").',
        'release = {"Dockerfile": "FROM scratch\\nCOPY release /etc/\\n", "release": "os 1.0.2\\n"}\n'
        'registry.build(release, "base/os:1")\n'
        'cloud.emulator.advance("10m")\n'
        "registry.tasks.settled()",
    ),
)
def proven(seen: Evidence) -> Iterator[Finding]:
    for task, cause in {**dict.fromkeys(IMAGES, "image"), "sweep": "timer"}.items():
        runs = seen.runs(REGISTRY, task)
        fired = any(each.trigger == cause and each.status == "Succeeded" for each in runs)
        told = "it has" if fired else "runs by hand only" if runs else "no run"
        yield expect(fired, f"{task} has run because of its {cause} trigger", told)
