"""How able a learner is and how hard a question: a Rasch model with guessing, its error stated.

One learner's answers cannot calibrate a bank. So difficulties start from the author's level, wide, move a little with
every answer (Elo), and the ability is a whole distribution over a grid, from which the standard error is read.
"""

import math
from collections.abc import Iterable, Mapping

import msgspec

PRIOR = {1: -1.0, 2: 0.0, 3: 1.0}  # logits of difficulty, by the author's level
DOUBT = 0.8  # standard deviation of an author's judgement, in logits. Inferred; the estimate's error includes it
SPREAD = 1.5  # standard deviation of learners' abilities before the first answer
TARGET = 0.8  # expected success that is asked for. Inferred
STEP, SETTLE = 0.4, 0.1  # an answer moves a difficulty by at most this, less with each one
_GRID = tuple(each / 20 for each in range(-100, 101))  # -5 to 5 logits


class Answered(msgspec.Struct, frozen=True):
    """One answer as the model sees it. `chance` is what guessing earns; `score` is from 0 to 1."""

    question: str
    level: int
    chance: float
    score: float


class Ability(msgspec.Struct, frozen=True):
    """An estimate in logits with its standard error, from so many answers."""

    mean: float
    error: float
    answers: int

    def told(self) -> str:
        """In words that claim no more than is known."""
        if self.answers < 5:
            return f"after {self.answers} answer{'s' if self.answers != 1 else ''} nothing can be said yet"
        return f"{self.mean:+.1f} ± {self.error:.1f} logits after {self.answers} answers (68 % of the time)"


def success(ability: float, difficulty: float, chance: float = 0.0, doubt: float = DOUBT) -> float:
    """The probability of a right answer; `doubt` about the difficulty pulls it towards the middle."""
    slope = 1 / math.sqrt(1 + math.pi * doubt * doubt / 8)
    return chance + (1 - chance) / (1 + math.exp(-slope * (ability - difficulty)))


def difficulties(answers: Iterable[Answered]) -> dict[str, tuple[float, float]]:
    """Difficulty and remaining doubt of each question that was answered."""
    found: dict[str, tuple[float, int]] = {}
    ability = 0.0
    for seen, each in enumerate(answers):
        difficulty, count = found.get(each.question, (PRIOR[each.level], 0))
        surprise = each.score - success(ability, difficulty, each.chance)
        found[each.question] = difficulty - STEP / (1 + SETTLE * count * 10) * surprise, count + 1
        ability += STEP / (1 + SETTLE * seen) * surprise
    return {key: (value, DOUBT / math.sqrt(1 + count / 4)) for key, (value, count) in found.items()}


def estimate(answers: Iterable[Answered], known: Mapping[str, tuple[float, float]] | None = None) -> Ability:
    """The ability that explains the answers: mean and standard deviation of the posterior over a grid.

    The first answer to a question counts in full; a repeated one tells about memory, and counts a fifth.
    """
    table = known or {}
    logs = [-0.5 * (each / SPREAD) ** 2 for each in _GRID]
    count, before = 0, set[str]()
    for each in answers:
        difficulty, doubt = table.get(each.question, (PRIOR[each.level], DOUBT))
        weight = 0.2 if each.question in before else 1.0
        before.add(each.question)
        count += 1
        for index, ability in enumerate(_GRID):
            chance = success(ability, difficulty, each.chance, doubt)
            logs[index] += weight * (each.score * math.log(chance) + (1 - each.score) * math.log(1 - chance))
    top = max(logs)
    weights = [math.exp(each - top) for each in logs]
    total = sum(weights)
    mean = sum(weight * ability for weight, ability in zip(weights, _GRID, strict=True)) / total
    variance = sum(weight * (ability - mean) ** 2 for weight, ability in zip(weights, _GRID, strict=True)) / total
    return Ability(mean, math.sqrt(variance), count)
