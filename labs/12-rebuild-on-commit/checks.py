"""What lab 12 expects of the registry contosolab12."""

from collections.abc import Iterator
from typing import Any

from acrlab.course import Evidence, Finding, check, expect
from acrlab.domain import events

REGISTRY, TASK, IMAGE = "contosolab12", "build-web", "shop/web:latest"
SOURCE = "github.com/contoso/lab12"


def trigger(seen: Evidence) -> dict[str, Any]:
    """The trigger of the task that watches the source; empty when there is none."""
    found = (seen.task(REGISTRY, TASK).get("trigger") or {}).get("sourceTriggers") or []
    mine = (each for each in found if SOURCE in each["sourceRepository"]["repositoryUrl"].lower())
    return next(mine, {})


@check(
    "build-web watches the commits to main",
    points=3,
    step=1,
    hints=(
        "A task with a source trigger listens to a repository. It needs a token to do so.",
        "az acr task create with --context, --file, --image and --git-access-token: the commit trigger is on by "
        "default. In Resource Manager it is one of sourceTriggers, with the events and the branch.",
        'step = {"type": "Docker", "contextPath": f"{url}#main", "dockerFilePath": "Dockerfile",\n'
        '        "imageNames": ["shop/web:latest"]}\n'
        'registry.tasks.create("build-web", step=step, trigger={"sourceTriggers": [watching]})',
    ),
)
def watched(seen: Evidence) -> Iterator[Finding]:
    found = trigger(seen)
    yield expect(bool(found), f"a source trigger of build-web for {SOURCE}", "there is one" if found else "none")
    named = [each.lower() for each in found.get("sourceTriggerEvents", [])]
    yield expect("commit" in named, "it is for commits", ", ".join(named) or "for nothing")
    branch = found.get("sourceRepository", {}).get("branch") or "no branch"
    yield expect(branch == "main", "it is for the branch main", branch)


@check(
    "A commit has built shop/web:latest",
    points=3,
    step=2,
    hints=(
        "Change the source. The registry does the rest.",
        "git clone, commit and push, or one PUT to the contents of the repository at api.github.com. Running the task "
        "yourself proves nothing about its trigger.",
        'commit("sale.html", "everything must go\\n")',
    ),
)
def rebuilt(seen: Evidence) -> Iterator[Finding]:
    runs = [each for each in seen.runs(REGISTRY, TASK) if each.trigger == "source" and each.status == "Succeeded"]
    yield expect(bool(runs), "a run of build-web that a commit set off", f"{len(runs)} such runs")
    digest = seen.digest(REGISTRY, IMAGE)
    made = bool(digest) and any(each.images.get(IMAGE) == digest for each in runs)
    yield expect(made, f"{IMAGE} is what such a run has built", "it is" if made else "it is not")


@check(
    "A commit was made while the trigger was off, and it is on again",
    points=4,
    step=3,
    hints=(
        "Off, commit, look, on. Switch the trigger off, not the task.",
        "It is the status of the trigger: Disabled, then Enabled. az 2.91 has an option for it that does not work on "
        "this kind of task; az rest does. cloud.emulator.triggers() tells what became of the commit.",
        'off = {**watching, "status": "Disabled"}\n'
        'registry.tasks.create("build-web", step=step, trigger={"sourceTriggers": [off]})\n'
        'commit("secret.html", "not before Monday\\n")\n'
        'registry.tasks.create("build-web", step=step, trigger={"sourceTriggers": [watching]})',
    ),
)
def frozen(seen: Evidence) -> Iterator[Finding]:
    judged = [each for each in seen.of(events.TriggerJudged) if each.task.endswith(f"/{TASK}")]
    quiet = [each for each in judged if not each.run and "the trigger is disabled" in each.because]
    yield expect(bool(quiet), "a commit that the trigger, switched off, did not follow", f"{len(quiet)} such commits")
    status = trigger(seen).get("status", "none")
    yield expect(status == "Enabled", "the trigger is switched on", status)
