"""An exam in a terminal: left and come back to, its clock running on, its report item by item."""

from collections.abc import Callable
from pathlib import Path

from acrlab.trainer import bank as banks
from acrlab.trainer import blueprint as blueprints
from acrlab.trainer import exam as exams
from acrlab.trainer import paper, score
from acrlab.trainer.desk import Desk
from acrlab.trainer.face import Face, Left, chosen, graded, how, show
from acrlab.trainer.running import running_place


def exam(
    pack: str = blueprints.DEFAULT, minutes: float = 0, extra_time: float = 1.0, *, questions: int = 0, seed: int = 0,
    new: bool = False, face: Face | None = None, bank: banks.Bank | None = None, keep: Path | None = None,
) -> int:  # fmt: skip
    """Sit an exam in the terminal, or go on with the one that was left. Returns 0 passed, 1 not, 2 for a bad option."""
    own, held = face or Face(), bank or banks.standard()
    desk = Desk(held, keep, own.now)
    try:
        sitting, sentence = (None, "") if new else desk.left()
        if sentence:
            own.say(sentence)
        if sitting is None:
            drawn = desk.draw(pack, seed=seed, questions=questions, minutes=minutes, extra_time=extra_time)
            own.say(drawn.banner)
            own.say(f"{drawn.items} pages in {len(drawn.sections)} sections, {drawn.minutes:.0f} minutes. "
                    "The clock starts now.")  # fmt: skip
            sitting = exams.begin(drawn, own.now())
    except (blueprints.PackUnknown, paper.PackEmpty, ValueError) as error:
        return _refuse(own, str(error))
    return _sit(own, sitting, desk)


_COMMANDS = "next, back, go NUMBER, flag, review, time, section (finish this one), break, submit, quit"


def _sit(face: Face, sitting: exams.Sitting, desk: Desk) -> int:
    announced = shown = ""
    try:
        while exams.timed(sitting, face.now()).state != exams.OVER:
            desk.keep(sitting)
            view = exams.view(sitting, desk.bank, face.now())
            if announced != view.section and view.page is not None:
                announced = view.section
                face.say(f"\nSection: {view.section}. {view.rules}")
                face.say(f"Instead of an answer: {_COMMANDS}.")
            if shown != sitting.key + sitting.state and view.page is not None:
                shown = sitting.key + sitting.state
                face.say(f"\n{view.section}, page {view.number} of {view.of}. {view.remaining / 60:.0f} minutes left."
                         + (" Flagged." if view.flagged else ""))  # fmt: skip
                show(face, view.page)
                sitting = _prepared(face, sitting, desk.bank)
            sitting = _turn(face, sitting, desk.bank, view)
    except Left:
        desk.keep(sitting)
        face.say("\nLeft. The clock runs on; `acrlab exam` comes back to it.")
        return 1
    return _reported(face, desk.close(exams.timed(sitting, face.now())))


def _prepared(face: Face, sitting: exams.Sitting, bank: banks.Bank) -> exams.Sitting:
    """Of a task: with its start in the running emulator."""
    if sitting.here.kind != paper.LAB:
        return sitting
    place, missing = running_place()
    if place is None:
        face.say(missing)
        return sitting
    try:
        return exams.prepared(sitting, bank, place, face.now())
    except exams.NotAllowed as error:
        face.say(_sentence(error))
        return sitting


def _sentence(error: exams.NotAllowed) -> str:
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


def _turn(face: Face, sitting: exams.Sitting, bank: banks.Bank, view: exams.View) -> exams.Sitting:
    """One thing that the candidate does: a word of the table, or an answer."""
    if view.page is None:
        face.ask("In a break; the clock runs. Press Enter to come back")
        return exams.resume(sitting, face.now())
    field = view.page.fields[0]
    try:
        text = face.ask(how(field, len(view.page.fields) > 1))
        word, _, rest = text.partition(" ")
        do = _WORDS.get(word.lower()) if field.way != "command" or word.lower() != "az" else None
        if do is not None:
            return do(face, sitting, bank, rest)
        if field.way == "do":
            return _performed(face, sitting, bank)
        given = {field.key: tuple(chosen(field, text))}
        for other in view.page.fields[1:]:
            given[other.key] = tuple(chosen(other, face.ask(how(other, True))))
        sitting = exams.answer(sitting, bank, given, face.now())
        return _onward(face, sitting)
    except exams.NotAllowed as error:
        face.say(_sentence(error))
        return sitting


def _performed(face: Face, sitting: exams.Sitting, bank: banks.Bank) -> exams.Sitting:
    place, missing = running_place()
    if place is None:
        face.say(missing)
        return sitting
    return _onward(face, exams.performed(sitting, bank, place, face.now()))


def _onward(face: Face, sitting: exams.Sitting) -> exams.Sitting:
    try:
        return exams.forward(sitting, face.now())
    except exams.NotAllowed:
        face.say("Noted. That was the last page of the section: review shows it, section finishes it.")
        return sitting


def _review(face: Face, sitting: exams.Sitting, bank: banks.Bank, _: str) -> exams.Sitting:
    for row in exams.view(sitting, bank, face.now()).review:
        marks = [word for word, holds in (("answered", row.answered), ("flagged", row.flagged), ("locked", row.locked))
                 if holds] or ["open"]  # fmt: skip
        face.say(f"  {row.number}. {row.title}: {', '.join(marks)}")
    return sitting


def _time(face: Face, sitting: exams.Sitting, bank: banks.Bank, _: str) -> exams.Sitting:
    face.say(f"{(sitting.deadline - face.now()) / 60:.0f} minutes are left.")
    return sitting


def _go(face: Face, sitting: exams.Sitting, bank: banks.Bank, rest: str) -> exams.Sitting:
    return exams.go(sitting, int(rest) if rest.strip().isdecimal() else 0, face.now())


_Word = Callable[[Face, exams.Sitting, banks.Bank, str], exams.Sitting]
_WORDS: dict[str, _Word] = {
    "next": lambda face, sitting, bank, rest: exams.forward(sitting, face.now()),
    "back": lambda face, sitting, bank, rest: exams.back(sitting, face.now()),
    "go": _go,
    "flag": lambda face, sitting, bank, rest: exams.flag(sitting, face.now()),
    "review": _review,
    "time": _time,
    "section": lambda face, sitting, bank, rest: exams.finish_section(sitting, face.now()),
    "break": lambda face, sitting, bank, rest: exams.pause(sitting, face.now()),
    "submit": lambda face, sitting, bank, rest: exams.submit(sitting, face.now()),
}


def _reported(face: Face, found: score.Report) -> int:
    face.say("\nThe time is up." if found.reason == "time" else "\nThe exam is over.")
    face.say(found.banner)
    face.say(found.verdict(), "bold")
    for line in found.lines:
        share = f"{line.points} of {line.possible} points, likely {line.low:.0%} to {line.high:.0%}" if line.possible \
            else "not asked"  # fmt: skip
        face.say(f"  {line.objective}: {share}")
    for number, item in enumerate(found.items, 1):
        stale = "" if item.scored else " Not scored: its review is overdue."
        face.say(f"\n{number}. {item.title}: {item.points} of {item.possible}.{stale}")
        graded(face, item.grade.parts, right=item.grade.right, answered=item.answered)
    return 0 if found.passed else 1


def _refuse(face: Face, sentence: str) -> int:
    face.say(f"acrlab: {sentence}")
    return 2
