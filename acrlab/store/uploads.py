"""Blobs being received: files that grow, hashed as they do."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from acrlab.domain import names
from acrlab.domain.errors import BlobUploadUnknown
from acrlab.engine.blobs import DigestMismatch
from acrlab.store import disk
from acrlab.store.shelf import Shelf, hash_file

STRETCH = 8 * 1024 * 1024  # bytes that are written out together while an upload grows
KEPT = 64 * 1024 * 1024  # bytes of a layer that stay in memory: it is likely to be pulled soon


class FileUpload:
    """An upload in a file: a new one with its descriptor, or one that has been there before.

    The bytes in the file are the truth; the running hash only saves reading them again.
    """

    def __init__(self, path: Path, shelf: Shelf, files: "OpenFiles", descriptor: int = -1) -> None:
        self.id = path.name
        self.received = 0 if descriptor >= 0 else path.stat().st_size
        self._hash = hashlib.sha256() if descriptor >= 0 else None
        self._path = path
        self._shelf = shelf
        self._files = files
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._sealed = ""
        self._cancelled = False
        self._written_out = self.received

    def write(self, chunk: bytes | memoryview) -> None:
        with self._alone():
            descriptor = self._open()
            try:
                disk.write(descriptor, chunk)
            except OSError:
                with suppress(OSError):  # sealing notices, should even this fail
                    os.ftruncate(descriptor, self.received)
                raise
            if self._hash is not None:
                self._hash.update(chunk)
            self.received += memoryview(chunk).nbytes
            if self.received - self._written_out >= STRETCH:
                with suppress(OSError):  # sealing syncs, and says what is wrong
                    disk.let_go(descriptor, min(self._written_out, KEPT), self.received)
                self._written_out = self.received

    def seal(self, digest: str) -> None:
        algorithm = names.digest(digest).partition(":")[0]
        with self._alone():
            actual = self._sealed or self._measure(algorithm)
            if actual != digest:
                raise DigestMismatch(digest, actual)
            if not self._sealed:
                self._admit(digest)

    def _measure(self, algorithm: str) -> str:
        size = os.fstat(self._open()).st_size
        if size != self.received:  # somebody else wrote to the file as well
            self.received, self._hash = size, None
        if self._hash is None or algorithm != "sha256":
            return hash_file(self._path, algorithm)
        return f"sha256:{self._hash.hexdigest()}"

    def _admit(self, digest: str) -> None:
        descriptor = self._open()
        self._descriptor = -1  # `admit` closes it, come what may
        self._files.forget(self)
        try:
            self._shelf.admit(self._path, descriptor, digest)
        except FileNotFoundError:
            if self._cancelled:
                raise BlobUploadUnknown() from None
            raise
        self._sealed = digest
        self._files.ended(self.id)

    def close(self) -> None:
        with self._lock:
            self._close()
            self._files.forget(self)

    def cancel(self) -> None:
        """Drop the bytes: now, or when the thread that is busy with them lets go of them."""
        self._cancelled = True
        self._drop()

    def _drop(self) -> None:
        self.close_if_idle()
        self._files.forget(self)
        self._files.ended(self.id)
        remove(self._path)

    def close_if_idle(self) -> bool:
        """Close the file unless a thread is busy with it; say whether that was done."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._close()
        finally:
            self._lock.release()
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with self._lock:
                if self._cancelled:
                    raise BlobUploadUnknown()
                yield
        finally:
            if self._cancelled:
                self._drop()

    def _open(self) -> int:
        if self._descriptor < 0:
            try:
                self._descriptor = disk.reopen(self._path)
            except FileNotFoundError:
                raise BlobUploadUnknown() from None
        self._files.use(self)
        return self._descriptor

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class OpenFiles:
    """The uploads whose files are open, least recently used first, and no more than `limit`.

    `ended` is told the id of every upload that is sealed or cancelled.
    """

    def __init__(self, limit: int, ended: Callable[[str], object]) -> None:
        self.ended = ended
        self._limit = limit
        self._open: OrderedDict[FileUpload, None] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, upload: FileUpload) -> None:
        """Count an upload as just used; close others if there are too many."""
        with self._lock:
            self._open[upload] = None
            self._open.move_to_end(upload)
            if len(self._open) > self._limit:
                self._close_idle()

    def _close_idle(self) -> None:
        for upload in list(self._open):
            if len(self._open) <= self._limit:
                return
            if upload.close_if_idle():  # the busy ones stay: no more of those than threads
                del self._open[upload]

    def forget(self, upload: FileUpload) -> None:
        """No longer count an upload."""
        with self._lock:
            self._open.pop(upload, None)

    def close(self) -> None:
        """Close every file."""
        for upload in list(self._open):
            upload.close()


def remove(path: Path) -> bool:
    """Unlink an upload's file; say whether that was done."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except PermissionError:
        if os.name == "nt":  # still open: whoever has it removes it, or the sweep does
            return False
        raise
    return True
