"""Which pushes start a run. Source: YAML schema reference, trigger and pr (2025)."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from acrlab.pipelines.azure.model import Branches


class Push(NamedTuple):
    """A branch, and the files that its newest commit changed, as far as that is known."""

    branch: str
    files: tuple[str, ...] = ()


def starts(trigger: Branches, push: Push) -> tuple[bool, str]:
    """Whether it starts a run, and why not."""
    if trigger.off:
        return False, "trigger: none"
    branch = push.branch.removeprefix("refs/heads/")
    if not any(_fits(branch, each) for each in trigger.include):
        return False, f"branch {branch} is not among {', '.join(trigger.include)}"
    if any(_fits(branch, each) for each in trigger.exclude):
        return False, f"branch {branch} is excluded by {', '.join(trigger.exclude)}"
    if (trigger.paths or trigger.but_paths) and push.files and not any(_counts(each, trigger) for each in push.files):
        return False, f"no changed file is among the paths: {', '.join(push.files[:5])}"
    return True, ""


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern.removeprefix("refs/heads/"))


def _counts(file: str, trigger: Branches) -> bool:
    included = not trigger.paths or any(_below(file, each) for each in trigger.paths)
    return included and not any(_below(file, each) for each in trigger.but_paths)


def _below(file: str, pattern: str) -> bool:
    plain = pattern.strip("/")
    return plain in ("", "*") or file == plain or file.startswith(f"{plain}/") or fnmatchcase(file, plain)
