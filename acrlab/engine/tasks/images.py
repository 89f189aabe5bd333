"""Base images: whose tasks are built anew when a tag gets another digest.

Source: container-registry-tasks-base-images (2023-10): at once in registries of Azure, public ones are polled; the
runtime image only unless the trigger says All; known after the first run that succeeded; a stable tag.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from acrlab.domain import events, moments, names
from acrlab.domain.tasks.dependencies import HUB
from acrlab.engine.access import runs as own
from acrlab.engine.errands import Errand
from acrlab.engine.state import Job, Resource
from acrlab.engine.tasks import automatic, runs
from acrlab.engine.upstream import Unready

if TYPE_CHECKING:
    from acrlab.engine.world import World

JOB = "task-poll"
KIND = "Image Update"
SOONEST, LATEST = 600.0, 3600.0  # seconds between two looks at a public image
HUBS = {HUB: "docker.io", "index.docker.io": "docker.io"}
TASKS = "/tasks/"
NEVER = "no run of the task has succeeded yet: what it is built from is not known"
_SPELLED = re.compile(r"^(\{\{\s*\.Run\.Registry\s*\}\}|\$Registry|[\w-]+\.azurecr\.io)/")  # a registry before a name


def pushed(world: "World", event: events.ManifestPushed) -> Iterator[events.Event]:
    """A tag was pushed: the tasks that are built from it, and why the others that might be are not."""
    registry = world.state.registries[event.registry]
    if not event.tag:
        return
    repository = registry.repositories.get(event.repository)
    known = repository.tags.get(event.tag) if repository is not None else None
    image = {
        "registry": registry.login_server, "repository": event.repository, "tag": event.tag, "digest": event.digest
    }  # fmt: skip
    before, ahead, maker = known.digest if known is not None else "", dict[str, int](), _maker(world, event.by)
    for task in _watching(world):
        if task.id.lower() != maker or dependencies(task):
            yield from _judged(world, task, image, before, ahead)


def _maker(world: "World", by: str) -> str:
    """The task whose run has pushed; empty where it was no run of a task."""
    run = world.state.resources.get(by.removeprefix(own.PREFIX)) if by.startswith(own.PREFIX) else None
    name = run.body["properties"].get("task") if run is not None else None
    return f"{by.removeprefix(own.PREFIX).rpartition('/runs/')[0]}/tasks/{name}".lower() if name else ""


def _watching(world: "World") -> list[Resource]:
    """Every task with a trigger for base images, by id."""
    found = [each for key, each in world.state.resources.items() if TASKS in key and "step" in each.body["properties"]]
    with_trigger = [each for each in found if _trigger(each)]
    return sorted(with_trigger, key=lambda each: each.id.lower())


def _trigger(task: Resource) -> dict[str, Any]:
    return dict((task.body["properties"].get("trigger") or {}).get("baseImageTrigger") or {})


def dependencies(task: Resource) -> list[dict[str, str]]:
    """What the image of a task was last built from."""
    return list(task.body["properties"]["step"].get("baseImageDependencies") or ())


def _judged(
    world: "World", task: Resource, image: dict[str, str], before: str, ahead: dict[str, int]
) -> Iterator[events.Event]:  # fmt: skip
    trigger, because = _trigger(task), _against(world, task, image, before)
    if because is None:
        return
    if because:
        yield automatic.declined(world, task, trigger["name"], KIND, _named(image), because)
        return
    yield from fired(world, task, image, ahead)


def _named(image: dict[str, str]) -> str:
    return f"{_reference(image)} was pushed with {image['digest'][:19]}"


def _reference(image: dict[str, str]) -> str:
    return f"{image['registry']}/{image['repository']}:{image['tag']}"


def _against(world: "World", task: Resource, image: dict[str, str], before: str) -> str | None:
    """Why a push does not build a task anew; empty when it does, None when it does not concern the task."""
    registry, known, trigger = runs.registry_of_task(world, task), dependencies(task), _trigger(task)
    home = registry is not None and registry.login_server == image["registry"]
    if not known:
        return NEVER if home and _first_told(world, task, image, before) else None
    place = image["registry"], image["repository"]
    same = [each for each in known if (each["registry"], each["repository"]) == place]
    if not same:
        return None
    if trigger["status"] != automatic.ENABLED:
        return "the trigger is disabled: az acr task update --base-image-trigger-enabled true"
    tagged = [each for each in same if each.get("tag") == image["tag"]]
    if not tagged:
        return f"the task is built from the tag {same[0].get('tag') or same[0].get('digest')}, and another was pushed"
    runtime = [each for each in tagged if each["type"] == "Runtime"]
    if not runtime and trigger["baseImageTriggerType"] != "All":
        return "only a stage that is not the last is built from it, and the trigger is for the Runtime image"
    if image["digest"] in {before, *(each.get("digest") for each in tagged)}:
        return "the tag has the digest that it had before"
    if not home and not _credential(task, image["registry"]):
        return f"the task has no credential for {image['registry']}: az acr task credential add"
    return ""


def _first_told(world: "World", task: Resource, image: dict[str, str], before: str) -> bool:
    """Whether a push might have been of a base that the task does not know yet, and nobody has heard of that image."""
    if image["digest"] == before or image["repository"] in _targets(task):
        return False
    pushed = f"{_reference(image)} was pushed"
    told = world.state.judgements.get(task.id.lower(), ())
    return not any(NEVER in each.because and each.because[0].startswith(pushed) for each in told)


def _targets(task: Resource) -> set[str]:
    """The repositories that a task builds images for."""
    names = task.body["properties"]["step"].get("imageNames") or ()
    return {_SPELLED.sub("", str(name)).partition(":")[0].lower() for name in names}


def _credential(task: Resource, host: str) -> bool:
    custom = (task.body["properties"].get("credentials") or {}).get("customRegistries") or {}
    return bool(custom.get(host))


def fired(
    world: "World", task: Resource, image: dict[str, str], ahead: dict[str, int]
) -> tuple[events.Event, ...]:  # fmt: skip
    """The run of a task whose base image has changed. Source: rest example Runs_List of 2025-03-01-preview."""
    update = {"id": world.uuid(), "timestamp": moments.stamp(world.now()), "images": [image]}
    name = task.id.split("/")[8].lower()
    found = automatic.judged(
        world, task, _trigger(task)["name"], KIND, {"imageUpdateTrigger": update}, _named(image), ahead.get(name, 0)
    )  # fmt: skip
    ahead[name] = ahead.get(name, 0) + sum(isinstance(each, events.RunQueued) for each in found)
    return found


# Public images


def learned(world: "World", event: events.TaskLearned) -> Iterator[events.Event]:
    """A task knows what it is built from: what is public of it is looked at now and then."""
    task = world.state.resources.get(event.id.lower())
    waiting = any(job.name == JOB and job.arguments["task"] == event.id.lower() for job in world.state.jobs)
    if task is None or waiting or not _trigger(task) or not _public(world, event.dependencies):
        return
    yield _planned(world, event.id)


def _public(world: "World", found: list[dict[str, str]]) -> list[dict[str, str]]:
    return [each for each in found if world.registry_at(each["registry"]) is None and each.get("tag")]


def _planned(world: "World", task: str) -> events.JobScheduled:
    """The next look, at a random moment. Source: container-registry-tasks-base-images: every 10 to 60 minutes."""
    chance = int.from_bytes(world.random(4)) / 2**32
    due = world.now() + SOONEST + (LATEST - SOONEST) * chance
    return events.JobScheduled(
        at=world.now(), job=world.uuid(), name=JOB, due=due, arguments={"task": task.lower()}
    )  # fmt: skip


class Looks(Errand):
    """The public images of a task are looked at; one that has to be put together first is, without the lock."""

    def __init__(self, world: "World", job: Job) -> None:
        self._world, self._task = world, job.arguments["task"]
        self._unready: list[Unready] = []
        task = self._found()
        for each in _looked_at(world, task) if task is not None else ():
            try:
                _digest(world, each)
            except Unready as unready:
                self._unready.append(unready)

    @property
    def slow(self) -> bool:
        return bool(self._unready)

    def prepare(self) -> None:
        for each in self._unready:
            with suppress(OSError):  # nobody can say what the tag points at
                each.prepare()

    def finish(self) -> tuple[events.Event, ...]:
        task = self._found()
        return _polled(self._world, task) if task is not None else ()

    def _found(self) -> Resource | None:
        """The task, unless it is gone or watches no image any more."""
        task = self._world.state.resources.get(self._task)
        return task if task is not None and _trigger(task) else None


def _looked_at(world: "World", task: Resource) -> list[dict[str, str]]:
    everything = _trigger(task)["baseImageTriggerType"] == "All"
    return [each for each in _public(world, dependencies(task)) if everything or each["type"] == "Runtime"]


def _polled(world: "World", task: Resource) -> tuple[events.Event, ...]:
    """What is new, and the next look."""
    found: list[events.Event] = []
    for each in _looked_at(world, task):
        digest = ""
        with suppress(Unready):  # it could not be put together
            digest = _digest(world, each)
        if digest and digest != each.get("digest"):
            image = {key: value for key, value in each.items() if key != "type"} | {"digest": digest}
            found.extend(_changed(world, task, image))
            break
    if dependencies(task):
        found.append(_planned(world, task.id))
    return tuple(found)


def _changed(world: "World", task: Resource, image: dict[str, str]) -> tuple[events.Event, ...]:
    trigger = _trigger(task)
    if trigger["status"] != automatic.ENABLED:
        return (automatic.declined(world, task, trigger["name"], KIND, _named(image), "the trigger is disabled"),)
    pending = [
        each for each in runs.unfinished(world)
        if each.body["properties"].get("task") == task.id.rpartition("/")[2]
        and "imageUpdateTrigger" in each.body["properties"]
    ]  # fmt: skip
    if pending:
        why = f"the run {pending[0].id.rpartition('/')[2]} for an update of an image is still under way"
        return (automatic.declined(world, task, trigger["name"], KIND, _named(image), why),)
    return fired(world, task, image, {})


def _digest(world: "World", image: dict[str, str]) -> str:
    """What a public tag points at now; empty where nobody can say. Raises: Unready."""
    upstream = world.upstreams(HUBS.get(image["registry"], image["registry"]))
    if upstream is None:
        return ""
    with suppress(OSError):
        found = upstream.manifest(image["repository"], image["tag"])
        return names.digest_of(found[0]) if found is not None else ""
    return ""
