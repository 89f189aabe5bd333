"""A task as a graph: from its file, from a real run of it, and while that goes."""

import re
from typing import Any

import pytest

from acrlab import ui
from acrlab.client.log import Log
from acrlab.client.registry import Registry
from acrlab.domain.tasks.task import TaskInvalid
from acrlab.ui import stepping
from acrlab.ui.task_graph import MOST, TaskGraph, followed
from tests.client.conftest import cloud, emulator, registry
from tests.ui.reader import Element, tree

__all__ = ["cloud", "emulator", "registry"]

SIDE_BY_SIDE = """
version: v1.1.0
steps:
  - {id: web, build: -t $Registry/web:$ID ., when: ["-"]}
  - {id: worker, build: -t $Registry/worker:$ID ., when: ["-"]}
  - {id: ship, push: ["$Registry/web:$ID"], when: [web, worker]}
"""
BROKEN = """
version: v1.1.0
steps:
  - {id: soft, build: -f nowhere ., ignoreErrors: true}
  - {id: hard, build: -f nowhere .}
  - {id: after, push: ["$Registry/x:1"]}
"""
FILES = {"Dockerfile": "FROM scratch\nCOPY note.txt /\n", "note.txt": "kept\n"}


def states(graph: TaskGraph) -> dict[str, str]:
    return {each.name: each.state for each in graph.steps}


def boxes(graph: TaskGraph) -> dict[str, tuple[int, int]]:
    """Where each step is drawn, by what its box says."""
    found = {}
    for each in tree(graph.html()):
        texts = [one.text for one in each if one.name == "text"]
        if each.name == "g" and texts:
            box = next(one for one in each if one.name == "rect")
            found[texts[0]] = (int(str(box.attributes["x"])), int(str(box.attributes["y"])))
    return found


def test_what_waits_stands_below_and_what_may_run_together_side_by_side() -> None:
    graph = ui.task(SIDE_BY_SIDE)
    places = boxes(graph)
    assert places["web"][1] == places["worker"][1] < places["ship"][1]
    assert places["web"][0] < places["ship"][0] < places["worker"][0]
    assert [each.waits for each in graph.steps] == [(), (), ("web", "worker")]
    assert len([each for each in tree(graph.html()) if each.name == "path"]) == 4  # two edges, each with its tip


def test_a_line_goes_past_the_boxes_that_it_is_not_about() -> None:
    text = "steps:\n- {id: a, cmd: x}\n- {id: b, cmd: x}\n- {id: c, cmd: x, when: [a, b]}\n"
    graph = ui.task(text)
    left = boxes(graph)["b"][0]
    lines = [str(each.attributes["d"]) for each in tree(graph.html()) if each.attributes.get("fill") == "none"]
    curves = [[int(number) for number in re.findall(r"\d+", line)[::2]] for line in lines]  # how far to the right
    assert len(curves) == 3 and [max(each) > left + 168 for each in curves] == [False, True, False]
    width = next(int(str(each.attributes["width"])) for each in tree(graph.html()) if each.name == "svg")
    assert max(map(max, curves)) < width


def test_it_is_said_as_well_as_drawn() -> None:
    graph = ui.task(SIDE_BY_SIDE)
    page = tree(graph.html())
    svg = next(each for each in page if each.name == "svg")
    heads = [each.name for each in svg.children if isinstance(each, Element)][:2]
    assert heads == ["title", "desc"] and svg.attributes["role"] == "img"
    assert "web waiting; worker waiting; ship waiting" in str(svg.attributes["aria-label"])
    cells = [each.text for each in page if each.name == "td"]
    assert cells[-4:] == ["ship", "push $Registry/web:$ID", "web, worker", "○ waiting"]
    assert "web, worker" in repr(graph) and graph._repr_mimebundle_()["text/plain"] == repr(graph)


def test_a_run_that_went_well(registry: Registry) -> None:
    run = registry.run(SIDE_BY_SIDE, FILES)
    graph = ui.task(SIDE_BY_SIDE, run)
    assert run.status == "Succeeded" and set(states(graph).values()) == {stepping.DONE}
    again = ui.task(SIDE_BY_SIDE, registry.run(SIDE_BY_SIDE, FILES))
    assert repr(again).splitlines()[1:] == repr(graph).splitlines()[1:]  # all but the name of the run


def test_a_step_that_fails_and_those_that_never_began(registry: Registry) -> None:
    run = registry.run(BROKEN, FILES)
    assert run.status == "Failed"
    assert states(ui.task(BROKEN, run)) == {"soft": "failed, ignored", "hard": "failed", "after": "not begun"}


def test_a_run_is_followed_to_its_end(registry: Registry) -> None:
    seen = list(followed(registry.run(SIDE_BY_SIDE, FILES, wait=False), SIDE_BY_SIDE))
    run, last = seen[-1]
    assert run.status == "Succeeded" and set(states(last).values()) == {stepping.DONE}
    lengths = [len(graph.log.text) for _, graph in seen if graph.log is not None]
    assert lengths == sorted(lengths) and len(lengths) == len(seen)
    assert 'role="log"' in last.html() and "marked as successful" in last.html()


def test_the_picture_is_replaced_and_not_repeated(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    class Place:
        def update(self, graph: Any) -> None:
            shown[-1] = graph

    def display(graph: Any, *, display_id: bool) -> Place:
        assert display_id
        shown.append(graph)
        return Place()

    monkeypatch.setattr("IPython.display.display", display)
    run = ui.follow(registry.run(SIDE_BY_SIDE, FILES, wait=False), SIDE_BY_SIDE)
    assert run.status == "Succeeded" and len(shown) == 1
    assert set(states(shown[0]).values()) == {stepping.DONE}


T = "2026/01/02 03:04:05 "


@pytest.mark.parametrize(
    ("log", "over", "wanted"),
    [
        ("", False, "waiting waiting"),
        (f"{T}Executing step ID: a. Timeout(sec): 600\n", False, "running waiting"),
        ("Executing step ID: a. Timeout(sec): 600\n", False, "waiting waiting"),  # a container wrote that
        (f"{T}Executing step ID: a. Timeout(sec): 600\n", True, "stopped not begun"),
        (f"{T}Successfully executed container: a\n{T}Launching container with name: a\n", False, "running waiting"),
        (f"{T}Executing step ID: a. Timeout(s\n{T}Executing step ID: b. Timeout(s\n", False, "succeeded running"),
        (f"{T}Container failed during run: a, waiting 5 seconds before retrying...\n", False, "waiting waiting"),
        (f"{T}Executing step ID: other. Timeout(sec): 600\n\x1b[31m\0\n", False, "waiting waiting"),
    ],
)  # fmt: skip
def test_what_a_log_says_of_the_steps(log: str, over: bool, wanted: str) -> None:
    steps = stepping.stages("steps:\n- {id: a, cmd: busybox}\n- {id: b, cmd: busybox}\n")
    assert " ".join(each.state for each in stepping.reached(steps, log, over)) == wanted


def test_what_is_written_in_a_task_or_a_log_stays_text() -> None:
    steps = stepping.stages("steps:\n- {id: '<b>&', cmd: 'busybox echo \"</svg><script>\"'}\n")
    html = TaskGraph(steps, log=Log("\x1b[31m<script>\x1b[0m red")).html()
    assert "<script" not in html and "\x1b" not in html and "&lt;script&gt;</span> red" in html
    assert "<b>&" in boxes(TaskGraph(steps))


def test_a_long_log_is_cut_and_says_so() -> None:
    log = Log("\n".join(f"line {number}" for number in range(MOST + 7)))
    html = TaskGraph(stepping.stages("steps:\n- cmd: busybox\n"), log=log).html()
    assert "7 lines before these are left out" in html and "line 6\n" not in html and "line 7\n" in html


def test_what_is_no_task() -> None:
    with pytest.raises(TaskInvalid, match="does not exist as a vertex"):
        ui.task("steps:\n- {id: a, cmd: busybox, when: [b]}\n- {id: b, cmd: busybox}\n")
    assert repr(ui.task("version: v1.1.0\n")) == "task" and "<svg" in ui.task("").html()
