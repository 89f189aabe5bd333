"""The widget: what a browser says is judged, and what cannot be meant is dropped."""

from pathlib import Path
from typing import Any

import pytest

from acrlab.ui.markup import Markup, joined, prose, tag
from acrlab.ui.panel import LONGEST, MOST, Form, Panel, read


class Counter:
    """A face that counts what it is told."""

    name = "counter"

    def __init__(self) -> None:
        self.told: list[tuple[str, str, Form]] = []

    def screen(self) -> Markup:
        return tag("h3", str(len(self.told)))

    def act(self, act: str, argument: str, form: Form) -> bool:
        self.told.append((act, argument, form))
        return act != "note"


def told(content: Any) -> tuple[Counter, Panel]:
    face = Counter()
    panel = Panel(face)
    panel._handle_custom_msg(content, [])
    return face, panel


def test_a_button_is_told_and_the_next_screen_shown() -> None:
    face, panel = told({"act": "go", "argument": "3", "form": {"a": ["b"]}, "turn": 0})
    assert face.told == [("go", "3", {"a": ["b"]})]
    assert (panel.html, panel.turn) == ("<h3>1</h3>", 1)


def test_a_note_shows_nothing_anew() -> None:
    face, panel = told({"act": "note", "form": {}, "turn": 0})
    assert face.told and (panel.html, panel.turn) == ("<h3>0</h3>", 0)


@pytest.mark.parametrize(
    "content",
    [
        None, [], "x", {}, {"act": "go", "form": {}}, {"act": "go", "form": {}, "turn": 7},
        {"act": "go", "form": [], "turn": 0}, {"act": "go", "form": {"a": "b"}, "turn": 0},
        {"act": "go", "form": {"a": [1]}, "turn": 0}, {"act": "go", "form": {"a": ["x" * (LONGEST + 1)]}, "turn": 0},
        {"act": "go", "form": {"a": ["x"] * (MOST + 1)}, "turn": 0}, {"act": "go", "turn": 0},
    ],
)  # fmt: skip
def test_what_no_screen_sends_is_dropped(content: Any) -> None:
    face, panel = told(content)
    assert not face.told and panel.turn == 0


def test_the_longest_that_is_taken() -> None:
    assert read({"a": ["x" * LONGEST], "b": ["y"] * (MOST - 1)}) is not None


def test_text_is_escaped_and_markup_is_not() -> None:
    given = joined("<script>", tag("b", "a & b", title='"x"', data_act="go", hidden=True, lang=None, tabindex=0))
    assert given == '&lt;script&gt;<b title="&quot;x&quot;" data-act="go" hidden tabindex="0">a &amp; b</b>'


def test_what_stands_between_backticks_is_code() -> None:
    assert prose("run `acrlab up` <now>") == "run <code>acrlab up</code> &lt;now&gt;" and prose("plain") == "plain"


def test_a_panel_says_the_same_of_itself_every_time() -> None:
    assert repr(Panel(Counter())) == repr(Panel(Counter())) == "<acrlab counter: run this cell in JupyterLab to see it>"


def test_its_files_come_with_the_package() -> None:
    import acrlab.ui

    folder = Path(acrlab.ui.__file__).parent
    assert {"panel.js", "panel.css"} <= {each.name for each in folder.iterdir()}
    assert "http" not in (folder / "panel.js").read_text("utf-8") + (folder / "panel.css").read_text("utf-8")


def test_a_quiz_can_be_had_twice() -> None:
    """What is called has no module of its own name, which would take its place once it is loaded."""
    import acrlab.ui

    assert acrlab.ui.quiz("names", 2).html == acrlab.ui.quiz("names", 2).html
