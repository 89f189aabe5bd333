"""A quiz in a terminal: confidence before the answer, why after a wrong one, everything kept at once."""

from collections.abc import Sequence
from pathlib import Path

from acrlab.trainer import bank as banks
from acrlab.trainer import blueprint as blueprints
from acrlab.trainer import oracle, pool
from acrlab.trainer.bench import Place
from acrlab.trainer.face import HOW, Face, Left, chosen, graded, how, show
from acrlab.trainer.grading import complaint
from acrlab.trainer.instance import Field, Instance
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import CONFIDENCES, Offer, Practice
from acrlab.trainer.question import Question
from acrlab.trainer.running import running_place


def quiz(
    topic: str = "", count: int = 10, seed: int = 0, pack: str = "", *, face: Face | None = None,
    bank: banks.Bank | None = None, ledger: Path | None = None,
) -> int:  # fmt: skip
    """Practise in the terminal. Returns the exit code: 0, or 2 for a topic or pack that does not exist."""
    own, questions = face or Face(), bank or banks.standard()
    try:
        among = pool.drawn(questions, topic, pack)
    except (blueprints.PackUnknown, pool.TopicUnknown) as error:
        return _refuse(own, str(error))
    if pack:
        own.say(blueprints.load(pack).banner(own.today))
    practice = Practice(questions, Ledger(ledger), seed=seed)
    if practice.broken:
        own.say(f"Your record: {practice.broken}.")
    own.say("Answer with numbers. hint gives a nudge, quit stops; what you answered is kept.")
    _practise(own, practice, among, count)
    return 0


def _refuse(face: Face, sentence: str) -> int:
    face.say(f"acrlab: {sentence}")
    return 2


def _practise(face: Face, practice: Practice, among: Sequence[Question], count: int) -> None:
    asked: list[str] = []
    right = 0
    try:
        while len(asked) < count:
            offer = practice.next(face.now(), among, skip=asked)
            if offer is None:
                break
            asked.append(offer.page.question)
            face.say(f"\nQuestion {len(asked)} of {min(count, len(among))}. {_reason(offer)}")
            right += _asked(face, practice, offer)
    except Left:
        asked = asked[:-1]
        face.say("\nStopped. The next quiz goes on from here.")
    if asked:
        face.say(f"\n{right} of {len(asked)} right. Ability: {practice.ability().told()}.")
        _calibration(face, practice)


def _reason(offer: Offer) -> str:
    words = {"due": "It is due for review.", "new": "It is new to you.", "early": "A review ahead of time."}
    return f"{words[offer.reason]} Expected success {offer.expected:.0%}."


def _asked(face: Face, practice: Practice, offer: Offer) -> bool:
    page = offer.page
    variant = practice.variant(page.question)
    place: Place | None = None
    if page.kind == "do":
        place = _placed(face, variant)
        if place is None:
            return False
    show(face, page)
    began, hinted, given = face.now(), False, dict[str, list[str]]()
    for field in page.fields:
        if field.way == "do":
            continue
        while True:
            text = face.ask(how(field, len(page.fields) > 1))
            if text.lower() in ("hint", "h"):
                hinted = True
                face.say(variant.text(variant.question.hint) or _narrowed(field))
                continue
            given[field.key] = chosen(field, text)
            wrong = complaint(variant, {field.key: given[field.key]}) if given[field.key] else "nothing was chosen"
            if not wrong or (field.way == "command" and text):
                break
            face.say(f"Not an answer yet: {wrong}.")
    seconds = face.now() - began
    if place is not None:
        face.ask(HOW["do"])
        given, seconds = oracle.look(variant, place), face.now() - began
    confidence = _confidence(face)
    outcome = practice.answer(page.question, given, face.now(), confidence=confidence, seconds=seconds, hinted=hinted)
    graded(face, outcome.grade.parts, right=outcome.grade.right)
    face.say(f"{outcome.grade.points} of {outcome.grade.possible} points.")
    if not outcome.grade.right and outcome.grade.show:
        face.say("See it for yourself:")
        face.say(f"    {outcome.grade.show}")
    return outcome.grade.right


def _placed(face: Face, variant: Instance) -> Place | None:
    """The running emulator, with the start of a task in it."""
    place, missing = running_place()
    if place is None:
        face.say(f"This is a task to perform on the emulator. {missing} It is left out for now.")
        return None
    wrong = oracle.prepare(variant, place)
    if wrong:
        face.say(f"The task could not be prepared: {wrong}. `acrlab reset` gives an empty world.")
        return None
    return place


def _narrowed(field: Field) -> str:
    return "There is no hint for this one. Rule out what you know to be wrong." if field.lines else \
        "There is no hint for this one. The command's own --help names its options."  # fmt: skip


def _confidence(face: Face) -> float:
    words = list(CONFIDENCES)
    options = ", ".join(f"{index} {word}" for index, word in enumerate(words, 1))
    while True:
        text = face.ask(f"Before you see it, how sure are you? {options}")
        if text.isdecimal() and 1 <= int(text) <= len(words):
            return CONFIDENCES[words[int(text) - 1]]
        if text.lower() in CONFIDENCES:
            return CONFIDENCES[text.lower()]
        face.say(f"A number from 1 to {len(words)}, please.")


def _calibration(face: Face, practice: Practice) -> None:
    found = practice.calibration()
    words = {value: word for word, value in CONFIDENCES.items()}
    for each in found.bins:
        face.say(
            f"When you said {words.get(each.confidence, f'{each.confidence:.0%}')} ({each.confidence:.0%}), "
            f"{each.right:.0%} of {each.answers} were right; between {each.low:.0%} and {each.high:.0%} is likely."
        )
