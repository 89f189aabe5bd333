"""What can be expected to go wrong, as one sentence and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from acrlab.client.control import ControlRefused, NotRunning


@contextmanager
def told() -> Iterator[None]:
    """Turn what can be expected to go wrong into one sentence and exit code 1."""
    from acrlab.engine.journal import JournalFailed

    try:
        yield
    except (NotRunning, ControlRefused, JournalFailed) as error:
        fail(str(error))


def fail(sentence: str, code: int = 1) -> None:
    """Say what is wrong and what to do, and leave."""
    typer.echo(f"acrlab: {sentence}", err=True)
    raise typer.Exit(code)
