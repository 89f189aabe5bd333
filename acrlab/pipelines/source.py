"""Where a pipeline's file lies: the folder that is checked out, its branch and its commit."""

import shutil
from pathlib import Path
from typing import NamedTuple

from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import StepFailed

MAIN = "main"
NOWHERE = "0" * 40


class Checkout(NamedTuple):
    """The repository of a run: its folder, and what it is at. `git` says whether it is one."""

    folder: Path
    name: str
    branch: str
    commit: str
    git: bool

    def into(self, machine: Machine, target: Path, depth: int = 0) -> None:
        """Put what is committed there; of a folder that is no repository, everything. Raises: StepFailed."""
        if not self.git:
            shutil.copytree(self.folder, target, dirs_exist_ok=True, symlinks=True)
            return
        said: list[str] = []
        limit = ["--depth", str(depth)] if depth else []
        clone = ["git", "clone", "--quiet", *limit, self.folder.as_uri(), str(target)]
        detach = ["git", "checkout", "--quiet", "--detach", self.commit]
        if machine.run(clone, self.folder, {}, said.append) or machine.run(detach, target, {}, said.append):
            raise StepFailed(f"Git fetch failed: {' '.join(said)}")


def find(file: Path, machine: Machine, branch: str) -> Checkout:
    """The repository that a file is in, or its folder."""
    folder = file.resolve().parent
    top = machine.captured(["git", "rev-parse", "--show-toplevel"], folder)
    commit = machine.captured(["git", "rev-parse", "HEAD"], folder) if top else ""
    if not commit:
        return Checkout(folder, folder.name, branch or MAIN, NOWHERE, False)
    found = branch or machine.captured(["git", "branch", "--show-current"], folder) or MAIN
    return Checkout(Path(top), Path(top).name, found, commit, True)
