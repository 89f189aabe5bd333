"""What a tree of files looks like at one moment, and what changed in it since."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from acrlab.agents.protocol import EngineFailed


class Entry(msgspec.Struct, frozen=True):
    """The parts of a file's stat that tell a change. The time of change cannot be forged from inside a container."""

    mode: int
    uid: int
    gid: int
    size: int
    modified: int
    changed: int
    inode: int
    device: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Entry":
        return cls(
            found.st_mode, found.st_uid, found.st_gid, found.st_size,
            found.st_mtime_ns, found.st_ctime_ns, found.st_ino, getattr(found, "st_rdev", 0),
        )  # fmt: skip

    @property
    def folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def dress(self) -> tuple[int, int, int, int]:
        """What is a folder's own: its times also change with what lies in it."""
        return self.mode, self.uid, self.gid, self.inode


Snapshot = Mapping[str, Entry]  # by path below the root


class Changes(msgspec.Struct, frozen=True):
    """Paths below a root, sorted. `opaque` are folders in place of earlier ones, of which nothing is left."""

    written: tuple[str, ...]
    deleted: tuple[str, ...] = ()
    opaque: frozenset[str] = frozenset()


def snapshot(root: Path) -> dict[str, Entry]:
    """Everything below a folder. Raises: EngineFailed for what is closed to this process."""
    return dict(_walk(str(root), ""))


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, Entry]]:
    for each in _listed(folder, prefix):
        entry = Entry.of(each.stat(follow_symlinks=False))
        yield prefix + each.name, entry
        if entry.folder:
            yield from _walk(each.path, f"{prefix}{each.name}/")


def _listed(folder: str, prefix: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            listed = list(found)
            for each in listed:
                each.stat(follow_symlinks=False)  # kept by the entry
            return listed
    except PermissionError:
        text = f"acrlab: /{prefix} is closed to this agent's user: only an agent of root sees what is in it"
        raise EngineFailed(text) from None


def changes(before: Snapshot, after: Snapshot) -> Changes:
    """What has to be in a layer, with the folders above it."""
    opaque = {path for path, entry in after.items() if _replaced(before.get(path), entry)}
    written = {path for path, entry in after.items() if _differs(before.get(path), entry)}
    gone = sorted(path for path in before if path not in after)
    deleted = tuple(path for path in gone if _stands(path, after) and not opaque.intersection(parents(path)))
    for path in (*written, *deleted):
        written.update(parents(path))
    return Changes(tuple(sorted(written)), deleted, frozenset(opaque))


def parents(path: str) -> list[str]:
    """The folders above a path, from the outermost."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _replaced(before: Entry | None, after: Entry) -> bool:
    return bool(before and before.folder and after.folder and before.inode != after.inode)


def _differs(before: Entry | None, after: Entry) -> bool:
    if before and before.folder and after.folder:
        return before.dress != after.dress
    return before != after


def _stands(path: str, after: Snapshot) -> bool:
    """Whether what held the path is still a folder: else its own deletion, or what took its place, says enough."""
    folder = path.rpartition("/")[0]
    return not folder or (folder in after and after[folder].folder)
