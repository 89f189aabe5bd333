"""Triggers over time: from a real task with a timer and a base image, and how marks are placed."""

import base64

import pytest

from acrlab import ui
from acrlab.client.cloud import Cloud, EmulatorOnly
from acrlab.client.display import Table
from acrlab.client.registry import Registry
from acrlab.ui.trigger_timeline import Occasion, Timeline
from tests.client.conftest import cloud, emulator, registry
from tests.ui.reader import Element, tree

__all__ = ["cloud", "emulator", "registry"]

STEPS = "version: v1.1.0\nsteps:\n- {id: note, build: -f nowhere ., ignoreErrors: true}\n"
PLAIN = Table(("task",), ())


def marks(html: str) -> dict[str, tuple[int, int, str]]:
    """Where each number stands, and what it says."""
    found = {}
    for each in tree(html):
        circle = next((one for one in each.children if isinstance(one, Element) and one.name == "circle"), None)
        if circle is not None:
            number = next(one.text for one in each if one.name == "text")
            title = next(one.text for one in each if one.name == "title")
            found[number] = (int(str(circle.attributes["cx"])), int(str(circle.attributes["cy"])), title)
    return found


def test_what_fired_is_on_the_axis_and_in_the_table(cloud: Cloud, registry: Registry) -> None:
    assert "No trigger was looked at yet" in ui.triggers(cloud).html()
    step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(STEPS.encode()).decode()}
    timer = {"timerTriggers": [{"name": "nightly", "schedule": "0 3 * * *"}]}
    registry.tasks.create("nightly", status="Enabled", step=step, trigger=timer)
    cloud.emulator.advance("3d")
    registry.tasks.settled("nightly")
    found = ui.triggers(cloud, "nightly")
    drawn = marks(found.html())
    assert [each.kind for each in found.occasions] == ["Timer"] * 3 and len(drawn) == 3
    (first, _, told), (second, _, _), (third, _, _) = drawn.values()
    assert second - first == third - second > 0, "days are equally long"
    assert "03:00:00 UTC, nightly: Timer, ✓ run" in told
    cells = [each.text for each in tree(found.html()) if each.name == "td"]
    assert found.occasions[0].outcome in cells and found.occasions[0].run
    assert repr(found) == cloud.emulator.triggers("nightly").text() and "UTC" not in repr(found)
    assert ui.triggers(cloud, "other").occasions == ()


def test_what_did_not_fire_looks_and_reads_otherwise() -> None:
    because = ("the tag has the digest that it had before", "<script>")
    pair = (Occasion(10.0, "shop", "Commit", "ab1", ("commit",)), Occasion(20.0, "shop", "Commit", "", because))
    html = Timeline(pair, PLAIN).html()
    circles = [str(each.attributes["style"]) for each in tree(html) if each.name == "circle"]
    assert ["dasharray" in each for each in circles] == [False, True]
    svg = next(each for each in tree(html) if each.name == "svg")
    assert svg.attributes["aria-label"] == "Triggers over time: 2 occasions, 1 led to a run, 1 did not"
    assert "✗ no run" in html and because[0] in html and "<script" not in html


def test_marks_do_not_lie_on_each_other() -> None:
    same = tuple(Occasion(5.0, task, "Image Update", "", ()) for task in ("a", "a", "b", "a"))
    places = [(x, y) for x, y, _ in marks(Timeline(same, PLAIN).html()).values()]
    assert len(set(places)) == 4 and len({x for x, _ in places}) == 1
    assert all(abs(one[1] - other[1]) >= 20 for one in places for other in places if one != other)


def test_azure_does_not_say_why() -> None:
    class Credential:
        def get_token(self, *_: object, **__: object) -> None: ...

    with pytest.raises(EmulatorOnly):
        ui.triggers(Cloud(Credential(), "0", None))  # type: ignore[arg-type]
