"""What a build step is made from: its context fetched, its Dockerfile read, its images named.

Source: recorded; the engine's open source (scan/dependencies.go, scan/context.go).
"""

from pathlib import Path

import msgspec

from acrlab.agents.runner.machine import Machine
from acrlab.agents.runner.places import absolute
from acrlab.agents.runner.services import SourceFailed
from acrlab.domain.tasks.contexts import build_words, git, is_git, remote
from acrlab.domain.tasks.dependencies import ScanFailed, image, normalised, scan
from acrlab.domain.tasks.run import Dependency, Image, Source
from acrlab.domain.tasks.task import Step


class StepFailed(Exception):
    """A step ended the run; the text follows `failed to run step ID: `. Units: seconds."""

    elapsed = 0.0


class Scanned(msgspec.Struct, frozen=True):
    """Names as written; digests are known when the run has ended."""

    tags: tuple[str, ...]
    runtime: str
    buildtime: tuple[str, ...]
    commit: str

    def dependencies(self, machine: Machine) -> tuple[Dependency, ...]:
        """One for each tag."""
        return tuple(
            Dependency(
                _image(machine, tag), _image(machine, self.runtime),
                tuple(_image(machine, name) for name in self.buildtime), self.commit,
            )
            for tag in self.tags
        )  # fmt: skip


def _image(machine: Machine, name: str) -> Image:
    found = image(normalised(name))
    digest = found.digest or ("" if normalised(name) == "scratch:latest" else machine.digest(name))
    return Image(found.registry, found.repository, found.tag, digest)


def scanned(machine: Machine, step: Step) -> Scanned:
    """What the scanner finds. Raises: StepFailed."""
    dockerfile, target, context = build_words(step.build)
    lines = machine.lines
    lowered = context.lower()
    if "github" in lowered and ".git" not in lowered:
        lines.say(f"WARNING: {lowered} might not be valid context. Valid Git repositories should end with .git.")
    lines.say("Scanning for dependencies...")
    try:
        folder, commit = _context(machine, step, context)
        runtime, others = scan(_read(machine, dockerfile, folder), _arguments(step), target)
    except (ScanFailed, SourceFailed) as failure:
        lines.say(f"Output from dependency scanning: {failure}")
        raise StepFailed("failed to scan dependencies: exit status 1") from failure
    lines.say("Successfully scanned dependencies")
    tags = tuple(dict.fromkeys(normalised(tag) for tag in step.tags))
    known: dict[str, str] = {}
    for name in others:
        known.setdefault(normalised(name).removeprefix("library/"), name)
    return Scanned(tags, runtime, tuple(known.values()), commit)


def _context(machine: Machine, step: Step, context: str) -> tuple[Path | None, str]:
    """The folder of a remote context, and its commit; of a local one that of the run."""
    if not remote(context):
        return machine.places.found(step.working_directory or "."), machine.commit
    folder = machine.places.workspace / step.id
    try:
        return folder, machine.services.fetch(Source(url=context, token=machine.order.source.token), folder)
    except SourceFailed as failure:
        what = f"unable to git clone to {absolute(step.id)}: " if is_git(context) and git(context) else ""
        raise SourceFailed(f"failed to download source code: {what}{failure}") from None


def _read(machine: Machine, dockerfile: str, folder: Path | None) -> str:
    missing = f"error opening dockerfile: {dockerfile}, error: open {dockerfile}: no such file or directory"
    if folder is None:
        raise ScanFailed(missing)
    path = (folder / dockerfile).resolve()
    inside = path.is_relative_to(machine.places.workspace.resolve())
    if not inside or not path.is_file():
        raise ScanFailed(missing)
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise ScanFailed(missing) from None


def _arguments(step: Step) -> dict[str, str]:
    found = {}
    for each in step.arguments:
        name, equals, value = each.partition("=")
        if not equals:
            raise ScanFailed(f"{each} cannot be split into 2 tokens with '='")
        found[name] = value.strip('"').strip("'")
    return found
