"""A question as its author wrote it, whatever its kind: an ask, and parts with options."""

from typing import Any

import msgspec

KINDS = ("single", "multiple", "series", "order", "match", "fill", "hot", "do", "case")
Steps = tuple[dict[str, Any], ...]


class Source(msgspec.Struct, frozen=True):
    """Where a question's facts are from."""

    title: str
    url: str
    date: str


class Choice(msgspec.Struct, frozen=True):
    """Something that can be answered. `fails` is how the oracle must fail when it is wrong."""

    say: str
    because: str
    right: bool = False
    oracle: Steps = ()
    fails: dict[str, str] = {}


class Part(msgspec.Struct, frozen=True):
    """One component of a question, worth points of its own. `way` is one, several, order, command or do.

    `oracle` is what this part's answers are tried on, after the question's own start.
    """

    prompt: str
    way: str
    choices: tuple[Choice, ...]
    oracle: Steps = ()
    because: str = ""


class Oracle(msgspec.Struct, frozen=True):
    """How the key is proven: where all answers start, what they have to reach, how wrong ones fail."""

    start: Steps = ()
    goal: Steps = ()
    fails: dict[str, str] = {}
    solution: Steps = ()


class Question(msgspec.Struct, frozen=True):
    """One question of the bank. `level` is 1 recall, 2 apply, 3 analyse. Dates are ISO."""

    id: str
    kind: str
    title: str
    ask: str
    objectives: tuple[str, ...]
    level: int
    parts: tuple[Part, ...]
    sources: tuple[Source, ...]
    review_by: str
    oracle: Oracle
    scene: str = ""
    case: str = ""
    seconds: int = 90  # what a learner who knows needs
    show: str = ""  # the command or cell that shows the behaviour
    hint: str = ""
    draw: dict[str, Any] = {}
    together: tuple[dict[str, str], ...] = ()
    profile: str = "current-2026"

    @property
    def topic(self) -> str:
        """The folder it is in."""
        return self.id.partition("/")[0]

    def stale(self, today: str) -> bool:
        """Whether its review is overdue. `today` is an ISO date."""
        return self.review_by < today


class Scenario(msgspec.Struct, frozen=True):
    """A case study's pages, shared by the questions that name it."""

    id: str
    title: str
    tabs: tuple[tuple[str, str], ...]
