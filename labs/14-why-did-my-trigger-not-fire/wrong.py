"""Wrong answers to lab 14."""

from acrlab.client import running
from acrlab.course.proof import SOLVED, Bench, wrong

REGISTRY = "contosolab14"
ON = {"name": "base", "baseImageTriggerType": "Runtime", "status": "Enabled"}


def tagged(bench: Bench, **tags: str) -> None:
    bench.change(REGISTRY, {"tags": tags})


def patch(bench: Bench, image: str, text: str) -> None:
    builds = bench.builds(REGISTRY)
    builds.build({"Dockerfile": "FROM scratch\nCOPY release /etc/\n", "release": text}, image)
    builds.settle()


@wrong("explained", "all of them switched off")
def all_off(bench: Bench) -> None:
    tagged(bench, front="trigger", orders="trigger", worker="trigger", sweep="trigger")


@wrong("explained", "task and trigger mixed up")
def mixed_up(bench: Bench) -> None:
    tagged(bench, front="stage", orders="task", worker="unknown", sweep="trigger")


@wrong("explained", "stage and first run mixed up")
def other_way(bench: Bench) -> None:
    tagged(bench, front="unknown", orders="trigger", worker="stage", sweep="task")


@wrong("mended", "everything run by hand")
def by_hand(bench: Bench) -> None:
    for task in ("front", "orders", "worker"):
        bench.builds(REGISTRY).start(task)


@wrong("mended", "only what was switched off")
def switched_on(bench: Bench) -> None:
    bench.builds(REGISTRY).change("orders", trigger={"baseImageTrigger": ON})
    bench.builds(REGISTRY).change("sweep", status="Enabled")


@wrong("mended", "the tasks switched on, not the trigger")
def tasks_on(bench: Bench) -> None:
    for task in ("front", "orders", "worker", "sweep"):
        bench.builds(REGISTRY).change(task, status="Enabled")


@wrong("mended", "a task deleted on the way", after=SOLVED)
def deleted(bench: Bench) -> None:
    step = {"type": "EncodedTask", "encodedTaskContent": "c3RlcHM6CiAgLSBjbWQ6IGFjciAtLWhlbHAK"}
    bench.builds(REGISTRY).task("spare", step=step)
    bench.builds(REGISTRY).remove("spare")


@wrong("proven", "patched without mending")
def unmended(bench: Bench) -> None:
    patch(bench, "base/os:1", "os 1.0.2\n")
    running.control().advance(600)


@wrong("proven", "run by hand")
def runs_by_hand(bench: Bench) -> None:
    for task in ("front", "orders", "worker"):
        bench.builds(REGISTRY).start(task)


@wrong("proven", "mended, and the patch pushed under another tag")
def another_tag(bench: Bench) -> None:
    bench.builds(REGISTRY).change("orders", trigger={"baseImageTrigger": ON})
    patch(bench, "base/os:2", "os 1.0.2\n")
