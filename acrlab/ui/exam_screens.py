"""What a candidate sees while an exam goes on: a screen for each thing that can be done."""

from collections.abc import Mapping

from acrlab.trainer import exam as exams
from acrlab.ui import controls
from acrlab.ui.controls import act, picked
from acrlab.ui.markup import Markup, joined, prose, tag

TIMES = {"1": "as planned", "1.25": "a quarter more", "1.5": "half more", "2": "double"}
LENGTHS = {"0": "as long as the exam", "30": "30 questions", "20": "20 questions", "10": "10 questions"}
RULES = (
    "Under the rules of the real one: sections that close for good, a series that cannot be revisited, a case study, "
    "tasks on your registry, and a clock that does not stop."
)
LEFT = "Its clock runs on. The pages that you saw before you left are locked."
LOOKED = "Your registry was looked at. You may change it and let it be looked at again."
ASKED = {  # what cannot be taken back: a question before it is done, and the button that does it
    "section": ("Close this section?", "You cannot come back to it afterwards.", "Close the section"),
    "break": ("Take a break?", "The clock runs on, and the pages that you have seen are locked afterwards.",
              "Take a break"),
    "submit": ("End the exam?", "It is graded as it is now.", "End the exam"),
    "anew": ("Give up the exam that you left?", "It is not graded and cannot be brought back.", "Begin a new one"),
}  # fmt: skip


def left(problem: Markup | None) -> Markup:
    """There is an exam to go on with."""
    return joined(
        tag("h3", "You left an exam", tabindex=-1), tag("p", LEFT, class_="lead"), problem,
        tag("div", act("Go on with it", "resume", primary=True), act("Begin a new one", "ask", "anew"),
            class_="actions"),
    )  # fmt: skip


def choosing(
    packs: Mapping[str, str], banners: Mapping[str, str], chosen: Mapping[str, str], tasks: bool, problem: Markup | None
) -> Markup:
    """Which exam, how long, and with how much time."""
    note = "An emulator is running: the exam has a lab section." if tasks else \
        "No emulator is running, so there is no lab section. `acrlab up` in a terminal starts one."  # fmt: skip
    fields = {"Exam": ("pack", packs), "Length": ("questions", LENGTHS), "Time": ("extra", TIMES)}
    picks = [
        picked(label, name, {chosen[name]: _own(name, chosen[name]), **options}, chosen[name])
        for label, (name, options) in fields.items()
    ]
    return joined(
        tag("h3", "Exam", tabindex=-1), tag("p", RULES, class_="lead"), problem, tag("div", *picks, class_="picks"),
        tag("p", prose(note), class_="note"),
        tag("div", act("Start the clock", "start", primary=True), class_="actions"),
        tag("details", tag("summary", "About the exams"), tag("ul", *(tag("li", each) for each in banners.values())),
            class_="sources"),
    )  # fmt: skip


def _own(name: str, value: str) -> str:
    """What is in none of the lists, because a cell asked for it."""
    return {"questions": f"{value} questions", "extra": f"{value} times as much"}.get(name, value)


def rules(view: exams.View, problem: Markup | None) -> Markup:
    """How a section works, before it is opened."""
    after = f"{view.sections_left} more section{'s' if view.sections_left > 1 else ''}" if view.sections_left else \
        "no section"  # fmt: skip
    count = f"{view.of} {'pages' if view.of > 1 else 'page'}, and {after} after it."
    return joined(
        bar(view, view.section), tag("h3", f"Section: {view.section}", tabindex=-1),
        tag("p", view.rules, class_="lead"), tag("p", count, class_="note"), problem,
        tag("div", act("Open the section", "open", primary=True), class_="actions"),
    )  # fmt: skip


def page(view: exams.View, looked: bool, problem: Markup | None) -> Markup:
    """A question, or a task, and every way to go from it."""
    assert view.page is not None
    last, task = view.number == view.of, any(each.way == "do" for each in view.page.fields)
    flag = act("Take the flag away" if view.flagged else "Flag for review", "flag") if view.review else None
    onward = "Close the section" if last and not view.review else "Review" if last else "Next"
    return joined(
        bar(view, f"{view.section}, page {view.number} of {view.of}"), tag("h3", view.page.title, tabindex=-1),
        tag("p", "⚑ flagged for review", class_="flag") if view.flagged else None,
        controls.question(view.page, view.given),
        tag("p", LOOKED, class_="note", role="status") if looked else None, problem,
        tag("div", act("Look at my registry", "look") if task else None, act(onward, "next", primary=True),
            act("Back", "back") if view.back else None, flag,
            act("Clear the answer", "clear") if view.given and not task else None, class_="actions"),
        tag("div", act("Review list", "review") if view.review else None, act("Close the section", "ask", "section"),
            act("Break", "ask", "break"), act("End the exam", "ask", "submit"), class_="actions ways"),
    )  # fmt: skip


def review(view: exams.View, problem: Markup | None) -> Markup:
    """The pages of a section: what is answered, flagged, locked."""
    head = tag("tr", *(tag("th", each, scope="col") for each in ("page", "answer", "flag", "open")))
    return joined(
        bar(view, view.section), tag("h3", f"Review: {view.section}", tabindex=-1), problem,
        tag("table", tag("thead", head), tag("tbody", *map(_row, view.review)), class_="review"),
        tag("div", act("Close the section", "ask", "section", primary=True), act("Back to the page", "return"),
            class_="actions"),
    )  # fmt: skip


def _row(row: exams.Row) -> Markup:
    label = f"Open page {row.number}, {row.title}"
    return tag(
        "tr", tag("th", f"{row.number}. {row.title}", scope="row"),
        tag("td", "✓ answered" if row.answered else "○ open"), tag("td", "⚑ flagged" if row.flagged else "–"),
        tag("td", "locked" if row.locked else act("Open", "go", str(row.number), aria_label=label)),
    )  # fmt: skip


def asked(what: str, view: exams.View | None, problem: Markup | None) -> Markup:
    """Whether somebody is sure."""
    title, text, button = ASKED[what]
    return joined(
        bar(view, view.section) if view else None, tag("h3", title, tabindex=-1), tag("p", text, class_="lead"),
        tag("p", _open(view), class_="note") if view and view.review and what != "break" else None, problem,
        tag("div", act(button, "yes", primary=True), act("Stay", "no"), class_="actions"),
    )  # fmt: skip


def _open(view: exams.View) -> str:
    found = [str(each.number) for each in view.review if not each.answered]
    return f"Pages without an answer: {', '.join(found)}." if found else "Every page of the section is answered."


def pause(view: exams.View, problem: Markup | None) -> Markup:
    """A break."""
    return joined(
        bar(view, view.section), tag("h3", "A break", tabindex=-1),
        tag("p", "The clock runs on. The pages that you have seen are locked.", class_="lead"), problem,
        tag("div", act("Come back", "back", primary=True), class_="actions"),
    )  # fmt: skip


def bar(view: exams.View, where: str) -> Markup:
    """Where one is, and how much time is left."""
    left_over = round(view.remaining)
    clock = tag(
        "span", f"{left_over // 60} min", data_remaining=left_over, role="timer", aria_label="Time left", class_="clock"
    )
    hide = tag("button", "Hide", type="button", data_hides="clock", aria_pressed="false", aria_label="Hide the clock")
    done = round(100 * (view.number - 1) / view.of)
    return joined(
        tag("span", tag("span", style=f"width:{done}%"), class_="track", aria_hidden="true"),
        tag("p", tag("b", where), tag("span", clock, hide, class_="time"), class_="head"),
    )
