"""A storage account in a folder: a file for each blob, replaced whole or appended to."""

import os
import re
import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from acrlab.store import disk

NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+){0,4}")
ARRIVING = "arriving"  # the folder of what is being received
STRETCH = 16 * 1024 * 1024  # bytes that are written out together


class FileWriter:
    """A blob that is received into a file of its own."""

    def __init__(self, arriving: Path, target: Path) -> None:
        self._path, self._target = arriving, target
        self._descriptor = disk.create(arriving)
        self._received = self._written_out = 0

    def write(self, chunk: bytes | memoryview) -> None:
        disk.write(self._descriptor, chunk)
        self._received += memoryview(chunk).nbytes
        if self._received - self._written_out >= STRETCH:
            disk.let_go(self._descriptor, self._written_out, self._received)
            self._written_out = self._received

    def commit(self) -> None:
        self._close()
        disk.make_folder(self._target.parent, sync=False)
        os.replace(self._path, self._target)

    def abort(self) -> None:
        self._close()
        self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class FolderStorage:
    """Everything below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[str, int] = {}  # descriptors of blobs that are appended to

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a blob")
        return self._folder / name

    def writer(self, name: str) -> FileWriter:
        arriving = self._folder / ARRIVING
        disk.make_folder(arriving, sync=False)
        return FileWriter(arriving / uuid.uuid4().hex, self._file(name))

    def join(self, name: str, parts: Sequence[str]) -> None:
        writer = self.writer(name)
        try:
            for part in parts:
                with open(self._file(part), "rb") as file:
                    while chunk := file.read(1024 * 1024):
                        writer.write(chunk)
        except BaseException:
            writer.abort()
            raise
        writer.commit()
        for part in set(parts):
            self.delete(part)

    def append(self, name: str, data: bytes) -> None:
        with self._lock:
            descriptor = self._open.get(name)
            if descriptor is None:
                descriptor = self._open[name] = self._appending(self._file(name))
            disk.write(descriptor, data)

    def _appending(self, path: Path) -> int:
        disk.make_folder(path.parent, sync=False)
        with suppress(FileExistsError):
            return disk.create(path)
        return disk.reopen(path)

    def finish(self, name: str) -> None:
        with self._lock:
            descriptor = self._open.pop(name, None)
        if descriptor is not None:
            os.close(descriptor)

    def size(self, name: str) -> int | None:
        try:
            return self._file(name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def path(self, name: str) -> str:
        return str(self._file(name))

    def delete(self, name: str) -> None:
        self.finish(name)
        path = self._file(name)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def names(self, below: str) -> Iterator[tuple[str, float]]:
        root = self._file(below)
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.is_file():
                yield path.relative_to(self._folder).as_posix(), path.stat().st_mtime

    def close(self) -> None:
        """Let go of all files."""
        for name in list(self._open):
            self.finish(name)
