"""What lab 11 expects of the registry contosolab11."""

import base64
from collections.abc import Iterator
from typing import Any

import yaml

from acrlab.course import Evidence, Finding, check, expect, never

REGISTRY, TASK, IMAGE, TESTS = "contosolab11", "release-shop", "shop/app", 3
Step = dict[str, Any]


class Graph:
    """The steps of a task file, and what each waits for."""

    def __init__(self, text: str) -> None:
        self.steps = _steps(text)
        self._places = {step.get("id", f"step {place}"): place for place, step in enumerate(self.steps)}

    def of(self, kind: str) -> set[int]:
        """The places of the steps of a kind: build, cmd or push."""
        return {place for place, step in enumerate(self.steps) if kind in step}

    def before(self, place: int) -> set[int]:
        """Everything that has to be over before a step begins."""
        found: set[int] = set()
        for each in self._direct(place):
            found |= {each} | self.before(each)
        return found

    def _direct(self, place: int) -> set[int]:
        when = self.steps[place].get("when")
        if when is None:
            return {place - 1} if place else set()
        named = [when] if isinstance(when, str) else when
        return {self._places[each] for each in named if self._places.get(each, place) < place}


def _steps(text: str) -> list[Step]:
    try:
        found = yaml.safe_load(text)
        return [each for each in found["steps"] if isinstance(each, dict)]
    except (yaml.YAMLError, TypeError, KeyError):
        return []


def written(seen: Evidence) -> str:
    """The task file that the task holds."""
    content = seen.task(REGISTRY, TASK).get("step", {}).get("encodedTaskContent", "")
    return base64.b64decode(content).decode("utf-8", "replace")


@check(
    "The task builds, tests side by side, and pushes last",
    points=5,
    step=1,
    hints=(
        "Without when, each step waits for the one above. With when, you say what it waits for.",
        "Each test has when: [build], so that it waits for the build alone. The push has when with all three tests.",
        'text = """\n'
        "version: v1.1.0\n"
        "steps:\n"
        "  - id: build\n"
        "    build: -t $Registry/shop/app:$ID https://github.com/contoso/lab11.git#main:good\n"
        '  - {id: unit, cmd: "$Registry/shop/app:$ID sh /unit.sh", when: [build]}\n'
        '  - {id: smoke, cmd: "$Registry/shop/app:$ID sh /smoke.sh", when: [build]}\n'
        '  - {id: style, cmd: "$Registry/shop/app:$ID sh /style.sh", when: [build]}\n'
        "  - id: push\n"
        '    push: ["$Registry/shop/app:$ID"]\n'
        "    when: [unit, smoke, style]\n"
        '"""\n'
        "made(text)",
    ),
)
def graph(seen: Evidence) -> Iterator[Finding]:
    found = Graph(written(seen))
    builds, tests, pushes = found.of("build"), found.of("cmd"), found.of("push")
    yield expect(len(tests) >= TESTS, "three tests, each a step of its own", f"{len(tests)} steps with cmd")
    after = [each for each in tests if builds & found.before(each)]
    right = bool(tests) and len(after) == len(tests)
    yield expect(right, "every test waits for the build", f"{len(after)} of {len(tests)} do")
    free = [each for each in tests if not tests & found.before(each)]
    right = bool(tests) and len(free) == len(tests)
    yield expect(right, "no test waits for another", f"{len(free)} of {len(tests)} wait for none")
    gated = bool(pushes) and bool(tests) and all(tests <= found.before(each) for each in pushes)
    yield expect(gated, "the push waits for every test", "it does" if gated else "it does not")


@check(
    "A run of it has published shop/app",
    points=2,
    step=2,
    hints=(
        "A task does nothing until it is run.",
        "registry.tasks.start, or az acr task run. Name the image $Registry/shop/app:$ID: each run has its own "
        "id.",
        'registry.tasks.start("release-shop")',
    ),
)
def published(seen: Evidence) -> Iterator[Finding]:
    good = [each for each in seen.runs(REGISTRY, TASK) if each.status == "Succeeded"]
    yield expect(bool(good), "a run of release-shop that succeeded", f"{len(good)} such runs")
    pushed = [image for run in good for image in run.images if image.startswith(f"{IMAGE}:")]
    there = any(seen.digest(REGISTRY, each) for each in pushed)
    yield expect(there, "the image shop/app of such a run", "there" if there else "no such image")


@check(
    "A failed test has kept the broken image back",
    points=3,
    step=3,
    hints=(
        "In the folder broken one test fails. Run the same steps for that folder.",
        "Build from #main:broken in place of #main:good: change the task, run it, and change it back.",
        'made(text.replace("#main:good", "#main:broken"))\nregistry.tasks.start("release-shop")\nmade(text)',
    ),
)
def held_back(seen: Evidence) -> Iterator[Finding]:
    runs = seen.runs(REGISTRY, TASK)
    bad = [each for each in runs if each.status == "Failed"]
    yield expect(bool(bad), "a run of release-shop that failed", f"{len(bad)} such runs")
    repository = seen.repository(REGISTRY, IMAGE)
    tags = set(repository.tags) if repository is not None else set()
    early = tags & {each.id for each in bad}
    yield never(bool(early), "an image of a failed run published", f"{len(early)} published", "let the push wait")
    cut = any("cmd" in step and step.get("ignoreErrors") for step in Graph(written(seen)).steps)
    yield never(cut, "a test whose errors are ignored", "there is one")
