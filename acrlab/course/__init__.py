"""Labs: begun, checked, helped with, reset; and what it takes to write them.

`open("01-push-and-organise")` is a lab, `progress()` how the learner stands in all of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from acrlab.course.checks import Check, CheckInvalid, Finding, check, expect, never
from acrlab.course.evidence import Evidence
from acrlab.course.folder import LabInvalid, LabUnknown

if TYPE_CHECKING:
    from acrlab.course.lab import Lab, NoSavePoint, NotStarted, open
    from acrlab.course.report import Report
    from acrlab.course.terminal import check_in_terminal, progress

__all__ = [
    "Check",
    "CheckInvalid",
    "Evidence",
    "Finding",
    "Lab",
    "LabInvalid",
    "LabUnknown",
    "NoSavePoint",
    "NotStarted",
    "Report",
    "check",
    "check_in_terminal",
    "expect",
    "never",
    "open",
    "progress",
]

_HOMES = {
    "Lab": "lab",
    "NoSavePoint": "lab",
    "NotStarted": "lab",
    "Report": "report",
    "check_in_terminal": "terminal",
    "open": "lab",
    "progress": "terminal",
}


def __getattr__(name: str) -> Any:
    """The Azure SDK is not loaded by those who only write checks."""
    if name not in _HOMES:
        raise AttributeError(f"module 'acrlab.course' has no attribute {name!r}")
    return getattr(import_module(f"acrlab.course.{_HOMES[name]}"), name)
