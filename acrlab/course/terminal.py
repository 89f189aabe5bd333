"""`acrlab check LAB`, in the terminal."""

import sys

from acrlab.client.control import ControlRefused, NotRunning
from acrlab.course import diary, folder, lab


def check_in_terminal(name: str) -> int:
    """Check a lab in the running emulator and print the table. Returns 0 when nothing is missing, 1 when something is.

    2 says that it could not be checked; the reason is on standard error.
    """
    from acrlab.client import running

    try:
        found = lab.Lab(folder.find(name), running.control())
        report = found.check()
    except (NotRunning, ControlRefused, folder.LabInvalid, folder.LabUnknown, lab.NotStarted) as error:
        sys.stderr.write(f"acrlab: {error}\n")
        return 2
    sys.stdout.write(report.text() + "\n")
    return 0 if report.complete else 1


def progress() -> diary.Progress:
    """How the learner stands in every lab."""
    labs = {}
    for each in _labs():
        try:
            labs[each.name] = each.description.title
        except folder.LabInvalid as error:
            labs[each.name] = f"cannot be read: {error}"
    return diary.Progress(labs, *diary.Log().read())


def _labs() -> list[folder.Folder]:
    try:
        return folder.every()
    except folder.LabUnknown:
        return []
