"""A blob store in a folder: `blobs/` for what is complete, `uploads/` for what is on its way."""

import os
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from acrlab.domain import names
from acrlab.store import disk
from acrlab.store.shelf import Shelf
from acrlab.store.uploads import FileUpload, OpenFiles, remove

UPLOAD = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}")
OPEN_FILES = 64  # of uploads at a time; macOS gives a process 256 files in all


class DirectoryBlobs:
    """Content-addressed files. Several worlds, and processes, may share the folder.

    With `sync` content is on the disk before it is reported stored; without, a power cut may take
    it back, which is right for a temporary folder. A crash leaves at worst content that nothing
    refers to.
    """

    def __init__(self, folder: str | Path, *, sync: bool = True, open_files: int = OPEN_FILES) -> None:
        folder = Path(folder).absolute()
        self._sync = sync
        self._arriving = folder / "uploads"
        disk.make_folder(self._arriving, sync=sync)
        self._shelf = Shelf(folder / "blobs", sync=sync)
        self._uploads: dict[str, FileUpload] = {}  # those with a running hash
        self._files = OpenFiles(open_files, ended=lambda id: self._uploads.pop(id, None))
        self._lock = threading.Lock()

    # Uploads

    def begin(self, id: str) -> FileUpload:
        if not UPLOAD.fullmatch(id):
            raise ValueError(f"{id!r} is no name for an upload.")
        path = self._arriving / id
        try:
            descriptor = disk.create(path)
        except FileExistsError:
            raise ValueError(f"There is an upload {id} already.") from None
        upload = FileUpload(path, self._shelf, self._files, descriptor)
        self._uploads[id] = upload
        self._files.use(upload)
        return upload

    def resume(self, id: str) -> FileUpload | None:
        if not UPLOAD.fullmatch(id):
            return None
        with self._lock:  # two resuming at once get the same one
            known = self._uploads.get(id)
            if known is None:
                with suppress(FileNotFoundError):
                    known = FileUpload(self._arriving / id, self._shelf, self._files)
                    self._uploads[id] = known
        return known

    def cancel(self, id: str) -> bool:
        if not UPLOAD.fullmatch(id):
            return False
        known = self._uploads.get(id)
        if known is None:
            return remove(self._arriving / id)
        known.cancel()
        return True

    def uploads(self) -> Iterator[tuple[str, int, float]]:
        for id in filter(UPLOAD.fullmatch, sorted(os.listdir(self._arriving))):
            with suppress(FileNotFoundError):
                status = os.stat(self._arriving / id)
                yield id, status.st_size, status.st_mtime

    # Content

    def size(self, digest: str) -> int | None:
        return self._shelf.size(digest)

    def path(self, digest: str) -> str:
        return self._shelf.path(digest)

    def read(self, digest: str, offset: int = 0, length: int | None = None) -> bytes:
        return self._shelf.read(digest, offset, length)

    def put(self, data: bytes) -> str:
        digest = names.digest_of(data)
        upload = self.begin(f"put-{uuid.uuid4().hex}")
        try:
            upload.write(data)
            upload.seal(digest)
        except BaseException:
            upload.cancel()
            raise
        return digest

    def delete(self, digest: str) -> bool:
        return self._shelf.delete(digest)

    def digests(self) -> Iterator[str]:
        return self._shelf.digests()

    def close(self) -> None:
        self._files.close()
