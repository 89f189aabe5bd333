"""The trainer in a terminal: what `acrlab quiz` and `acrlab exam` call. It needs no mouse and no screen."""

from acrlab.trainer.terminal_exam import exam
from acrlab.trainer.terminal_quiz import quiz

__all__ = ["exam", "quiz"]
