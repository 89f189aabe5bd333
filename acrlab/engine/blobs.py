"""Blobs: bytes under their digest, hashed as they arrive and never held whole in memory."""

from collections.abc import Iterator
from typing import Protocol

from acrlab.domain.errors import DigestInvalid


class DigestMismatch(DigestInvalid):
    """The bytes received have another digest than the one they were announced with."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(digest=expected, actual=actual)
        self.expected = expected
        self.actual = actual


class Upload(Protocol):
    """A blob being received. Any one thread at a time."""

    @property
    def id(self) -> str:
        """The name it is resumed by."""
        ...

    @property
    def received(self) -> int:
        """Units: bytes."""
        ...

    def write(self, chunk: bytes | memoryview) -> None:
        """Append a chunk: all of it, or nothing when an exception is raised.

        Raises: BlobUploadUnknown when cancelled or sealed; OSError when the disk is full or broken.
        """
        ...

    def seal(self, digest: str) -> None:
        """Verify what was received and keep it under its digest, durably. Blocks.

        Content that is stored already is a success, and so is sealing once more. After a refusal
        the upload is as it was before.

        Raises: DigestMismatch, DigestUnsupported, DigestInvalid; BlobUploadUnknown; OSError.
        """
        ...

    def close(self) -> None:
        """Let go of the file. The bytes stay, for `resume`."""
        ...


class BlobStore(Protocol):
    """Content by digest, and the uploads that are to become content. Thread-safe."""

    def begin(self, id: str) -> Upload:
        """A new, empty upload.

        Raises: ValueError when the id is no plain name or in use; OSError.
        """
        ...

    def resume(self, id: str) -> Upload | None:
        """The upload as it stands, also after a restart; None when there is none."""
        ...

    def cancel(self, id: str) -> bool:
        """Drop an upload and its bytes; say whether there was one. Waits for no writer."""
        ...

    def uploads(self) -> Iterator[tuple[str, int, float]]:
        """Every unfinished upload: id, bytes, last change in epoch seconds."""
        ...

    def size(self, digest: str) -> int | None:
        """Units: bytes. None when the content is not here."""
        ...

    def path(self, digest: str) -> str:
        """Where the content is, or would be, on this machine's disk."""
        ...

    def read(self, digest: str, offset: int = 0, length: int | None = None) -> bytes:
        """Some of the content, fewer bytes where it ends earlier. For small things.

        Raises: BlobUnknown
        """
        ...

    def put(self, data: bytes) -> str:
        """Keep small content durably; return its sha256 digest.

        Raises: OSError
        """
        ...

    def delete(self, digest: str) -> bool:
        """Free the content; say whether that was done."""
        ...

    def digests(self) -> Iterator[str]:
        """Everything stored, sorted within each algorithm."""
        ...

    def close(self) -> None:
        """Let go of all files."""
        ...
