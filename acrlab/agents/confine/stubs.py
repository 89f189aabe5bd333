"""Files and folders made in a root so that something can be mounted on them, and what they leave: nothing."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

Made = tuple[str, str, int, int]  # path, its folder, and when that was changed: before and after, in nanoseconds


class Stubs:
    """What was made, in order. Paths are those inside the root, which is the root of this process."""

    def __init__(self, made: list[Made] | None = None) -> None:
        self.made = made or []

    def folder(self, path: str) -> str:
        """A folder at a path, links followed; where it really is."""
        real = os.path.realpath(path)
        if not os.path.isdir(real):
            self._parents(real)
            self._make(real, os.mkdir)
        return real

    def file(self, path: str) -> str:
        """A file at a path, links followed; where it really is."""
        real = os.path.realpath(path)
        if not os.path.lexists(real):
            self._parents(real)
            self._make(real, lambda name: Path(name).touch(exist_ok=False))
        return real

    def remove(self, kept: int = 0) -> None:
        """Take away what is still empty, and give folders their times back where nothing else has changed them.

        The first `kept` stay, for the time being.
        """
        while len(self.made) > kept:
            path, parent, before, after = self.made.pop()
            try:
                untouched = os.stat(parent).st_mtime_ns == after
                _remove_empty(path)
                if untouched:
                    os.utime(parent, ns=(before, before))
            except OSError:
                continue  # the container took it away, or filled it

    def _parents(self, real: str) -> None:
        parent = os.path.dirname(real)
        if not os.path.isdir(parent):
            self._parents(parent)
            self._make(parent, os.mkdir)

    def _make(self, real: str, make: Callable[[str], None]) -> None:
        parent = os.path.dirname(real)
        before = os.stat(parent).st_mtime_ns
        make(real)
        self.made.append((real, parent, before, os.stat(parent).st_mtime_ns))


def _remove_empty(path: str) -> None:
    seen = os.lstat(path)
    if stat.S_ISDIR(seen.st_mode):
        os.rmdir(path)
    elif stat.S_ISREG(seen.st_mode) and not seen.st_size:
        os.unlink(path)
