"""Repositories at github.com and dev.azure.com, as far as a lab asks for them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from acrlab.cli.sentences import fail, told
from acrlab.client import running

git = typer.Typer(
    help="Repositories at github.com and dev.azure.com, inside the emulator: the real hosts are not asked for them.",
    no_args_is_help=True,
)
Repository = Annotated[
    str, typer.Argument(help="OWNER/NAME at GitHub, or https://dev.azure.com/ORGANIZATION/PROJECT/_git/NAME.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@git.command()
def create(
    repository: Repository,
    folder: Annotated[Path | None, typer.Option("--from", help="Begin with the content of this folder.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Only with a token of its owner.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a repository and a personal access token of its owner, which is shown this once."""
    if folder is not None and not folder.is_dir():
        fail(f"{folder} is no folder", 2)
    with told():
        found = running.control().git_create(repository, str(folder.resolve()) if folder else "", private=private)
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(found["url"])
    typer.echo(f"token {found['token']}")


@git.command("list")
def list_(as_json: AsJson = False) -> None:
    """The repositories there are."""
    with told():
        found = running.control().git_list()
    if as_json:
        typer.echo(json.dumps(found))
    for each in [] if as_json else found:
        kind = "private" if each["private"] else "public "
        typer.echo(f"{each['url']}  {kind}  {', '.join(each['branches']) or 'empty'}")


@git.command()
def delete(repository: Repository) -> None:
    """Delete a repository. A snapshot from before still has it."""
    with told():
        found = running.control().git_delete(repository)
    typer.echo(f"acrlab: {found['deleted']} deleted")


@git.command()
def token(
    owner: Annotated[str, typer.Argument(help="Whose token: the first part of a repository's name.")],
    host: Annotated[str, typer.Option(help="github.com or dev.azure.com.")] = "github.com",
    scope: Annotated[list[str] | None, typer.Option(help="What it may do: repo, public_repo, vso.code …")] = None,
    life: Annotated[str, typer.Option(help="How long it holds: 8d, 1h30m. For ever when left out.")] = "",
    name: Annotated[str, typer.Option(help="What it is called in explanations.")] = "",
) -> None:
    """Make a personal access token and print it."""
    from acrlab.client.durations import seconds

    try:
        span = seconds(life) if life else 0.0
    except ValueError as error:
        fail(str(error), 2)
    with told():
        found = running.control().git_token(owner, host=host, scopes=scope or [], life=span, name=name)
    typer.echo(found["token"])


@git.command()
def revoke(token: str) -> None:
    """End a personal access token."""
    with told():
        found = running.control().git_revoke(token)
    if not found["revoked"]:
        fail("there is no such token")
    typer.echo("acrlab: the token holds no more")
