"""An exam on screens, under its rules: sections that close for good, series that cannot be revisited, a clock."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from acrlab.trainer import bank as banks
from acrlab.trainer import blueprint as blueprints
from acrlab.trainer import exam as exams
from acrlab.trainer import paper
from acrlab.trainer.bank import Bank
from acrlab.trainer.desk import Desk
from acrlab.trainer.running import running_place
from acrlab.trainer.score import Report
from acrlab.ui import controls, exam_report, exam_screens
from acrlab.ui.controls import act as button
from acrlab.ui.markup import Markup, joined, prose, tag
from acrlab.ui.panel import Form

_FORBIDDEN = (exams.NotAllowed, blueprints.PackUnknown, paper.PackEmpty, ValueError)


class Exam:
    """One candidate at a desk. What is done is kept at once, so that a kernel may be restarted."""

    name = "exam"

    def __init__(
        self, pack: str = blueprints.DEFAULT, questions: int = 0, minutes: float = 0, extra_time: float = 1.0,
        seed: int = 0, *, bank: Bank | None = None, keep: Path | None = None, now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """Raises: PackUnknown."""
        blueprints.load(pack)
        self._desk = Desk(bank or banks.standard(), keep, now)
        self._chosen = {"pack": pack.lower(), "questions": str(questions), "extra": f"{extra_time:g}"}
        self._seed, self._minutes = seed, minutes
        self._sitting: exams.Sitting | None = None
        self._state, self._problem, self._asking, self._entered = "choosing", "", "", -1

    def screen(self) -> Markup:
        """What a candidate sees now."""
        problem = tag("p", prose(self._problem), class_="problem", role="alert") if self._problem else None
        shown = self._SCREENS[self._state](self, problem)
        return tag("form", shown, novalidate=True, data_notes=self._state == "page")

    def act(self, act: str, argument: str, form: Form) -> bool:
        """Do what a button says. `note` is no button: it puts down what is chosen, and shows nothing anew."""
        do = self._ACTS.get((self._state, act))
        if do is None:
            return act == "time" and self._kept()
        self._problem = self._problem if act == "note" else ""
        try:
            do(self, argument, form)
        except _FORBIDDEN as error:
            self._problem = self._problem if act == "note" else f"{str(error)[:1].upper()}{str(error)[1:]}."
        return self._kept() or act != "note"

    def _kept(self) -> bool:
        """Write down what was done; says whether the exam is over."""
        if self._sitting is None:
            return False
        self._sitting = exams.timed(self._sitting, self._desk.now())
        if self._sitting.state != exams.OVER:
            self._desk.keep(self._sitting)
            return False
        self._report: Report = self._desk.close(self._sitting)
        self._over, self._sitting, self._state, self._problem = self._sitting, None, "over", ""
        return True

    @property
    def _open(self) -> exams.Sitting:
        assert self._sitting is not None
        return self._sitting

    def _view(self) -> exams.View:
        return exams.view(self._open, self._desk.bank, self._desk.now())

    # Before

    def _choosing(self, problem: Markup | None) -> Markup:
        if self._desk.path.exists():
            return exam_screens.left(problem)
        packs = {each: blueprints.load(each) for each in blueprints.packs()}
        return exam_screens.choosing(
            {name: each.name for name, each in packs.items()},
            {name: each.banner(self._desk.today) for name, each in packs.items()},
            self._chosen, running_place()[0] is not None, problem,
        )  # fmt: skip

    def _start(self, argument: str, form: Form) -> None:
        self._chosen |= {name: form[name][0] for name in self._chosen if form.get(name)}
        drawn = self._desk.draw(
            self._chosen["pack"], seed=self._seed, questions=int(self._chosen["questions"]), minutes=self._minutes,
            extra_time=float(self._chosen["extra"]),
        )  # fmt: skip
        self._sitting = exams.begin(drawn, self._desk.now())
        self._enter()

    def _resume(self, argument: str, form: Form) -> None:
        self._sitting, sentence = self._desk.left()
        if self._sitting is None:
            raise ValueError(sentence.rstrip("."))
        self._enter()

    def _enter(self) -> None:
        """Where the sitting stands: a section begins with its rules, a task with its start."""
        if self._open.state != exams.OPEN:
            self._state = "break"
        elif self._entered != self._open.section:
            self._entered, self._state = self._open.section, "rules"
        else:
            self._state = "page"
            self._prepare()

    def _prepare(self) -> None:
        if self._open.here.kind != paper.LAB:
            return
        place, missing = running_place()
        if place is None:
            raise ValueError(missing.rstrip("."))
        self._sitting = exams.prepared(self._open, self._desk.bank, place, self._desk.now())

    # A section and its pages

    def _rules(self, problem: Markup | None) -> Markup:
        return exam_screens.rules(self._view(), problem)

    def _page(self, problem: Markup | None) -> Markup:
        looked = self._open.here.kind == paper.LAB and self._open.key in self._open.answers
        return exam_screens.page(self._view(), looked, problem)

    def _note(self, argument: str, form: Form) -> None:
        """Put down what the form holds; for a task nothing is written, it is looked at."""
        page = self._view().page
        if page is None or self._open.here.kind == paper.LAB:
            return
        given = {key: tuple(values) for key, values in controls.answer(page, form).items()}
        if given != self._open.answers.get(self._open.key, {}):
            self._sitting = exams.answer(self._open, self._desk.bank, given, self._desk.now())

    def _clear(self, argument: str, form: Form) -> None:
        self._sitting = exams.answer(self._open, self._desk.bank, {}, self._desk.now())

    def _flag(self, argument: str, form: Form) -> None:
        self._note("", form)
        self._sitting = exams.flag(self._open, self._desk.now())

    def _look(self, argument: str, form: Form) -> None:
        self._prepare()
        place, missing = running_place()
        if place is None:
            raise ValueError(missing.rstrip("."))
        self._sitting = exams.performed(self._open, self._desk.bank, place, self._desk.now())

    def _next(self, argument: str, form: Form) -> None:
        self._note("", form)
        view = self._view()
        if view.number < view.of:
            self._sitting = exams.forward(self._open, self._desk.now())
            self._enter()
        elif view.review:
            self._state = "review"
        else:
            self._asking, self._state = "section", "asked"

    def _back(self, argument: str, form: Form) -> None:
        self._note("", form)
        self._sitting = exams.back(self._open, self._desk.now())
        self._enter()

    def _go(self, argument: str, form: Form) -> None:
        self._sitting = exams.go(self._open, int(argument) if argument.isdecimal() else 0, self._desk.now())
        self._enter()

    def _return(self, argument: str, form: Form) -> None:
        self._enter()

    def _to_review(self, argument: str, form: Form) -> None:
        self._note("", form)
        self._state = "review"

    def _review(self, problem: Markup | None) -> Markup:
        return exam_screens.review(self._view(), problem)

    # What cannot be taken back

    def _ask(self, argument: str, form: Form) -> None:
        if (argument == "anew") != (self._sitting is None) or argument not in exam_screens.ASKED:
            raise ValueError("there is no such button here")
        if self._state == "page":
            self._note("", form)
        self._asking, self._state = argument, "asked"

    def _asked(self, problem: Markup | None) -> Markup:
        return exam_screens.asked(self._asking, self._view() if self._sitting else None, problem)

    def _yes(self, argument: str, form: Form) -> None:
        if self._asking == "anew":
            self._desk.path.unlink(missing_ok=True)
            self._state = "choosing"
            return
        self._sitting = _DOES[self._asking](self._open, self._desk.now())
        self._enter()

    def _no(self, argument: str, form: Form) -> None:
        if self._sitting is None:
            self._state = "choosing"
        else:
            self._enter()

    def _break(self, problem: Markup | None) -> Markup:
        return exam_screens.pause(self._view(), problem)

    def _come_back(self, argument: str, form: Form) -> None:
        self._sitting = exams.resume(self._open, self._desk.now())
        self._enter()

    # After

    def _reported(self, problem: Markup | None) -> Markup:
        again = tag("div", button("Another exam", "again", primary=True), class_="actions")
        return joined(exam_report.drawn(self._report, self._over, self._desk.bank), again)

    def _again(self, argument: str, form: Form) -> None:
        self._state, self._entered, self._seed = "choosing", -1, 0

    _SCREENS: ClassVar[Mapping[str, Callable[["Exam", Markup | None], Markup]]] = {
        "choosing": _choosing, "rules": _rules, "page": _page, "review": _review, "asked": _asked, "break": _break,
        "over": _reported,
    }  # fmt: skip
    _ACTS: ClassVar[Mapping[tuple[str, str], Callable[["Exam", str, Form], None]]] = {
        ("choosing", "start"): _start, ("choosing", "resume"): _resume, ("choosing", "ask"): _ask,
        ("rules", "open"): _return,
        ("page", "note"): _note, ("page", "clear"): _clear, ("page", "flag"): _flag, ("page", "look"): _look,
        ("page", "next"): _next, ("page", "back"): _back, ("page", "review"): _to_review, ("page", "ask"): _ask,
        ("review", "go"): _go, ("review", "return"): _return, ("review", "ask"): _ask,
        ("asked", "yes"): _yes, ("asked", "no"): _no,
        ("break", "back"): _come_back,
        ("over", "again"): _again,
    }  # fmt: skip


_DOES: Mapping[str, Callable[[exams.Sitting, float], exams.Sitting]] = {
    "section": exams.finish_section, "break": exams.pause, "submit": exams.submit,
}  # fmt: skip
