"""A quiz in JupyterLab: by keyboard alone, by mouse, in both themes, and never a shortcut or an answer too early."""

from pathlib import Path

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


def test_no_answer_arrives_before_it_is_given(asked: Sight, tmp_path: Path) -> None:
    """Not in the page, not over the network, not in the notebook that is saved."""
    own = variant(KINDS[asked.kind], tmp_path)
    asked.press("Hint")
    asked.press("Answer")
    assert asked.panel.get_by_role("alert").count() == 1
    asked.command("docmanager:save")
    asked.page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    kept = asked.path.read_text("utf-8")
    assert "Panel(Quiz(" in kept
    for reason in reasons(own):
        assert not asked.reached(reason), reason
        assert reason not in kept and reason.encode("unicode_escape").decode() not in kept


def test_no_shortcut_acts_inside(asked: Sight) -> None:
    """In JupyterLab `d d` deletes a cell, `a` and `b` add one, `m` makes it a text."""
    before = asked.page.evaluate(SOURCES)
    places = asked.panel.locator("input:not([type=hidden]), select, button, summary, pre, h3, .ask, .head")
    for number in range(places.count()):
        place = places.nth(number)
        if not place.is_visible():
            continue
        if place.evaluate("each => ['BUTTON', 'SUMMARY', 'SELECT'].includes(each.tagName)"):
            place.focus()
        else:
            place.click(position={"x": 3, "y": 3})
        inside = "document.activeElement.closest('section.acrlab') !== null"
        assert asked.page.evaluate(inside), place.evaluate("each => each.outerHTML.slice(0, 80)")
        for key in SHORTCUTS:
            asked.page.keyboard.press(key)
    assert asked.page.evaluate(SOURCES) == before and asked.cells() == 2
    asked.panel.locator("form").evaluate("form => form.reset()")  # the keys have chosen and written this and that


def test_a_wrong_answer_is_told_why(asked: Sight, tmp_path: Path) -> None:
    """Accessible in both themes all the way; and what did not arrive before does now."""
    own = variant(KINDS[asked.kind], tmp_path)
    asked.picture(f"quiz-{asked.kind}-asked", asked.panel)
    assert serious(asked.page) == []
    answered(asked, wrong(own))
    asked.press("Answer")
    assert asked.heading.startswith(("Not right", "Partly right"))
    assert any(asked.reached(reason) for reason in reasons(own))
    asked.press("Try every answer on an emulator")
    assert "not as the key says" not in asked.panel.inner_text()
    asked.picture(f"quiz-{asked.kind}-told", asked.panel)
    assert serious(asked.page) == []
    asked.theme("Dark")
    assert serious(asked.page) == []
    asked.picture(f"quiz-{asked.kind}-told-dark", asked.panel)
    asked.press("To the result")
    assert serious(asked.page) == []
    asked.picture(f"quiz-{asked.kind}-result-dark", asked.panel)


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
