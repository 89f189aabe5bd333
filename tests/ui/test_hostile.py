"""Whatever a browser sends, a panel goes on: no error in Python, and a whole screen afterwards."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.trainer import bank as banks
from acrlab.trainer.ledger import Ledger
from acrlab.ui.exam_face import Exam
from acrlab.ui.panel import Panel
from acrlab.ui.quiz_face import Quiz
from tests.ui.reader import tree

ACTS = sorted({act for _, act in (*Exam._ACTS, *Quiz._ACTS)} - {"prove"} | {"time", "", "_answer"})
NAMES = ("part-1", "part-2", "confidence", "topic", "pack", "count", "questions", "extra", "strange")
VALUES = st.one_of(
    st.sampled_from(["a", "b", "certain", "ai-200", "locks", "10", "1.5", "nan", "inf", "-3", "1e99", "9" * 5000, "²"]),
    st.text(max_size=20),
)
FORMS = st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, max_size=4), max_size=5)
ARGUMENTS = st.one_of(st.sampled_from(["", "1", "99", "section", "break", "submit", "anew"]), VALUES)
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), ARGUMENTS, FORMS), max_size=12)


PLACES = {  # how an exam gets to where the noise begins
    "rules": (), "page": ("open",), "asked": ("open", "ask/submit"), "break": ("open", "ask/break", "yes"),
    "review": ("open", "review"), "over": ("open", "ask/submit", "yes"),
}  # fmt: skip


@settings(max_examples=60)
@given(st.sampled_from(sorted(PLACES)), STEPS)
def test_an_exam_and_a_quiz_stand_it(begun: str, steps: list[tuple[str, str, dict[str, list[str]]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        faces = (
            Exam(questions=8, seed=1, keep=place / "exam.json", now=lambda: 1.8e9),
            Quiz("names", 3, ledger=Ledger(place / "ledger"), now=lambda: 1.8e9, bank=banks.standard()),
        )
        for panel in map(Panel, faces):
            _tell(panel, "start", "", {})
            for each in PLACES[begun] if panel.name == "exam" else ():
                _tell(panel, each.partition("/")[0], each.partition("/")[2], {})
            assert panel.name == "quiz" or panel.face._state == begun
            for act, argument, form in steps:
                _tell(panel, act, argument, form)
            tree(panel.html)


def _tell(panel: Panel, act: str, argument: str, form: dict[str, list[str]]) -> None:
    """Past ipywidgets, which would only log what goes wrong."""
    panel._heard(panel, {"act": act, "argument": argument, "form": form, "turn": panel.turn}, [])
