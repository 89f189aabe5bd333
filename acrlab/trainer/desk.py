"""Where a candidate sits: one exam at a time, kept after everything that is done, in whatever face it is done."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from acrlab.trainer import blueprint as blueprints
from acrlab.trainer import exam as exams
from acrlab.trainer import paper, score
from acrlab.trainer.bank import Bank
from acrlab.trainer.exam import Sitting
from acrlab.trainer.ledger import Ledger, folder
from acrlab.trainer.running import running_place


class Desk:
    """The exam of one learner on this machine."""

    def __init__(self, bank: Bank, path: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self.bank, self.now = bank, now
        self.path = path or folder() / "exam.json"

    @property
    def today(self) -> str:
        """The date, in ISO form."""
        return datetime.fromtimestamp(self.now(), UTC).date().isoformat()

    def draw(
        self, pack: str, *, seed: int = 0, questions: int = 0, minutes: float = 0, extra_time: float = 1.0
    ) -> paper.Paper:
        """A paper; with tasks when there is an emulator to perform them on.

        Raises: PackUnknown, PackEmpty, ValueError.
        """
        return paper.compose(
            self.bank, blueprints.load(pack), seed=seed or int(self.now()), today=self.today, questions=questions,
            minutes=minutes, extra_time=extra_time, lab=running_place()[0] is not None,
        )  # fmt: skip

    def keep(self, sitting: Sitting) -> None:
        """Write the exam down."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_bytes(exams.dumps(sitting))
        draft.replace(self.path)

    def left(self) -> tuple[Sitting | None, str]:
        """The exam that was left, come back to, and a sentence about it. Leaving is a break that nobody announced."""
        if not self.path.exists():
            return None, ""
        try:
            sitting = self._read()
        except ValueError as error:
            kept = self.path.with_suffix(".broken")
            self.path.replace(kept)
            return None, f"The exam that was left cannot be read: {error}. It is kept as {kept.name}; a new one begins."
        now = self.now()
        sitting = exams.timed(sitting, now)
        if sitting.state == exams.OPEN:
            sitting = exams.pause(sitting, now)
        resumed = exams.resume(sitting, now) if sitting.state == exams.BREAK else sitting
        return resumed, "You left an exam. Its clock ran on, and the pages that you saw are locked."

    def _read(self) -> Sitting:
        sitting = exams.loads(self.path.read_bytes())
        asked = [item.question for section in sitting.paper.sections for item in section.items]
        gone = [each for each in asked if each not in self.bank.questions]
        if gone:
            raise ValueError(f"the bank no longer has {gone[0]}")
        return sitting

    def close(self, sitting: Sitting) -> score.Report:
        """Grade an exam that is over, note it in the ledger, and clear the desk. Raises: NotAllowed."""
        found = score.report(sitting, self.bank, blueprints.load(sitting.paper.pack), self.today)
        items = [
            {"question": each.question, "part": each.key, "points": each.points, "possible": each.possible,
             "objectives": list(self.bank.questions[each.question].objectives), "scored": each.scored}
            for each in found.items
        ]  # fmt: skip
        Ledger().add("exam", sitting.ended, pack=found.pack, seed=found.seed, score=found.score, low=found.low,
                     high=found.high, points=found.points, possible=found.possible, seconds=found.seconds,
                     items=items)  # fmt: skip
        self.path.unlink(missing_ok=True)
        return found
