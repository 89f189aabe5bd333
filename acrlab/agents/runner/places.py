"""Folders of a run as its containers see them, and as they lie on this machine."""

import os
import posixpath
from pathlib import Path

import msgspec

from acrlab.agents.protocol import Mount

WORKSPACE, HOME = "/workspace", "/acb/home"
HOME_VOLUME = "home"


class Places(msgspec.Struct, frozen=True):
    """The workspace, the home volume, and the volumes with secrets."""

    workspace: Path
    home: Path
    volumes: Path

    def standard(self) -> tuple[Mount, ...]:
        """What every container of a run has."""
        return Mount(self.workspace, WORKSPACE), Mount(self.home, HOME)

    def volume(self, name: str) -> Path:
        """The folder of a named volume; made when it is first asked for."""
        path = self.home if name == HOME_VOLUME else self.volumes / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def found(self, path: str, directory: str = WORKSPACE) -> Path | None:
        """Where a path of a container lies on this machine, when it lies in what the run shares."""
        full = absolute(path, directory)
        for target, source in ((WORKSPACE, self.workspace), (HOME, self.home)):
            if full == target or full.startswith(f"{target}/"):
                inner = (source / full[len(target) :].lstrip("/")).resolve()
                return inner if inner.is_relative_to(source.resolve()) else None
        return None


def absolute(path: str, directory: str = WORKSPACE) -> str:
    """A path of a container, with relative ones below the directory."""
    return posixpath.normpath(posixpath.join(directory, path))


def relative(path: Path, folder: Path) -> str:
    """A path as seen from a folder, upwards too."""
    return os.path.relpath(path, folder).replace(os.sep, "/")
