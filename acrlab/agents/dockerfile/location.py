"""Where the Dockerfile of a build lies, and what it says."""

from pathlib import Path

from acrlab.agents.paths import within
from acrlab.agents.protocol import Build, EngineFailed

_ABOVE = "../"


def path(what: Build, ending: str = "") -> Path:
    """The file on this machine. It may lie above the context: the runner has seen that the run shares that folder.

    Links are followed as if the folder were all there is, so that none leads to what is this machine's.
    Raises: EngineFailed for a circle of links.
    """
    root, name = what.context, what.dockerfile
    while name.startswith(_ABOVE):
        root, name = root.parent, name.removeprefix(_ABOVE)
    return within(root, f"{name}{ending}")


def text(what: Build) -> str:
    """What is written in it. Raises: EngineFailed, in docker's words when it is not there."""
    try:
        return path(what).read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {what.dockerfile}"
        raise EngineFailed(f"{told}: no such file or directory") from None
