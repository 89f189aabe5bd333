"""A build of Jenkins from its file to its result. Source: console output of public builds (2023-2025)."""

from collections.abc import Mapping
from pathlib import Path

from acrlab.pipelines.connections import Connections
from acrlab.pipelines.console import Console
from acrlab.pipelines.jenkins import declarative, steps
from acrlab.pipelines.jenkins.build import FAILURE, Build
from acrlab.pipelines.jenkins.parser import parse
from acrlab.pipelines.jenkins.syntax import Call, Statement
from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import PipelineRefused, StepFailed, ToolMissing
from acrlab.pipelines.source import Checkout


def read(text: str) -> tuple[Statement, ...]:
    """Read a file and check it whole. Raises: PipelineRefused."""
    statements = parse(text)
    if not statements:
        raise PipelineRefused("the file is empty", 1)
    whole = _declarative(statements)
    if whole is not None:
        declarative.check(whole)
    else:
        declarative.walk(statements)
    return statements


def _declarative(statements: tuple[Statement, ...]) -> Call | None:
    first = statements[0]
    found = isinstance(first, Call) and first.target is None and first.name == "pipeline"
    if found and len(statements) > 1:
        raise PipelineRefused("nothing follows pipeline { … }", statements[1].line)
    return first if found and isinstance(first, Call) else None


def base(number: int, checkout: Checkout, file: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What every build has. Source: Jenkins handbook, environment variables (2025)."""
    job = file.resolve().parent.name
    return {
        "BUILD_NUMBER": str(number), "BUILD_ID": str(number), "BUILD_DISPLAY_NAME": f"#{number}", "JOB_NAME": job,
        "JOB_BASE_NAME": job, "BUILD_TAG": f"jenkins-{job}-{number}", "BRANCH_NAME": checkout.branch,
        "GIT_BRANCH": f"origin/{checkout.branch}", "GIT_COMMIT": checkout.commit, "NODE_NAME": "built-in",
        "EXECUTOR_NUMBER": "0", "CI": "true", **given,
    }  # fmt: skip


def execute(
    statements: tuple[Statement, ...], machine: Machine, console: Console, checkout: Checkout,
    variables: dict[str, str], connections: Connections,
) -> str:  # fmt: skip
    """Run what was read; its result."""
    build = Build(machine, console, checkout, connections, variables, steps.perform)
    build.layers[0]["WORKSPACE"] = str(build.workspace)
    build.params |= variables
    console.say("Started by user acrlab")
    build.mark("Start of Pipeline")
    whole = _declarative(statements)
    if whole is not None:
        declarative.run(build, whole, lambda: _source(build))
    else:
        _scripted(build, statements)
    build.mark("End of Pipeline")
    console.say(f"Finished: {build.result}")
    return build.result


def _source(build: Build) -> None:
    """The checkout that a declarative pipeline begins with."""
    build.mark("stage")
    build.mark("{ (Declarative: Checkout SCM)")
    steps.perform(build, Call(None, "checkout", (), {}, None, 0))
    build.mark("}")
    build.mark("// stage")


def _scripted(build: Build, statements: tuple[Statement, ...]) -> None:
    try:
        build.run(statements)
    except (StepFailed, ToolMissing) as failure:
        build.console.say(f"ERROR: {failure}")
        build.worse(FAILURE)

