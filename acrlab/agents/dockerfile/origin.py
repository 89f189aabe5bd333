"""Where COPY and ADD take files from: the context, or the files of an image."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from acrlab.agents.dockerfile.ignore import Ignored, Pattern
from acrlab.agents.paths import resolved

_WILD = frozenset("*?[")
_BLOCK = 512  # of a tar


class Origin:
    """A folder, less what is ignored. `owner` tells whose a file is; of a context everything is root's."""

    def __init__(
        self, root: Path, ignored: Ignored | None = None, owner: Callable[[str], tuple[int, int]] | None = None
    ) -> None:
        self.root, self._ignored = root, ignored
        self.owner = owner or (lambda path: (0, 0))

    def matched(self, pattern: str) -> list[str]:
        """The paths that a source names, its last part not followed; none when nothing is there."""
        parts = [part for part in pattern.split("/") if part not in ("", ".")]
        if not any(_WILD & set(part) for part in parts):
            path = "/".join(_climbed(parts))
            return [path] if self.has(path) else []
        found = [""]
        for part in parts:
            found = [path for folder in found for path in self._below(folder, part)]
        return found

    def has(self, path: str) -> bool:
        """Whether there is something that is not left out."""
        if path and self.leaves_out(path):
            return (self.root / path).is_dir() and any(True for _ in self.children(path))
        return (self.root / resolved(self.root, path)).exists()

    def leaves_out(self, path: str) -> bool:
        return bool(self._ignored and self._ignored(path))

    @property
    def ignores(self) -> bool:
        """Whether anything may be left out."""
        return self._ignored is not None

    def children(self, folder: str) -> Iterator[str]:
        """The names in a folder, sorted; a folder that is left out shows when something in it is not."""
        place = resolved(self.root, folder)
        for name in sorted(os.listdir(self.root / place)):
            path = f"{folder}/{name}".lstrip("/")
            if not self.leaves_out(path) or (self._ignored and self._ignored.exceptions and self._holds(path)):
                yield name

    def size(self) -> int:
        """Bytes of the tar a client sends of it, as docker counts. Units: bytes."""
        return 2 * _BLOCK + sum(self._sizes(""))

    def fingerprint(self, paths: list[str]) -> str:
        """Of names, modes, owners and content; times do not count."""
        found = hashlib.sha256()
        for path in paths:
            self._add(found, path, resolved(self.root, path))
        return found.hexdigest()

    def _add(self, found: "hashlib._Hash", shown: str, path: str) -> None:
        place, seen = self.root / path, os.lstat(self.root / path)
        link = os.readlink(place) if stat.S_ISLNK(seen.st_mode) else ""
        found.update(repr((shown, seen.st_mode, self.owner(path), link)).encode(errors="surrogateescape"))
        if stat.S_ISREG(seen.st_mode):
            with place.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
        if stat.S_ISDIR(seen.st_mode):
            for name in self.children(shown):
                self._add(found, f"{shown}/{name}".lstrip("/"), f"{path}/{name}".lstrip("/"))

    def _sizes(self, folder: str) -> Iterator[int]:
        for name in self.children(folder):
            path = f"{folder}/{name}".lstrip("/")
            found = os.lstat(self.root / path)
            yield _BLOCK + (-(-found.st_size // _BLOCK) * _BLOCK if stat.S_ISREG(found.st_mode) else 0)
            if stat.S_ISDIR(found.st_mode):
                yield from self._sizes(path)

    def _holds(self, path: str) -> bool:
        place = self.root / path
        return place.is_dir() and not place.is_symlink() and any(True for _ in self.children(path))

    def _below(self, folder: str, part: str) -> Iterator[str]:
        place = self.root / resolved(self.root, folder)
        if not place.is_dir():
            return
        pattern = Pattern(part.replace("**", "*"))
        for name in self.children(folder):
            if pattern.matches(name):
                yield f"{folder}/{name}".lstrip("/")


def _climbed(parts: list[str]) -> list[str]:
    """Without `..`: nothing is above a root."""
    kept: list[str] = []
    for part in parts:
        if part == "..":
            del kept[-1:]
        else:
            kept.append(part)
    return kept
