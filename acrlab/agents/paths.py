"""Paths inside a root, with links followed as a process would that believes the root to be all there is."""

import os
from pathlib import Path

from acrlab.agents.protocol import EngineFailed

_LINKS = 255


def resolved(root: Path, path: str, *, last: bool = True) -> str:
    """The path below the root that a path means; `last`: follow its last part, too. What is not there stays as it is.

    Raises: EngineFailed for a circle.
    """
    waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    at: list[str] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            del at[-1:]
            continue
        here = root.joinpath(*at, part)
        if not here.is_symlink() or (not waiting and not last):
            at.append(part)
            continue
        links += 1
        if links > _LINKS:
            raise EngineFailed(f"{path}: too many links")
        target = os.readlink(here)
        if target.startswith("/"):
            at = []
        waiting += [each for each in reversed(target.split("/")) if each not in ("", ".")]
    return "/".join(at)


def within(root: Path, path: str) -> Path:
    """Where a path lies on this machine. Raises: EngineFailed for a circle of links."""
    return root / resolved(root, path)


def joined(folder: str, path: str) -> str:
    """An absolute path from one that may be relative to a folder; a last slash stays."""
    whole = path if path.startswith("/") else f"{folder}/{path}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    end = "/" if parts and whole.endswith(("/", "/.")) else ""
    return f"/{'/'.join(parts)}{end}"
