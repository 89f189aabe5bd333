"""Commands that turn the clock, go back in time, and explain."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from acrlab.cli.sentences import fail, told
from acrlab.client import running, wording
from acrlab.client.control import Control

clock = typer.Typer(help="Time is a dial.", no_args_is_help=True)


def reset() -> None:
    """Go back to how the world began. Snapshots stay."""
    _tell(lambda control: control.reset(), "the world is as it began")


def snapshot(name: str) -> None:
    """Name the present, so that `restore` can come back to it."""
    _tell(lambda control: control.snapshot(name), f"snapshot {name} taken")


def restore(name: str) -> None:
    """Go back to a snapshot. Nothing is lost: later snapshots stay reachable."""
    _tell(lambda control: control.restore(name), f"the world is as it was at {name}")


def fork(
    folder: Annotated[Path, typer.Argument(help="An empty folder, for `acrlab up --data` or `acrlab run --data`.")],
) -> None:
    """Write the present into a folder: a world of its own that begins as this one is now."""
    _tell(lambda control: control.fork(str(folder.resolve())), f"forked into {folder}")


def _tell(action: Any, sentence: str) -> None:
    with told():
        control: Control = running.control()
        action(control)
    typer.echo(f"acrlab: {sentence}")


@clock.command("advance")
def clock_advance(duration: Annotated[str, typer.Argument(help="8d, 1h30m, 45s")]) -> None:
    """Turn the clock forward; everything that falls due on the way is done."""
    from acrlab.client.durations import seconds

    try:
        span = seconds(duration)
    except ValueError as error:
        fail(str(error), 2)
    with told():
        found = running.control().advance(span)
    typer.echo(wording.moment(found["now"]))


@clock.command("show")
def clock_show() -> None:
    """What time it is in the emulator."""
    with told():
        typer.echo(wording.moment(running.control().status()["now"]))


def why(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many refusals, newest first.")] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    triggers: Annotated[
        bool, typer.Option("--triggers", help="Explain triggers of tasks instead: why each fired, or did not.")
    ] = False,
    task: Annotated[str, typer.Option("--task", help="With --triggers: of this task only.")] = "",
) -> None:
    """Explain the last refusal: who asked, what was needed, what was held, which page says so."""
    with told():
        control: Control = running.control()
        found = control.triggers() if triggers or task else control.why()
    found = [each for each in found if not task or each["task"].rpartition("/")[2].lower() == task.lower()][:last]
    if as_json:
        typer.echo(json.dumps(found))
    elif not found:
        typer.echo(f"acrlab: {'no trigger was looked at' if triggers or task else 'nothing was refused'} yet")
    else:
        typer.echo("\n\n".join("\n".join(each["lines"]) for each in found))


def cost(
    registry: Annotated[str, typer.Argument(help="One registry, meter by meter; all of them when left out.")] = "",
    tier: Annotated[str, typer.Option("--as", help="What the same would have cost as Basic, Standard, Premium.")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """What registries have cost so far, on the clock of the emulator."""
    from acrlab.client import bills

    with told():
        found = running.control().cost(registry, tier)
    typer.echo(json.dumps(found) if as_json else bills.shown(found, one=bool(registry), tier=tier).text())


COMMANDS = (reset, snapshot, restore, fork, why, cost)
