"""What a learner does from the first page on, in JupyterLab and in Voilà."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from acrlab.course import folder
from tests.browser import jupyter
from tests.browser.axe import serious
from tests.browser.jupyter import ROOT
from tests.browser.questions import KINDS, cell, reasons, variant
from tests.browser.sight import IDLE, NOTEBOOK, Sight
from tests.trainer.answers import right

LABS = len(folder.every(ROOT / "labs"))
FILL = """sources => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets;
  for (const [id, source] of Object.entries(sources)) {
    cells.find(each => each.model.id === id).model.sharedModel.setSource(source);
  }
}"""
ERRORS = f"{NOTEBOOK}.content.model.toJSON().cells.flatMap(c => c.outputs ?? []).filter(o => o.output_type === 'error')"


def solution(lab: str) -> dict[str, str]:
    """The cells of a solution by their ids, which the learner's notebook shares."""
    cells = json.loads((ROOT / "labs" / lab / "solution.ipynb").read_text("utf-8"))["cells"]
    return {
        cell["id"]: "".join(line for line in cell["source"] if not line.startswith("### "))
        for cell in cells
        if "### BEGIN SOLUTION" in "".join(cell["source"])
    }


def test_from_the_start_page_through_a_lab_and_back(sight: Sight, lab: str) -> None:
    sight.open(lab, "notebooks/00-start.ipynb")
    sight.run()
    assert sight.page.evaluate(ERRORS) == []
    sight.page.get_by_text(f"0 of {LABS} done").scroll_into_view_if_needed()
    sight.picture("start-page")
    assert serious(sight.page, ".jp-OutputArea:has(a[href*='01-push-and-organise'])") == []
    sight.page.get_by_role("link", name=re.compile("begin lab 01-push-and-organise")).click()
    sight.page.wait_for_function(f"{NOTEBOOK}?.context?.path === 'labs/01-push-and-organise/lab.ipynb'")
    sight.page.wait_for_function(IDLE)
    sight.page.evaluate(FILL, solution("01-push-and-organise"))
    sight.run()
    assert sight.page.evaluate(ERRORS) == []
    done = sight.page.get_by_text("All of it. Well done.").last
    done.scroll_into_view_if_needed()
    sight.picture("lab-solved")
    sight.open(lab, "notebooks/00-start.ipynb")
    sight.run()
    sight.page.get_by_text(f"1 of {LABS} done").scroll_into_view_if_needed()
    assert sight.page.get_by_role("link", name=re.compile("begin lab 02-")).count() == 1
    sight.picture("start-page-after-a-lab")
    sight.theme("Dark")
    assert serious(sight.page, ".jp-OutputArea:has(a[href*='02-tags'])") == []
    sight.picture("start-page-after-a-lab-dark")


def test_a_lab_that_was_not_touched_says_what_to_do(sight: Sight, lab: str) -> None:
    sight.open(lab, "labs/02-tags-digests-and-locks/lab.ipynb")
    sight.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    sight.page.get_by_text(re.compile("says more; asked again")).first.scroll_into_view_if_needed()
    sight.picture("lab-not-solved")


def test_an_exam_to_its_report(sight: Sight, lab: str) -> None:
    """Sections, a flag, the review list, a break, a reload in the middle, a new kernel, a task, the report."""
    path = sight.notebook("exam", "from acrlab import ui\nui.exam(questions=16, extra_time=1.5, seed=6)")
    sight.open(lab, path.name)
    sight.run()
    sight.picture("exam-start", sight.panel)
    assert serious(sight.page) == []
    sight.press("Start the clock")
    sight.picture("exam-rules", sight.panel)
    sight.press("Open the section")
    assert re.fullmatch(r"2:59:\d\d|3:00:00", sight.panel.get_by_role("timer").inner_text())
    _fill(sight)
    sight.press("Flag for review")
    sight.picture("exam-page", sight.panel)
    sight.press("Next")
    sight.press("Review list")
    assert serious(sight.page) == []
    sight.picture("exam-review", sight.panel)
    sight.panel.get_by_role("button", name="Hide the clock").click()
    assert not sight.panel.get_by_role("timer").is_visible()

    sight.page.reload()  # the kernel has it all: nothing is locked
    sight.page.wait_for_function(IDLE)
    sight.page.evaluate(f"{NOTEBOOK}.sessionContext.restartKernel()")
    sight.page.wait_for_function(IDLE)
    sight.run()
    assert sight.heading == "You left an exam"
    sight.press("Go on with it")
    sight.press("Open the section")
    assert "page 3 of" in sight.panel.inner_text(), "what was seen before is locked"
    sight.press("Review list")
    assert "locked" in sight.panel.inner_text() and "answered" in sight.panel.inner_text()
    sight.press("Close the section")
    sight.picture("exam-close-a-section", sight.panel)
    sight.press("Close the section")
    sight.press("Open the section")
    sight.picture("exam-series", sight.panel)
    sight.press("Break")
    sight.press("Take a break")
    sight.picture("exam-break", sight.panel)
    sight.press("Come back")
    while "Another exam" not in sight.buttons():
        _fill(sight)
        if "Look at my registry" in sight.buttons():
            sight.press("Look at my registry")
            sight.picture("exam-lab", sight.panel)
        for name in ("Open the section", "Next", "Review", "Close the section"):
            if name in sight.buttons():
                sight.press(name)
                break
    assert "95 % interval" in sight.panel.inner_text()
    sight.picture("exam-report", sight.panel)
    sight.panel.locator("summary").first.click()
    assert serious(sight.page) == []
    sight.theme("Dark")
    assert serious(sight.page) == []
    sight.picture("exam-report-dark", sight.panel)


def test_an_exam_by_keyboard_alone(sight: Sight, lab: str) -> None:
    """From the start to the report with Tab, Space, the arrows and Enter."""
    path = sight.notebook("keyboard-exam", "from acrlab import ui\nui.exam(questions=6, seed=3)")
    sight.open(lab, path.name)
    sight.run()
    sight.panel.locator("h3").wait_for()
    if sight.heading == "You left an exam":
        _enter(sight, "ask/anew")
        _enter(sight, "yes")
    for name in ("start", "open", "ask/submit", "yes"):
        _enter(sight, name)
    assert sight.heading.startswith("Not passed")
    assert sight.page.evaluate("document.activeElement.tagName") == "H3"


@pytest.mark.parametrize(("command", "heading"), [(("quiz", "--topic", "names"), ""), (("exam",), "Exam")])
def test_a_page_of_its_own(sight: Sight, tmp_path: Path, command: tuple[str, ...], heading: str) -> None:
    """`acrlab quiz --page`: its address has a token, and without it there is no page."""
    with jupyter.running(tmp_path, tmp_path / "home", "-m", "acrlab", *command, "--page", "--no-browser") as said:
        address = re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", said())
        assert address, said()
        for place in ("", "api/kernels", "voila/api/kernels"):
            with urllib.request.urlopen(address[0].partition("?")[0] + place, timeout=60) as answer:
                assert "/login?" in answer.url
        sight.page.goto(address[0])
        sight.panel.locator("h3").wait_for()
        assert sight.heading == heading or "Question 1 of 10" in sight.panel.inner_text()
        sight.picture(f"page-{command[0]}")


def test_a_quiz_in_voila(sight: Sight, voila: str, tmp_path: Path) -> None:
    """The same screens without a notebook around them, and no answer in them either."""
    own = variant(KINDS["single"], tmp_path)
    path = sight.notebook("voila-quiz", cell(KINDS["single"]))
    sight.page.goto(f"{voila}/voila/render/{path.name}")
    sight.panel.locator("h3").wait_for()
    assert serious(sight.page) == []
    sight.picture("voila-quiz-asked")
    assert not [each for each in reasons(own) if sight.reached(each)]
    sight.panel.locator(f'[name="part-1"][value="{right(own)["1"][0]}"]').check()
    sight.panel.get_by_label("certain").check()
    sight.press("Answer")
    assert sight.heading == "Right" and all(sight.reached(each) for each in reasons(own))
    sight.picture("voila-quiz-told")
    assert serious(sight.page) == []
    sight.page.goto(f"{voila}/voila/render/{path.name}?theme=dark")
    sight.panel.locator("h3").wait_for()
    assert serious(sight.page) == []
    sight.picture("voila-quiz-dark")


def _fill(sight: Sight) -> None:
    """Some answer to whatever is asked."""
    for each in sight.panel.locator("fieldset").all():
        if each.locator("input[type=radio]").count():
            each.locator("input[type=radio]").first.check()
    for each in sight.panel.locator(".parts select").all():
        each.select_option(index=1)


def _enter(sight: Sight, act: str) -> None:
    """Walk to a button and press Enter on it."""
    name, _, argument = act.partition("/")
    selector = f"[data-act='{name}']" + (f"[data-argument='{argument}']" if argument else "")
    for _ in range(80):
        if sight.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            break
        sight.page.keyboard.press("Tab")
    else:
        raise AssertionError(f"Tab does not lead to {act}")
    with sight.onward():
        sight.page.keyboard.press("Enter")
