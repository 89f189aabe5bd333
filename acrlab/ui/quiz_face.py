"""Practice on screens: how sure are you, then the answer, then why, then the next."""

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from acrlab.trainer import bank as banks
from acrlab.trainer import blueprint as blueprints
from acrlab.trainer import grading, oracle, pool
from acrlab.trainer.bank import Bank
from acrlab.trainer.bench import Place
from acrlab.trainer.instance import Instance
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import CONFIDENCES, Offer, Outcome, Practice
from acrlab.trainer.question import Question
from acrlab.trainer.running import running_place
from acrlab.ui import calibration, controls, reasons
from acrlab.ui.controls import act, picked
from acrlab.ui.markup import Markup, joined, prose, tag
from acrlab.ui.panel import Form

REASONS = {"due": "due for review", "new": "new to you", "early": "a review ahead of time"}
NO_HINT = "There is none for this one. Rule out what you know to be wrong; of a command, --help names the options."
COUNTS = ("5", "10", "20", "40")


class Quiz:
    """One learner's quiz. Everything is noted in the ledger at once; leaving loses nothing."""

    name = "quiz"

    def __init__(
        self, topic: str = "", count: int = 10, seed: int = 0, pack: str = "", *, bank: Bank | None = None,
        ledger: Ledger | None = None, now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """Begin. Without a topic and a pack, the first screen asks for them. Raises: TopicUnknown, PackUnknown."""
        self._bank, self._now = bank or banks.standard(), now
        self._practice = Practice(self._bank, ledger or Ledger(), seed=seed)
        self._pool: Sequence[Question] = ()
        self._count, self._asked, self._right = count, list[str](), 0
        self._topic, self._pack = topic, pack
        self._offer: Offer | None = None
        self._problem = ""
        self._state = "choosing"
        if topic or pack:
            self._begin(topic, pack, count)

    def screen(self) -> Markup:
        """What a learner sees now."""
        problem = tag("p", prose(self._problem), class_="problem", role="alert") if self._problem else None
        return tag("form", self._SCREENS[self._state](self, problem), novalidate=True)

    def act(self, act: str, argument: str, form: Form) -> bool:
        """Do what a button says."""
        do = self._ACTS.get((self._state, act))
        if do is None:
            return False
        self._problem = ""
        do(self, form)
        return True

    # Choosing what to practise

    def _choosing(self, problem: Markup | None) -> Markup:
        topics = {"": "all topics"} | {each: each for each in self._bank.topics()}
        today = time.strftime("%Y-%m-%d", time.gmtime(self._now()))
        packs = {"": "no exam in particular"} | {each: blueprints.load(each).name for each in blueprints.packs()}
        banner = blueprints.load(self._pack).banner(today) if self._pack else None
        return joined(
            tag("h3", "Practice", tabindex=-1),
            tag("p", f"{len(self._bank)} questions, each with the reason for every choice. What is due comes first; "
                "new ones are chosen so that you get about four of five right.", class_="lead"),
            self._record(), problem, tag("p", banner, class_="note") if banner else None,
            tag("div", picked("Topic", "topic", topics, self._topic), picked("Exam", "pack", packs, self._pack),
                picked("Questions", "count", {each: each for each in COUNTS}, str(self._count)), class_="picks"),
            tag("div", act("Start", "start", primary=True), class_="actions"),
        )  # fmt: skip

    def _record(self) -> Markup | None:
        return tag("p", f"Your record: {self._practice.broken}.", class_="note") if self._practice.broken else None

    def _start(self, form: Form) -> None:
        topic, pack, count = (next(iter(form.get(each, ())), "") for each in ("topic", "pack", "count"))
        self._topic, self._pack = topic, pack
        try:
            self._begin(topic, pack, int(count) if count in COUNTS else self._count)
        except (pool.TopicUnknown, blueprints.PackUnknown) as error:
            self._problem = f"{str(error)[:1].upper()}{str(error)[1:]}."

    def _begin(self, topic: str, pack: str, count: int) -> None:
        self._pool = pool.drawn(self._bank, topic, pack)
        self._count, self._asked, self._right = min(count, len(self._pool)), [], 0
        self._next({})

    def _next(self, form: Form) -> None:
        more = len(self._asked) < self._count
        found = self._practice.next(self._now(), self._pool, skip=self._asked) if more else None
        if found is None:
            self._state = "ended"
            return
        self._offer, self._variant = found, self._practice.variant(found.page.question)
        self._asked.append(found.page.question)
        self._given: dict[str, list[str]] = {}
        self._sure, self._hint, self._proof = "", "", None
        self._place: Place | None = None
        self._state = "asking"
        self._prepare({})
        self._began = self._now()

    # Asking

    @property
    def _page_kind(self) -> str:
        assert self._offer is not None
        return self._offer.page.kind

    def _prepare(self, form: Form) -> None:
        """Of a task: put its start into the running emulator, once."""
        if self._page_kind != "do" or self._place is not None:
            return
        place, self._problem = running_place()
        wrong = oracle.prepare(self._variant, place) if place is not None else ""
        if wrong:
            self._problem = f"The task could not be prepared: {wrong}. `acrlab reset` gives an empty world."
        self._place = place if not wrong else None
        self._state = "asking" if self._place is not None else "waiting"

    def _waiting(self, problem: Markup | None) -> Markup:
        return joined(
            self._over(), tag("h3", "A task to perform", tabindex=-1),
            tag("p", "This one is done on a running emulator, and graded by what the registry then is."), problem,
            tag("div", act("Try again", "prepare", primary=True), act("Leave it out", "next"), class_="actions"),
        )  # fmt: skip

    def _over(self) -> Markup:
        assert self._offer is not None
        said = f"Question {len(self._asked)} of {self._count}"
        about = f"{REASONS[self._offer.reason]}, expected success {self._offer.expected:.0%}"
        done = round(100 * (len(self._asked) - 1) / self._count)
        track = tag("span", tag("span", style=f"width:{done}%"), class_="track", aria_hidden="true")
        return joined(track, tag("p", tag("b", said), tag("span", about), class_="head"))

    def _asking(self, problem: Markup | None) -> Markup:
        assert self._offer is not None
        page = self._offer.page
        hint = tag("p", self._hint, class_="hint", role="status") if self._hint else None
        done = "I have done it: look" if page.kind == "do" else "Answer"
        return joined(
            self._over(), tag("h3", page.title, tabindex=-1), controls.question(page, self._given),
            controls.confidence(self._sure), hint, problem,
            tag("div", act(done, "answer", primary=True), act("Hint", "hint"), act("Stop here", "stop"),
                class_="actions"),
        )  # fmt: skip

    def _read(self, form: Form) -> None:
        assert self._offer is not None
        self._given = controls.answer(self._offer.page, form)
        self._sure = next((each for each in form.get("confidence", ()) if each in CONFIDENCES), "")

    def _hinted(self, form: Form) -> None:
        self._read(form)
        self._hint = self._variant.text(self._variant.question.hint) or NO_HINT

    def _answer(self, form: Form) -> None:
        assert self._offer is not None
        self._read(form)
        self._problem = controls.missing(self._offer.page, self._given) or self._complaint() or (
            "" if self._sure else "Say how sure you are first: it is asked before anything is shown.")  # fmt: skip
        if self._problem:
            return
        seconds = self._now() - self._began
        if self._place is not None:
            self._given = oracle.look(self._variant, self._place)
        self._outcome = self._practice.answer(
            self._offer.page.question, self._given, self._now(), confidence=CONFIDENCES[self._sure], seconds=seconds,
            hinted=bool(self._hint),
        )  # fmt: skip
        self._right += self._outcome.grade.right
        self._state = "told"

    def _complaint(self) -> str:
        found = grading.complaint(self._variant, self._given)
        return f"Not an answer yet: {found}." if found else ""

    # Telling

    def _told(self, problem: Markup | None) -> Markup:
        outcome, last = self._outcome, len(self._asked) >= self._count
        state = "right" if outcome.grade.right else "partly" if outcome.grade.points else "wrong"
        more = reasons.proven(self._proof) if self._proof else None
        return joined(
            self._over(),
            tag("h3", reasons.verdict(outcome.grade), tabindex=-1, class_=f"verdict {state}"),
            tag("p", self._variant.question.title, class_="over"),
            tag("div", tag("p", self._variant.ask), class_="ask again"),
            reasons.graded(self._variant, self._given, outcome.grade),
            tag("p", self._when(outcome), class_="note"),
            reasons.why(outcome.grade.show) if not outcome.grade.right else None, more,
            tag("div", act("To the result" if last else "Next question", "next", primary=True),
                act("Try every answer on an emulator", "prove") if more is None else None,
                act("Stop here", "stop") if not last else None, class_="actions"),
            _sources(self._variant),
        )  # fmt: skip

    def _when(self, outcome: Outcome) -> str:
        return f"You said: {self._sure}. It comes back {_in(outcome.due - self._now())}."

    def _prove(self, form: Form) -> None:
        self._proof = oracle.prove(self._variant.question, seed=self._variant.seed)

    # Ending

    def _stop(self, form: Form) -> None:
        if self._state == "asking":
            self._asked.pop()
        self._state = "ended"

    def _ended(self, problem: Markup | None) -> Markup:
        asked = len(self._asked)
        return joined(
            tag("h3", f"{self._right} of {asked} right" if asked else "Stopped", tabindex=-1),
            tag("p", f"Ability: {self._practice.ability().told()}.", class_="lead"),
            calibration.drawn(self._practice.calibration()),
            tag("div", act("Practise on", "again", primary=True), act("Something else", "choose"), class_="actions"),
        )  # fmt: skip

    def _again(self, form: Form) -> None:
        self._begin(self._topic, self._pack, max(self._count, 1))

    def _choose(self, form: Form) -> None:
        self._state = "choosing"

    _SCREENS: ClassVar[dict[str, Callable[["Quiz", Markup | None], Markup]]] = {
        "choosing": _choosing, "waiting": _waiting, "asking": _asking, "told": _told, "ended": _ended,
    }  # fmt: skip
    _ACTS: ClassVar[dict[tuple[str, str], Callable[["Quiz", Form], None]]] = {
        ("choosing", "start"): _start,
        ("waiting", "prepare"): _prepare,
        ("waiting", "next"): _next,
        ("asking", "hint"): _hinted,
        ("asking", "answer"): _answer,
        ("asking", "stop"): _stop,
        ("told", "prove"): _prove,
        ("told", "next"): _next,
        ("told", "stop"): _stop,
        ("ended", "again"): _again,
        ("ended", "choose"): _choose,
    }


def _in(seconds: float) -> str:
    """A time to come, in the largest unit that fits."""
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = round(seconds / length)
            return f"in {count} {name}{'s' if count > 1 else ''}"
    return "in a minute"


def _sources(variant: Instance) -> Markup:
    found = [
        tag("li", tag("a", each.title, href=each.url, target="_blank", rel="noopener noreferrer"), f", {each.date}")
        for each in variant.question.sources
    ]
    return tag("details", tag("summary", "Where this is from"), tag("ul", *found), class_="sources")
