"""A pipeline from its file to its result: `acrlab pipeline run`."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from acrlab.client import running
from acrlab.pipelines import source
from acrlab.pipelines.azure import model as azure_model
from acrlab.pipelines.azure import run as azure
from acrlab.pipelines.azure.job import MASK
from acrlab.pipelines.azure.model import Branches
from acrlab.pipelines.azure.triggers import Push, starts
from acrlab.pipelines.azure.variables import compiled, predefined
from acrlab.pipelines.connections import Connections
from acrlab.pipelines.console import Console
from acrlab.pipelines.jenkins import run as jenkins
from acrlab.pipelines.jenkins.build import MASK as JENKINS_MASK
from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import PipelineRefused
from acrlab.pipelines.source import Checkout

AZURE, JENKINS = "azure", "jenkins"
REASONS = {"manual": "Manual", "push": "IndividualCI", "pull-request": "PullRequest"}
LARGEST = 1024 * 1024  # bytes of a file
GOOD = ("Succeeded", "SucceededWithIssues", "SUCCESS", "UNSTABLE", "NotTriggered")


class Wish(NamedTuple):
    """What is to be run, and how it came about."""

    file: Path
    system: str = ""
    branch: str = ""
    reason: str = "manual"
    variables: Mapping[str, str] = {}
    tool: str = ""  # what builds and pushes: podman, buildah, docker, or acrlab's own engine


def system_of(file: Path) -> str:
    """Which system a file is for, by its name. Raises: PipelineRefused."""
    if file.suffix in (".yml", ".yaml"):
        return AZURE
    if file.name.lower().startswith("jenkinsfile") or file.suffix in (".jenkinsfile", ".groovy"):
        return JENKINS
    raise PipelineRefused(f"{file.name} is neither YAML nor a Jenkinsfile: say --system azure or --system jenkins")


def execute(wish: Wish, write: Callable[[str], None]) -> str:
    """Run a pipeline; its result in the words of its system.

    Raises: PipelineRefused with nothing run, NotRunning, OSError.
    """
    if wish.file.stat().st_size > LARGEST:
        raise PipelineRefused(f"{wish.file.name} has more than {LARGEST} bytes")
    try:
        text = wish.file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PipelineRefused(f"{wish.file.name} is no text in UTF-8") from None
    system = wish.system or system_of(wish.file)
    folder = Path(tempfile.mkdtemp(prefix="acrlab-pipeline-"))
    try:
        with closing(Machine(folder, running.environment(), wish.tool)) as machine:
            return _SYSTEMS[system](wish, text, machine, write)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _azure(wish: Wish, text: str, machine: Machine, write: Callable[[str], None]) -> str:
    pipeline = azure_model.pipeline(text)
    checkout = source.find(wish.file, machine, wish.branch)
    if not _starts(pipeline.trigger, pipeline.pr, wish, checkout, machine, write):
        return "NotTriggered"
    console, connections = Console(write, MASK), Connections()
    unnumbered = _azure_base(wish, pipeline.name, checkout, 0, 0.0)
    azure.Run(pipeline, machine, console, checkout, unnumbered, connections).check()
    begun = running.control().pipeline_begun(str(wish.file), AZURE, checkout.branch, wish.reason)
    base = _azure_base(wish, pipeline.name, checkout, begun["number"], begun["now"])
    result = "Failed"
    try:
        result = azure.Run(pipeline, machine, console, checkout, base, connections).execute()
    finally:
        running.control().pipeline_ended(begun["number"], result)
    console.say(f"##[section]Finishing: run {begun['number']}: {result}")
    return result


def _azure_base(wish: Wish, name: str, checkout: Checkout, number: int, now: float) -> dict[str, str]:
    found = {**predefined(number, now, checkout, wish.file, REASONS[wish.reason]), **wish.variables}
    if name:
        found["Build.BuildNumber"] = compiled(name, found, 0)
    return found


def _starts(
    trigger: Branches, pr: Branches, wish: Wish, checkout: Checkout, machine: Machine, write: Callable[[str], None]
) -> bool:
    """Whether the file's own triggers let this run begin; by hand everything does."""
    if wish.reason == "manual":
        return True
    changed = machine.captured(["git", "diff", "--name-only", "HEAD^", "HEAD"], checkout.folder).splitlines()
    event = Push(checkout.branch, tuple(changed))
    ok, because = starts(pr if wish.reason == "pull-request" else trigger, event)
    if not ok:
        write(f"##[section]Not triggered: {because}")
    return ok


def _jenkins(wish: Wish, text: str, machine: Machine, write: Callable[[str], None]) -> str:
    statements = jenkins.read(text)
    checkout, console = source.find(wish.file, machine, wish.branch), Console(write, JENKINS_MASK)
    number = running.control().pipeline_begun(str(wish.file), JENKINS, checkout.branch, wish.reason)["number"]
    variables = jenkins.base(number, checkout, wish.file, wish.variables)
    result = "FAILURE"
    try:
        result = jenkins.execute(statements, machine, console, checkout, variables, Connections())
    finally:
        running.control().pipeline_ended(number, result)
    return result


_SYSTEMS: dict[str, Callable[[Wish, str, Machine, Callable[[str], None]], str]] = {AZURE: _azure, JENKINS: _jenkins}
