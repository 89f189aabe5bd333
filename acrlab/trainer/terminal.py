"""The trainer in a terminal: what `acrlab quiz` and `acrlab exam` call. For people who use no mouse and no screen, too."""

from acrlab.trainer.terminal_exam import exam
from acrlab.trainer.terminal_quiz import quiz

__all__ = ["exam", "quiz"]
