"""A lab in a learner's hands."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.identity import ClientSecretCredential

from acrlab.client import cloud, refusals
from acrlab.client.control import Control
from acrlab.client.display import Table, facts
from acrlab.course import beginning, diary, difference, solution
from acrlab.course.checks import STEPS_OF_HELP
from acrlab.course.evidence import Evidence
from acrlab.course.folder import Folder, find
from acrlab.course.report import Hint, Report
from acrlab.course.rest import Refused, Rest
from acrlab.engine.state import Identity

LAST = "last"  # the save-point of what was there before the lab was begun anew


class NotStarted(Exception):
    """The lab has not begun in this world. The text says how to begin it."""


class NoSavePoint(Exception):
    """There is nothing to go back to. The text says what there is."""


def open(name: str | os.PathLike[str]) -> "Lab":
    """A lab by its name, its number, or the path of its folder. Raises: LabUnknown, LabInvalid, NotRunning."""
    return Lab(find(name), cloud.attach())


class Lab:
    """`start`, `check`, `hint`, `reset`: everything a learner does with a lab besides working in it.

    Raises: LabInvalid, NotRunning, ControlRefused, from every method.
    """

    def __init__(self, folder: Folder, control: Control, log: diary.Log | None = None) -> None:
        self.folder, self._control = folder, control
        self._log = log or diary.Log()

    @property
    def name(self) -> str:
        """The lab's name."""
        return self.folder.name

    @property
    def group(self) -> str:
        """The resource group that is the lab's own."""
        return self.folder.group

    # Working

    def start(self) -> Table:
        """Begin: the lab's resource group is made new. What was in it stays reachable: `reset(step="last")`.

        Raises: NotStarted when something stands in its way, such as a registry of the lab's name somewhere else.
        """
        if not self.evidence().idle:
            self._control.snapshot(self._mark(LAST))
        self._begin()
        self._control.snapshot(self._mark(1))
        beginning.mark(self.folder, Rest())  # after the snapshot: the learner's first request is the first that counts
        self._log.add(self.name, diary.STARTED)
        return self.table()

    def _begin(self) -> None:
        try:
            beginning.begin(self.folder, Rest())
        except Refused as refused:
            raise NotStarted(f"lab {self.name} cannot begin: {refused.sentence}") from None

    def check(self) -> Report:
        """Look at the registry and its history; say what is there and what is missing. Raises: NotStarted."""
        report = self.grade()
        self._log.add(
            self.name, diary.CHECKED, points=report.points, most=report.most, complete=report.complete,
            passed=[each.check.name for each in report if each.passed],
        )  # fmt: skip
        self._keep(report)
        return report

    def grade(self) -> Report:
        """What `check` shows, written down nowhere. Raises: NotStarted."""
        seen = self.evidence()
        if not seen.begun:
            raise NotStarted(f"lab {self.name} has not begun in this world: run lab.start() first")
        graded = [each.grade(seen) for each in self.folder.checks]
        undone = [each.check.name for each in graded if not each.passed]
        more = (
            f'lab.hint("{undone[0]}") says more; asked again, it says still more.'
            if undone
            else "All of it. Well done."
        )
        return Report(f"Lab {self.name}: {self.folder.description.title}", graded, more)

    def hint(self, check: str) -> Hint:
        """Help with one check: a nudge, then a pointed hint, then a worked solution. Its use is written down.

        Raises: LabUnknown for a check that does not exist.
        """
        asked = self.folder.check(check)
        level = min(self._hints(check), len(STEPS_OF_HELP) - 1)
        self._log.add(self.name, diary.HINTED, check=check, level=STEPS_OF_HELP[level])
        return Hint(asked.title, STEPS_OF_HELP[level], asked.hints[level], len(STEPS_OF_HELP) - 1 - level)

    def reset(self, step: int | str = 1) -> Table:
        """Go back to where a step begins, or to what was there before the last start ("last").

        A step you reached yourself is as you left it; of one you did not, the steps before are done for you, and that
        is written down. Raises: NoSavePoint.
        """
        known = self._control.status()["snapshots"]
        steps = range(1, len(self.folder.description.steps) + 1)
        if step != LAST and step not in steps:
            raise NoSavePoint(f'lab {self.name} has the steps 1 to {len(steps)}, and "{LAST}"')
        given = 0 if step == LAST or self._mark(step) in known else int(step) - 1
        if self._mark(1) not in known or (step == LAST and self._mark(LAST) not in known):
            raise NoSavePoint(f"lab {self.name} has no such save-point in this world: run lab.start()")
        self._go(step, given, known)
        self._log.add(self.name, diary.RESET, step=step, given=given)
        done = "its steps before that are done for you" if given else "everything is as it was then"
        return facts(f"lab {self.name}", {"is at": f"step {step}" if step != LAST else "your last attempt"}, f"{done}.")

    def keep(self, name: str) -> None:
        """Make a save-point."""
        self._control.snapshot(self._mark(name))

    def go(self, name: str) -> None:
        """Go to a save-point; what was asked since stays on record."""
        self._control.restore(self._mark(name))

    def _go(self, step: int | str, given: int, known: list[str]) -> None:
        if not given:
            self._control.restore(self._mark(step))
        elif self._mark(f"{step} given") in known:
            self._control.restore(self._mark(f"{step} given"))
        else:
            self._control.restore(self._mark(1))
            beginning.mark(self.folder, Rest())
            with cloud.connect(cloud.EMULATED) as own:
                own.group = self.group
                solution.run(self.folder, range(1, given + 1), {"cloud": own, "lab": self})
            self._control.snapshot(self._mark(f"{step} given"))
        if step == 1:
            beginning.mark(self.folder, Rest())  # what was asked before no longer counts

    @contextmanager
    def rehearse(self) -> Iterator["Rehearsal"]:
        """Try something out: what the block does is undone when it ends, and the difference is kept to be looked at."""
        mark, before = self._mark("rehearsal"), self.evidence()
        self._control.snapshot(mark)
        found = Rehearsal()
        try:
            yield found
        finally:
            found.difference = difference.between(before, self.evidence())
            self._control.restore(mark)

    # Material

    def sign_in(self, application: str) -> ClientSecretCredential:
        """A credential of one of the lab's applications, with a new secret. Raises: LookupError."""
        client, secret = beginning.secret(Rest(), application)
        return ClientSecretCredential(os.environ["AZURE_TENANT_ID"], client, secret)

    def client_id(self, application: str) -> str:
        """The client id of one of the lab's applications. Raises: LookupError."""
        return self._principal(application).app_id

    def object_id(self, application: str) -> str:
        """The object id of its service principal, which role assignments name. Raises: LookupError."""
        return self._principal(application).id

    def _principal(self, name: str) -> Identity:
        found = self.evidence().principal(name)
        if found is None:
            raise LookupError(f"the directory has no service principal {name!r}")
        return found

    def symptom(self) -> Any:
        """Of a broken registry: do what fails, and show how. The refusal is the answer, not an error."""
        return self.folder.module("start").symptom(Rest(), self.group)

    def why(self) -> Table | refusals.Refusal:
        """The chain behind the last refusal."""
        return refusals.last(self._control.why)

    def evidence(self) -> Evidence:
        """What the checks look at."""
        return Evidence.taken(self._control, self.group)

    # Looks

    def table(self) -> Table:
        """What the lab is about."""
        about = self.folder.description
        steps = {f"step {number}": step for number, step in enumerate(about.steps, 1)}
        given = {"resource group": self.group, "time": f"about {about.minutes} minutes", "cost on Azure": about.cost}
        return facts(f"Lab {self.name}: {about.title}", {**given, **steps}, about.symptom)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()

    def _mark(self, step: int | str) -> str:
        return f"lab {self.name}: {step}"

    def _hints(self, check: str) -> int:
        """How often help with a check was asked for since the lab began."""
        count = 0
        for entry in self._log.read()[0]:
            if entry.lab == self.name and entry.what == diary.STARTED:
                count = 0
            elif entry.lab == self.name and entry.what == diary.HINTED and entry.facts.get("check") == check:
                count += 1
        return count

    def _keep(self, report: Report) -> None:
        """The step that comes next is a save-point of the learner's own making."""
        undone = [each.check.step for each in report if not each.passed]
        reached = min(undone, default=len(self.folder.description.steps) + 1)
        if 1 < reached <= len(self.folder.description.steps):
            self._control.snapshot(self._mark(reached))


class Rehearsal:
    """What a block that was undone had changed; shows itself once the block has ended."""

    def __init__(self) -> None:
        self.difference = facts("the difference", {}, "the rehearsal is still going on")

    def __repr__(self) -> str:
        return self.difference.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.difference.bundle()
