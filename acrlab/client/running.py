"""Which emulator is running: the environment says it, or a file in acrlab's home folder."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from acrlab.agents.home import home as home
from acrlab.client.control import Control, ControlRefused, NotRunning


def record_file() -> Path:
    """Where `acrlab up` writes down how it is reached; for its user's eyes only."""
    return home() / "running.json"


def record(description: dict[str, Any]) -> None:
    """Write down how the emulator is reached."""
    path = record_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(description, file, indent=1)
    os.replace(draft, path)


def forget() -> None:
    """Take the note back, if it is this process's."""
    with suppress(NotRunning):
        if recorded()["pid"] == os.getpid():
            record_file().unlink(missing_ok=True)


def recorded() -> dict[str, Any]:
    """What the last `acrlab up` wrote down. Raises: NotRunning."""
    try:
        found = json.loads(record_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        raise NotRunning("no emulator is running: start one with `acrlab up`, or use `acrlab run -- COMMAND`") from None
    assert isinstance(found, dict)
    return found


def environment() -> dict[str, str]:
    """The variables of the emulator that this process belongs to, or of the one that runs.

    Raises: NotRunning.
    """
    if "ACRLAB_ENDPOINT" in os.environ:
        return dict(os.environ)
    found = recorded()
    control(found["environment"]).status()
    return dict(found["environment"])


def control(variables: dict[str, str] | None = None) -> Control:
    """The controls of the running emulator. Raises: NotRunning."""
    found = variables or (os.environ if "ACRLAB_ENDPOINT" in os.environ else recorded()["environment"])
    return Control(found["ACRLAB_ENDPOINT"], found["ACRLAB_CONTROL"])


def alive() -> dict[str, Any] | None:
    """The description of the running emulator; None when nothing answers."""
    with suppress(NotRunning, ControlRefused):
        found = recorded()
        control(found["environment"]).status()
        return found
    return None
