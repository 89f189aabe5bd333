"""Sample repositories that stand in where github.com is out of reach: named as Microsoft's pages name them.

They hold what the pages' commands need, in acrlab's own words; the log of each run that uses one says so.
"""

from pathlib import Path

from acrlab.agents.runner.services import SourceFailed
from acrlab.agents.samples.files import REPOSITORIES
from acrlab.engine.tasks.sources import normalised

BRANCHES = ("", "main", "master", "HEAD")


def warning(url: str) -> str:
    """What the log says of a stand-in; nothing where there is none."""
    name = normalised(url)
    return f"[Warning] {name} is a stand-in: {REPOSITORIES[name].what}" if name in REPOSITORIES else ""


def put(url: str, target: Path) -> None:
    """Write the folder that a context names. Raises: SourceFailed for another branch, or a folder that is not there."""
    branch, _, folder = url.partition("#")[2].partition(":")
    inside = f"{folder.strip('/')}/" if folder.strip("/") else ""
    found = {
        name.removeprefix(inside): text
        for name, text in REPOSITORIES[normalised(url)].files.items() if name.startswith(inside)
    }  # fmt: skip
    if branch not in BRANCHES or not found:
        raise SourceFailed(f"the stand-in for {normalised(url)} has no {branch or 'folder'} {folder}".rstrip())
    for name, text in found.items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
