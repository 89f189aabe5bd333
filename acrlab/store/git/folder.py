"""The objects of all hosted repositories: one folder each, as git lays it out, and one for what is on its way."""

import os
import re
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from acrlab.store import disk

if TYPE_CHECKING:
    from acrlab.store.git.objects import StoredObjects

ID = re.compile(r"[0-9a-f-]{32,36}")


class DirectoryGit:
    """`git/<id>/objects` holds what a repository is made of; which of it counts, the journal says.

    With `sync` objects are on the disk before a ref may name them. A crash leaves at worst objects that no ref reaches.
    """

    def __init__(self, folder: Path, *, sync: bool = True) -> None:
        self._folder, self._sync = folder.absolute() / "git", sync
        self._passing = folder.absolute() / "passing"
        self._locks: dict[str, threading.RLock] = {}
        self._lock = threading.Lock()
        shutil.rmtree(self._passing, ignore_errors=True)  # what was on its way when the last process ended

    def create(self, id: str) -> None:
        for part in ("objects/info", "objects/pack"):
            disk.make_folder(self._folder / id / part, sync=self._sync)

    def remove(self, id: str) -> None:
        if ID.fullmatch(id):
            shutil.rmtree(self._folder / id, ignore_errors=True)

    def ids(self) -> Iterator[str]:
        with suppress(FileNotFoundError):
            yield from filter(ID.fullmatch, sorted(os.listdir(self._folder)))

    def draft(self) -> str:
        disk.make_folder(self._passing, sync=False)
        path = self._passing / uuid.uuid4().hex
        os.close(disk.create(path))
        return str(path)

    @contextmanager
    def open(self, id: str) -> Iterator["StoredObjects"]:
        from acrlab.store.git.objects import StoredObjects  # late: dulwich takes its time, and a start waits for none

        with self._lock:
            turn = self._locks.setdefault(id, threading.RLock())
        objects = StoredObjects(self._folder / id / "objects", turn=turn, sync=self._sync)
        try:
            yield objects
        finally:
            objects.close()

    def copy(self, id: str, folder: str) -> None:
        source, target = self._folder / id, Path(folder) / "git" / id
        for path in sorted(source.rglob("*")):
            place = target / path.relative_to(source)
            if path.is_dir():
                disk.make_folder(place)
            else:
                _link(path, place)


def _link(source: Path, target: Path) -> None:
    disk.make_folder(target.parent)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
