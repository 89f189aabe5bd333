"""What a learner looks at in a notebook: `acrlab.ui.quiz()`, `acrlab.ui.exam()`, `acrlab.ui.progress()`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acrlab.ui.panel import Panel
    from acrlab.ui.standing import Standing

__all__ = ["exam", "progress", "quiz"]


def quiz(topic: str = "", count: int = 10, seed: int = 0, pack: str = "") -> "Panel":
    """Practise here: as `acrlab quiz` in a terminal. Raises: TopicUnknown, PackUnknown."""
    from acrlab.ui.panel import Panel
    from acrlab.ui.quiz_face import Quiz

    return Panel(Quiz(topic, count, seed, pack))


def exam(
    pack: str = "ai-200", questions: int = 0, minutes: float = 0, extra_time: float = 1.0, seed: int = 0
) -> "Panel":
    """Sit an exam here, or go on with the one that was left: as `acrlab exam` in a terminal. Raises: PackUnknown."""
    from acrlab.ui.exam_face import Exam
    from acrlab.ui.panel import Panel

    return Panel(Exam(pack, questions, minutes, extra_time, seed))


def progress() -> "Standing":
    """Where you stand: labs, practice, exams, and what comes next."""
    from acrlab.ui.standing import standing

    return standing()
