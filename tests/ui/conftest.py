"""The trainer's fixtures: what a learner looks at has one bank and one home with it."""

from tests.trainer.conftest import bank, home

__all__ = ["bank", "home"]
