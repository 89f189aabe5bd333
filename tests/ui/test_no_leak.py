"""No answer is in what a browser is sent, in a widget's state or in a saved notebook, before it is submitted."""

import json
import re
from pathlib import Path

import pytest

from acrlab.trainer.bank import Bank
from acrlab.trainer.instance import Instance
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice
from acrlab.ui import controls
from acrlab.ui.panel import Panel
from acrlab.ui.quiz_face import Quiz
from tests.trainer.answers import wrong
from tests.ui.reader import Element, tree

WORDS = ("because", "right", "correct", "solution", "oracle", "expected_answer")


def reasons(variant: Instance) -> list[str]:
    return [text for part in variant.parts for text in (part.because, *(each.because for each in part.options)) if text]


def stripped(element: Element) -> str:
    """An option's markup without its letter and its text: the same for all, or it would tell them apart."""
    attributes = {name: value for name, value in element.attributes.items() if name not in ("value", "aria-label")}
    inside = [stripped(each) for each in element.children if isinstance(each, Element)]
    return json.dumps([element.name, sorted(attributes.items(), key=str), inside])


@pytest.mark.parametrize("seed", range(3))
def test_options_differ_in_nothing_but_letter_and_text(bank: Bank, seed: int) -> None:
    for question in bank:
        page = bank.instance(question.id, seed).page()
        shown = tree(controls.question(page, {}))
        for field in page.fields:
            options = [
                each for each in shown
                if (each.name == "li" and any(one.attributes.get("name") == f"part-{field.key}" for one in each))
                or (each.name == "label" and each.attributes.get("class") == "choice"
                    and any(one.attributes.get("name") == f"part-{field.key}" for one in each))
                or (each.name == "option" and each.attributes["value"]
                    and getattr(each.parent, "attributes", {}).get("name") == f"part-{field.key}")
            ]  # fmt: skip
            assert len(options) == len(field.lines), question.id
            assert len({stripped(each) for each in options}) <= 1, question.id


@pytest.mark.parametrize("seed", range(3))
def test_no_screen_before_the_answer_holds_a_reason_or_a_word_for_it(bank: Bank, seed: int) -> None:
    for question in bank:
        variant = bank.instance(question.id, seed)
        html = str(controls.question(variant.page(), {}))
        assert not [each for each in reasons(variant) if each in html], question.id
        names = " ".join(re.findall(r"<[^>]*>", html)).replace("right order", "")
        says = [each.say for part in variant.parts for each in part.options]
        for said in says:
            names = names.replace(said, "")
        assert not [word for word in WORDS if re.search(rf'[\s"=-]{word}\b', names)], question.id
        if question.kind == "fill":
            assert not [each for each in says if each in html]


def test_a_panels_state_and_messages_hold_the_screen_and_nothing_else(bank: Bank, tmp_path: Path) -> None:
    sent: list[object] = []
    for question in (each for each in bank if each.kind != "do"):
        face = Quiz(question.topic, bank=Bank([question], bank.scenarios.values()), ledger=Ledger(tmp_path / "l"))
        panel = Panel(face)
        panel.observe(lambda change: sent.append(change["new"]))
        variant = Practice(bank, Ledger(tmp_path / "l")).variant(question.id)
        assert face.screen() == panel.html
        _tell(panel, "answer", {})  # a problem is said
        _tell(panel, "hint", {})
        state = json.dumps([panel.get_state(), sent], default=str)
        assert not [each for each in reasons(variant) if each in state or json.dumps(each)[1:-1] in state], question.id
        sent.clear()


def test_after_the_answer_the_reasons_are_there(bank: Bank, tmp_path: Path) -> None:
    """As long as this holds, the tests above look for what there is to be found."""
    question = bank.questions["names/where-to-push"]
    panel = Panel(Quiz("names", bank=Bank([question]), ledger=Ledger(tmp_path / "l")))
    variant = Practice(bank, Ledger(tmp_path / "l")).variant(question.id)
    form = {f"part-{key}": values for key, values in wrong(variant).items()} | {"confidence": ["guess"]}
    _tell(panel, "answer", form)
    assert any(each in panel.html for each in reasons(variant))


def _tell(panel: Panel, act: str, form: dict[str, list[str]]) -> None:
    panel._handle_custom_msg({"act": act, "form": form, "turn": panel.turn}, [])
