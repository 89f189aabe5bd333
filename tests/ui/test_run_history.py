"""Runs and how long they took: of real runs, and of one that is not over."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from acrlab import ui
from acrlab.client.display import Listing
from acrlab.client.registry import Registry
from acrlab.ui.run_history import History
from tests.client.conftest import cloud, emulator, registry
from tests.ui.reader import tree

__all__ = ["cloud", "emulator", "registry"]

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def made(name: str, waited: float | None, took: float | None) -> Any:
    """A run with these times."""
    begun = None if waited is None else START + timedelta(seconds=waited)
    over = None if begun is None or took is None else begun + timedelta(seconds=took)
    told = SimpleNamespace(task="<b>", status="Running", create_time=START, start_time=begun, finish_time=over)
    return SimpleNamespace(id=name, resource=SimpleNamespace(properties=told))


def test_runs_that_were(registry: Registry) -> None:
    assert "No runs yet" in ui.history(registry.tasks).html()
    runs = [registry.build({"Dockerfile": "FROM scratch\nCOPY a /\n", "a": each}, f"app:{each}") for each in "12"]
    found = ui.history(registry.tasks)
    assert [each.run for each in found.spans] == [runs[1].id, runs[0].id]
    assert all(each.took is not None and each.waited is not None for each in found.spans)
    assert repr(found) == repr(registry.tasks.runs()) and not re.search(r"\d s\b", repr(found))
    assert ui.history(registry.tasks, "other").spans == ()


def test_bars_are_to_scale_and_said() -> None:
    html = History(Listing([made("a", 10, 30), made("b", 10, None), made("c", None, None)], {})).html()
    rows = [[each.text for each in row if each.name in ("th", "td")] for row in tree(html) if row.name == "tr"][1:]
    assert [row[3:5] for row in rows] == [["10.0 s", "30.0 s"], ["10.0 s", "not over"], ["not over", "not over"]]
    styles = [str(each.attributes.get("style")) for each in tree(html) if each.name == "div"]
    widths = [each.rpartition("width:")[2] for each in styles if each.endswith("%")]
    assert widths == ["25.0%", "75.0%", "25.0%", "0.0%", "0.0%", "0.0%"] and "<b>" not in html
