"""A quiz in JupyterLab: by keyboard alone, by mouse, in both themes, and never a shortcut or an answer too early."""

from pathlib import Path

import pytest

from tests.browser.axe import serious
from tests.browser.questions import KINDS, cell, reasons, variant
from tests.browser.sight import Sight
from tests.trainer.answers import right, wrong

SOURCES = "window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.map(cell => cell.source)"
VALUES = "all => all.map(each => each.value)"
SHORTCUTS = ("d", "d", "a", "b", "x", "c", "v", "z", "y", "m", "Shift+m", "1", "0", "0")


def shown(sight: Sight, lab: str, question: str, name: str) -> Path:
    """A notebook with the question and a cell after it."""
    path = sight.notebook(name, cell(question), "'the next cell'")
    sight.open(lab, path.name)
    sight.run()
    sight.panel.locator("h3").wait_for()
    return path


def answered(sight: Sight, given: dict[str, list[str]]) -> None:
    """Fill in the form, whatever its controls are."""
    for key, values in given.items():
        controls = sight.panel.locator(f'[name="part-{key}"]')
        kind = controls.first.evaluate("each => each.type")
        if kind == "select-one":
            controls.select_option(values[0])
        elif kind == "text":
            controls.fill(values[0])
        elif kind == "hidden":
            for value in values:
                step = sight.panel.locator(f'.pool li:has(input[value="{value}"])')
                step.get_by_role("button", name="Use").click()
        else:
            for value in values:
                sight.panel.locator(f'[name="part-{key}"][value="{value}"]').check()
    sight.panel.get_by_label("fairly sure").check()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_question(sight: Sight, lab: str, kind: str, tmp_path: Path) -> None:
    """Asked, answered wrongly, told why; accessible in both themes all the way."""
    question = KINDS[kind]
    own = variant(question, tmp_path)
    shown(sight, lab, question, f"kind-{kind}")
    sight.picture(f"quiz-{kind}-asked", sight.panel)
    assert serious(sight.page) == []
    answered(sight, wrong(own))
    sight.press("Answer")
    assert sight.heading.startswith(("Not right", "Partly right"))
    sight.press("Try every answer on an emulator")
    assert "not as the key says" not in sight.panel.inner_text()
    sight.picture(f"quiz-{kind}-told", sight.panel)
    assert serious(sight.page) == []
    sight.theme("Dark")
    assert serious(sight.page) == []
    sight.picture(f"quiz-{kind}-told-dark", sight.panel)
    sight.press("To the result")
    assert serious(sight.page) == []
    sight.picture(f"quiz-{kind}-result-dark", sight.panel)


@pytest.mark.parametrize("kind", KINDS)
def test_no_shortcut_acts_inside(sight: Sight, lab: str, kind: str) -> None:
    """In JupyterLab `d d` deletes a cell, `a` and `b` add one, `m` makes it a text."""
    shown(sight, lab, KINDS[kind], f"keys-{kind}")
    before = sight.page.evaluate(SOURCES)
    places = sight.panel.locator("input:not([type=hidden]), select, button, summary, pre, h3, .ask, .head")
    for number in range(places.count()):
        place = places.nth(number)
        if not place.is_visible():
            continue
        if place.evaluate("each => ['BUTTON', 'SUMMARY', 'SELECT'].includes(each.tagName)"):
            place.focus()
        else:
            place.click(position={"x": 3, "y": 3})
        inside = "document.activeElement.closest('section.acrlab') !== null"
        assert sight.page.evaluate(inside), place.evaluate("each => each.outerHTML.slice(0, 80)")
        for key in SHORTCUTS:
            sight.page.keyboard.press(key)
    assert sight.page.evaluate(SOURCES) == before and sight.cells() == 2


def test_outside_the_widget_the_shortcut_still_works(sight: Sight, lab: str) -> None:
    """As long as this holds, the test above would notice."""
    shown(sight, lab, KINDS["single"], "keys-outside")
    sight.page.locator(".jp-Cell").last.locator(".jp-InputPrompt").click()
    sight.page.keyboard.press("d")
    sight.page.keyboard.press("d")
    assert sight.cells() == 1


def test_a_quiz_by_keyboard_alone(sight: Sight, lab: str, tmp_path: Path) -> None:
    """Run the cell, walk into it, choose, say how sure, answer, read on: no mouse anywhere."""
    question = KINDS["single"]
    own = variant(question, tmp_path)
    path = sight.notebook("keyboard", cell(question))
    sight.open(lab, path.name)
    keyboard = sight.page.keyboard
    sight.command("notebook:enter-command-mode")
    keyboard.press("Control+Enter")
    sight.panel.locator("h3").wait_for()
    _walk(sight, "[name='part-1']")
    keys = [each.key for each in own.parts[0].options]
    keyboard.press("Space")
    for _ in range(keys.index(right(own)["1"][0])):
        keyboard.press("ArrowDown")
    assert sight.page.evaluate("document.activeElement.value") == right(own)["1"][0]
    sight.picture("quiz-keyboard-focus", sight.panel)
    _walk(sight, "[name='confidence']")
    keyboard.press("Space")
    keyboard.press("ArrowRight")
    with sight.onward():
        keyboard.press("Enter")
    assert sight.heading == "Right"
    assert sight.page.evaluate("document.activeElement.tagName") == "H3", "a screen reader goes on with the verdict"
    _walk(sight, "[data-act='next']")
    with sight.onward():
        keyboard.press("Enter")
    assert sight.heading == "1 of 1 right" and sight.cells() == 1


def test_steps_are_put_into_order_by_keyboard(sight: Sight, lab: str, tmp_path: Path) -> None:
    question = KINDS["order"]
    own = variant(question, tmp_path)
    shown(sight, lab, question, "keyboard-order")
    wanted = right(own)["1"]
    for key in reversed(wanted):
        step = sight.panel.locator(f'.pool li:has(input[value="{key}"])')
        step.get_by_role("button", name="Use").focus()
        sight.page.keyboard.press("Enter")
    for place, key in enumerate(wanted):
        step = sight.panel.locator(f'.chosen li:has(input[value="{key}"])')
        step.get_by_role("button", name="Up").focus()
        while sight.panel.locator(".chosen input").evaluate_all(VALUES).index(key) > place:
            sight.page.keyboard.press("Enter")
            assert sight.page.evaluate("document.activeElement.dataset.move") == "up", "the focus stays with the step"
    assert "step" in sight.panel.get_by_role("status").last.inner_text()
    sight.picture("quiz-order-by-keyboard", sight.panel)
    sight.panel.get_by_label("certain").check()
    sight.press("Answer")
    assert sight.heading.startswith("Right")


def test_steps_can_be_dragged_as_well(sight: Sight, lab: str) -> None:
    shown(sight, lab, KINDS["order"], "drag")
    first, target = sight.panel.locator(".pool li").first, sight.panel.locator(".chosen")
    text = first.locator("span").first.inner_text()
    first.drag_to(target)
    assert target.locator("li").count() == 1 and target.locator("li span").first.inner_text() == text
    assert target.locator("input").first.is_enabled()


def test_no_answer_arrives_before_it_is_given(sight: Sight, lab: str, tmp_path: Path) -> None:
    """Not in the page, not over the network, not in the notebook that is saved; afterwards it does."""
    for kind, question in KINDS.items():
        own = variant(question, tmp_path)
        path = shown(sight, lab, question, f"leak-{kind}")
        sight.press("Hint")
        if kind != "fill":
            sight.press("Answer")
            assert sight.panel.get_by_role("alert").count() == 1
        sight.command("docmanager:save")
        sight.page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
        kept = path.read_text("utf-8")
        assert "section" not in kept or "<form" in kept
        for reason in reasons(own):
            assert not sight.reached(reason), (kind, reason)
            assert reason not in kept and reason.encode("unicode_escape").decode() not in kept
        if kind == "single":
            answered(sight, wrong(own))
            sight.press("Answer")
            assert all(sight.reached(reason) for reason in reasons(own))
            sight.received.clear()


def test_a_click_that_python_does_not_answer_is_said(sight: Sight, lab: str) -> None:
    shown(sight, lab, KINDS["single"], "dead")
    sight.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    sight.page.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session === null")
    sight.panel.get_by_role("button", name="Answer").click()
    sight.panel.get_by_text("Python does not answer").wait_for()
    assert "Python does not answer" in sight.panel.get_by_role("status").last.inner_text()
    sight.picture("quiz-without-python", sight.panel)


def _walk(sight: Sight, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(80):
        if sight.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        sight.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")
