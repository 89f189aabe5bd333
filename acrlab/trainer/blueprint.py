"""Blueprints: what an exam asks about, dated. Packs over the one bank; an exam's code is data, never a name in code."""

import datetime
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from acrlab.trainer import objectives
from acrlab.trainer.bank import Bank
from acrlab.trainer.question import Question, Source

FOLDER = Path(__file__).parent / "blueprints"
DEFAULT = "ai-200"
OLD = 90  # days after which a blueprint says that nobody has looked at it


class PackUnknown(Exception):
    """No blueprint has this name. The text names those there are."""


class Objective(msgspec.Struct, frozen=True):
    """One line of an exam's list of skills, and the bank's objectives it covers."""

    id: str
    title: str
    covers: tuple[str, ...]


class Domain(msgspec.Struct, frozen=True):
    """A group of objectives. `weight` is the exam's share in percent, low and high; empty when it was not verified."""

    id: str
    title: str
    objective: tuple[Objective, ...]
    weight: tuple[int, ...] = ()


class Blueprint(msgspec.Struct, frozen=True):
    """One exam on one day. Units: minutes. Dates are ISO."""

    code: str
    title: str
    status: str
    verified_on: str
    minutes: int
    questions: int
    confidence: str
    notes: str
    source: tuple[Source, ...]
    domain: tuple[Domain, ...]
    retired_on: str = ""
    successor: str = ""

    @property
    def name(self) -> str:
        """The code, and that the exam is retired when it is: to be shown wherever the code is."""
        return f"{self.code} (retired {self.retired_on})" if self.status == "retired" else self.code

    def banner(self, today: str) -> str:
        """What a learner has to know about the pack; never empty. `today` is an ISO date."""
        parts = [f"{self.name}: {self.title}."]
        if self.status == "retired":
            parts.append("This exam can no longer be taken: the pack is an archive." + (
                f" Look at {self.successor.upper()} instead." if self.successor else ""))  # fmt: skip
        age = (datetime.date.fromisoformat(today) - datetime.date.fromisoformat(self.verified_on)).days
        if self.status != "retired" and age > OLD:
            parts.append(f"Verified {age} days ago, on {self.verified_on}: check the official list of skills.")
        parts.append("Original questions about Azure Container Registry only; no part of it is taken from an exam.")
        return " ".join(parts)

    def covered(self) -> frozenset[str]:
        """The bank's objectives that the exam asks about."""
        return frozenset(each for domain in self.domain for objective in domain.objective for each in objective.covers)

    def questions_of(self, bank: Bank) -> list[Question]:
        """The bank's questions that belong to the pack."""
        covered = self.covered()
        return [each for each in bank if covered.intersection(each.objectives)]

    def lines(self, question: Question) -> list[tuple[Domain, Objective]]:
        """The lines of the list of skills that a question belongs to."""
        return [
            (domain, objective) for domain in self.domain for objective in domain.objective
            if set(objective.covers).intersection(question.objectives)
        ]  # fmt: skip


def packs() -> list[str]:
    """The names of all blueprints."""
    return sorted(each.stem for each in FOLDER.glob("*.toml"))


@cache
def load(name: str = DEFAULT) -> Blueprint:
    """A blueprint by its name. Raises: PackUnknown."""
    wanted = name.lower()
    if wanted not in packs():
        raise PackUnknown(f"there is no pack {name}: use one of {', '.join(packs())}")
    raw: dict[str, Any] = tomllib.loads((FOLDER / f"{wanted}.toml").read_text("utf-8"))
    found = msgspec.convert(_plain(raw), Blueprint)
    strange = found.covered() - set(objectives.titles())
    if strange:
        raise ValueError(f"{wanted}.toml covers objectives that the bank does not know: {', '.join(sorted(strange))}")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
