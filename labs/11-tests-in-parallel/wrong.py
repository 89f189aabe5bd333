"""Wrong answers to lab 11."""

import base64

from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY, TASK = "contosolab11", "release-shop"
BUILD = "  - id: build\n    build: -t $Registry/shop/app:$ID https://github.com/contoso/lab11.git#main:{folder}\n"
PUSH = '  - id: push\n    push: ["$Registry/shop/app:$ID"]\n'
NAMES = ("unit", "smoke", "style")


def tested(name: str, more: str = "") -> str:
    return f"  - id: {name}\n    cmd: $Registry/shop/app:$ID sh /{name}.sh\n{more}"


def make(bench: Bench, *steps: str, folder: str = "good") -> None:
    text = "version: v1.1.0\nsteps:\n" + "".join(steps).replace("{folder}", folder)
    content = base64.b64encode(text.encode()).decode()
    bench.builds(REGISTRY).task(TASK, step={"type": "EncodedTask", "encodedTaskContent": content})


def side_by_side(more: str = "") -> list[str]:
    return [tested(each, f"    when: [build]\n{more}") for each in NAMES]


@wrong("graph", "one after the other")
def in_a_row(bench: Bench) -> None:
    make(bench, BUILD, *(tested(each) for each in NAMES), PUSH)


@wrong("graph", "tests that do not wait for the build")
def too_early(bench: Bench) -> None:
    make(bench, BUILD, *(tested(each, '    when: ["-"]\n') for each in NAMES), PUSH)


@wrong("graph", "a push that waits for the last test alone")
def too_soon(bench: Bench) -> None:
    make(bench, BUILD, *side_by_side(), PUSH)


@wrong("graph", "all three tests in one step")
def in_one(bench: Bench) -> None:
    make(bench, BUILD, tested("unit", "    when: [build]\n"), PUSH)


@wrong("published", "written, and never run")
def never_run(bench: Bench) -> None:
    make(bench, BUILD, *side_by_side(), PUSH)


@wrong("published", "the image pushed from outside")
def pushed(bench: Bench) -> None:
    bench.door(REGISTRY).push("shop/app:1", Image.hello())


@wrong("published", "built without a push")
def unpushed(bench: Bench) -> None:
    make(bench, BUILD, tested("unit"))
    bench.builds(REGISTRY).start(TASK)


@wrong("held_back", "run for the good folder only")
def good_only(bench: Bench) -> None:
    make(bench, BUILD, PUSH)
    bench.builds(REGISTRY).start(TASK)


@wrong("held_back", "pushed before the tests")
def pushed_first(bench: Bench) -> None:
    make(bench, BUILD, PUSH, tested("smoke"), folder="broken")
    bench.builds(REGISTRY).start(TASK)


@wrong("held_back", "the errors of tests ignored afterwards", after=SOLVED)
def ignored(bench: Bench) -> None:
    make(bench, BUILD, *side_by_side("    ignoreErrors: true\n"), PUSH + "    when: [unit, smoke, style]\n")
