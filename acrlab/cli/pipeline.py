"""Pipelines of other systems, run here against the emulator: Azure Pipelines and Jenkins."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from acrlab.cli.sentences import fail, told
from acrlab.client import running

pipeline = typer.Typer(
    help="azure-pipelines.yml and Jenkinsfiles, run with the tools of this machine against the emulator.",
    no_args_is_help=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class System(StrEnum):
    """Whose pipelines are run here."""

    azure = "azure"
    jenkins = "jenkins"


class Reason(StrEnum):
    """What makes a run begin."""

    manual = "manual"
    push = "push"
    pull_request = "pull-request"


@pipeline.command()
def run(
    file: Annotated[Path, typer.Argument(help="azure-pipelines.yml or a Jenkinsfile.")],
    system: Annotated[System | None, typer.Option(help="Whose file it is, where its name does not say it.")] = None,
    branch: Annotated[str, typer.Option(help="The branch of the run; by default the one that is checked out.")] = "",
    reason: Annotated[Reason, typer.Option(help="push and pull-request ask the file's own triggers.")] = Reason.manual,
    tool: Annotated[str, typer.Option(help="What builds and pushes: podman, buildah, docker or acrlab.")] = "",
    variable: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE for this run.")] = None,
) -> None:
    """Run a pipeline: its steps are really done. What cannot be run is refused by name and line, before anything is."""
    from acrlab.pipelines.execute import GOOD, Wish, execute
    from acrlab.pipelines.refusals import PipelineRefused

    given = dict(each.partition("=")[::2] for each in variable or ())
    if not file.is_file():
        fail(f"{file} is no file", 2)
    with told():
        try:
            wish = Wish(file, system.value if system else "", branch, reason.value, given, tool)
            result = execute(wish, lambda line: typer.echo(line))
        except PipelineRefused as refused:
            fail(f"{file}: {refused}", 2)
        except OSError as error:
            fail(f"{file}: {error.strerror or error}", 2)
    raise typer.Exit(0 if result in GOOD else 1)


@pipeline.command()
def connect(
    name: Annotated[str, typer.Argument(help="What steps call it: a service connection, a credential of Jenkins.")],
    registry: Annotated[str, typer.Option(help="The registry that it reaches.")],
    role: Annotated[str, typer.Option(help="The role that it has there.")] = "AcrPush",
    as_json: AsJson = False,
) -> None:
    """Make a connection: a service principal with a role on a registry. Its secret stays with the connection."""
    with told():
        found = running.control().connect(name, registry, role)
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(f"{found['name']}: service principal {found['appId']} with {found['role']} on {found['loginServer']}")


@pipeline.command()
def connections(as_json: AsJson = False) -> None:
    """The connections there are."""
    with told():
        found = running.control().connections()
    if as_json:
        typer.echo(json.dumps(found))
    for each in [] if as_json else found:
        typer.echo(f"{each['name']}  {each['loginServer']}  {each['role']}  {each['appId']}")


@pipeline.command()
def disconnect(name: str) -> None:
    """Forget a connection. Its service principal stays in the directory."""
    with told():
        running.control().disconnect(name)
    typer.echo(f"acrlab: {name} is forgotten")


@pipeline.command()
def runs(as_json: AsJson = False) -> None:
    """The runs there were."""
    with told():
        found = running.control().pipelines()
    if as_json:
        typer.echo(json.dumps(found))
    for each in [] if as_json else found:
        result = each["result"] or "running"
        typer.echo(f"{each['number']}  {each['system']}  {each['branch']}  {result}  {each['file']}")
