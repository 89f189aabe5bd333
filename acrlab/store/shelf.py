"""Finished blobs: one file each, under its digest."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from acrlab.domain import names
from acrlab.domain.errors import BlobUnknown, DigestInvalid
from acrlab.store import disk

PIECE = 1024 * 1024  # bytes read at a time when hashing a file


def hash_file(path: Path | str, algorithm: str) -> str:
    """The digest of a file's bytes, in constant memory."""
    hasher = hashlib.new(algorithm)
    piece = memoryview(bytearray(PIECE))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(piece):
            hasher.update(piece[:count])
    return f"{algorithm}:{hasher.hexdigest()}"


class Shelf:
    """`<folder>/<algorithm>/<first two digits>/<digits>`. Thread-safe, and safe to share."""

    def __init__(self, folder: Path, *, sync: bool) -> None:
        self._folder = folder
        self._sync = sync
        self._made: set[str] = set()
        disk.make_folder(folder, sync=sync)

    def path(self, digest: str) -> str:
        """Where the content is, or would be. Raises: DigestInvalid, DigestUnsupported."""
        algorithm, _, encoded = names.digest(digest).partition(":")
        return f"{self._folder}{os.sep}{algorithm}{os.sep}{encoded[:2]}{os.sep}{encoded}"

    def size(self, digest: str) -> int | None:
        """Units: bytes. None when the content is not here."""
        try:
            return os.stat(self.path(digest)).st_size
        except FileNotFoundError:
            return None

    def admit(self, arrived: Path, descriptor: int, digest: str) -> None:
        """Move a verified file to its place, durably, and close it. Raises: OSError."""
        try:
            size = os.fstat(descriptor).st_size
            stored = self.size(digest) == size
            if self._sync and not stored:
                disk.sync_file(descriptor)
        finally:
            os.close(descriptor)  # Windows moves no open file
        target = self.path(digest)
        if stored:
            arrived.unlink()
        else:
            self._move(arrived, target, size)
        if self._sync:  # also when stored: the thread that moved it may not have come this far
            disk.sync_folder(os.path.dirname(target))

    def _move(self, arrived: Path, target: str, size: int) -> None:
        folder = os.path.dirname(target)
        if folder not in self._made:
            disk.make_folder(Path(folder), sync=self._sync)
            self._made.add(folder)
        try:
            os.replace(arrived, target)
        except PermissionError:
            # Windows replaces no file that is being read: somebody else stored it meanwhile
            if not os.path.isfile(target) or os.stat(target).st_size != size:
                raise
            arrived.unlink()

    def read(self, digest: str, offset: int, length: int | None) -> bytes:
        """Some of the content. Raises: BlobUnknown."""
        try:
            with open(self.path(digest), "rb") as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError:
            raise BlobUnknown(digest=digest) from None

    def delete(self, digest: str) -> bool:
        """Free the content; say whether that was done."""
        try:
            os.unlink(self.path(digest))
        except FileNotFoundError:
            return False
        except PermissionError:
            if os.name == "nt":  # being read: the next collection comes back for it
                return False
            raise
        return True

    def digests(self) -> Iterator[str]:
        """Everything stored, sorted within each algorithm."""
        for algorithm in names.HEX_LENGTH:
            for folder in _listed(self._folder / algorithm):
                for encoded in _listed(self._folder / algorithm / folder):
                    with suppress(DigestInvalid):  # what file managers leave behind
                        yield names.digest(f"{algorithm}:{encoded}")


def _listed(folder: Path) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(os.listdir(folder))
    return []
