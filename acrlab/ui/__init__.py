"""What a learner looks at in a notebook: `acrlab.ui.quiz()`, `acrlab.ui.exam()`, `acrlab.ui.progress()`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acrlab.ui.panel import Panel

__all__ = ["quiz"]


def quiz(topic: str = "", count: int = 10, seed: int = 0, pack: str = "") -> "Panel":
    """Practise here: as `acrlab quiz` in a terminal. Raises: TopicUnknown, PackUnknown."""
    from acrlab.ui.panel import Panel
    from acrlab.ui.quiz import Quiz

    return Panel(Quiz(topic, count, seed, pack))
