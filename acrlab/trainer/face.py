"""What the trainer writes and reads in a terminal: plain lines, numbered choices, nothing that moves."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from rich.console import Console

from acrlab.trainer.grading import PartGrade
from acrlab.trainer.instance import Field, Page

Ask = Callable[[str], str]
_ORDERED = "the numbers in the right order"
HOW = {
    "one": "Number of your choice",
    "several": "Numbers of your {choose} choices, with blanks between",
    "order": f"Numbers of the {{choose}} steps that are needed: {_ORDERED}, with blanks between",
    "command": "Your command",
    "do": "Press Enter when you have done it",
}


class Left(Exception):
    """The learner wants to stop; everything is kept."""


class Face:
    """What is written and what is read; tests bring their own."""

    def __init__(
        self, *, ask: Ask | None = None, console: Console | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._ask, self.now = ask or input, now

    def say(self, text: str = "", style: str = "") -> None:
        """Write a line."""
        self.console.print(text, style=style or None, markup=False)

    def ask(self, prompt: str) -> str:
        """Read a line. Raises: Left at its end, at Ctrl-C, and for `quit`."""
        try:
            given = self._ask(f"{prompt}: ").strip()
        except (EOFError, KeyboardInterrupt):
            raise Left from None
        if given.lower() in ("quit", "q", "exit"):
            raise Left
        return given

    @property
    def today(self) -> str:
        """The date, in ISO form."""
        return datetime.fromtimestamp(self.now(), UTC).date().isoformat()


# Showing


def show(face: Face, page: Page) -> None:
    """Read a question out: everything is text, and every choice has a number."""
    for title, text in page.tabs:
        face.say(f"{page.case}, {title}:")
        face.say(text)
    face.say(page.ask, "bold")
    if page.scene:
        face.say(page.scene)
    for field in page.fields:
        if field.prompt:
            face.say(field.prompt)
        for number, line in enumerate(field.lines, 1):
            face.say(f"  {number}. {line.say}")


def how(field: Field, several: bool) -> str:
    """What is asked for, in words."""
    prompt = HOW[field.way].format(choose=field.choose)
    return f"{field.prompt} - {prompt}" if several and field.prompt else prompt


def chosen(field: Field, text: str) -> list[str]:
    """What was typed, as an answer: letters for numbers, the text itself for a command."""
    if field.way == "command":
        return [text] if text else []
    found = []
    for each in re.split(r"[\s,;]+", text.strip()):
        number = int(each) - 1 if each.isdecimal() else -1
        if 0 <= number < len(field.lines):
            found.append(field.lines[number].key)
        elif each:
            found.append(each)
    return found


def graded(face: Face, parts: Sequence[PartGrade], *, right: bool, answered: bool = True) -> None:
    """Say what was right, and why, for every part."""
    face.say("Right." if right else "Not right." if answered else "Not answered.", "bold")
    for part in parts:
        if len(parts) > 1:
            face.say(f"{part.prompt}: {'right' if part.points == part.possible else 'wrong'}.")
        if part.points != part.possible:
            face.say(f"  Right is: {'; or '.join(part.right[:1]) if _commanded(part) else '; '.join(part.right)}.")
        for reason in part.because:
            face.say(f"  {reason}")


def _commanded(part: PartGrade) -> bool:
    return bool(part.right) and part.right[0].startswith("az ")
