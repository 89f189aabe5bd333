"""Bodies of blobs: taken in as streams, given out as slices of files."""

from acrlab.domain.errors import BlobUploadInvalid, RangeInvalid
from acrlab.engine import uploads
from acrlab.engine.blobs import Upload
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import FileSlice, Response

SMALL = 256 * 1024  # bytes that may be hashed and written where they arrive


class BlobIntake:
    """Takes a chunk, or the last one, of an upload."""

    def __init__(self, call: Call, name: str, upload: Upload, *, digest: str = "", whole: bool = False) -> None:
        length = call.request.headers.get("content-length")
        if upload.id in call.world.writing:
            raise BlobUploadInvalid(reason="another request is writing to this upload")
        try:
            uploads.expect_chunk(upload, call.request.headers.get("content-range"), length)
        except RangeInvalid as condition:
            condition.fields["headers"] = location(call, name, upload)
            raise
        self._call, self._name, self._upload, self._digest, self._whole = call, name, upload, digest, whole
        self.small = length is not None and length.isdecimal() and int(length) <= SMALL and not digest
        call.world.writing.add(upload.id)

    def write(self, chunk: bytes | memoryview) -> None:
        self._upload.write(chunk)

    def seal(self) -> None:
        """Verify, make durable and move into place. Raises: DigestInvalid."""
        if not self._digest:
            self._upload.close()
            return
        self._expect(1)
        try:
            self._upload.seal(self._digest)
        except BaseException:
            self._expect(-1)
            raise

    def finish(self) -> Response:
        """Link the blob, or say where the upload stands."""
        self._call.world.writing.discard(self._upload.id)
        if not self._digest:
            return Response(202, location(self._call, self._name, self._upload))
        try:
            uploads.finish(self._call.world, self._call.home, self._name, self._digest, self._call.principal.id)
        finally:
            self._expect(-1)
        where = blob_path(self._call, self._name, self._digest)
        return Response(201, [("location", where), ("docker-content-digest", self._digest)])

    def abort(self) -> None:
        """Keep what came, so that the upload can be resumed; a body that had to be whole is thrown away."""
        self._call.world.writing.discard(self._upload.id)
        self._upload.close()
        if self._whole:
            self._call.world.blobs.cancel(self._upload.id)

    def _expect(self, change: int) -> None:
        self._call.world.expect(self._digest, change)


def location(call: Call, name: str, upload: Upload) -> list[tuple[str, str]]:
    """Where an upload goes on, and how far it is. Relative, as ACR sends it and its SDK needs it."""
    return [
        ("location", http.escaped(f"/v2/{call.prefix}{name}/blobs/uploads/{upload.id}")),
        ("range", f"0-{max(upload.received - 1, 0)}"),
        ("docker-upload-uuid", upload.id),
    ]


def blob_path(call: Call, name: str, digest: str) -> str:
    """The path of a blob as the caller addresses it."""
    return http.escaped(f"/v2/{call.prefix}{name}/blobs/{digest}")


def serve_blob(call: Call, digest: str, size: int) -> Response:
    """The blob, or the range that was asked for.

    Raises: RangeInvalid.
    Source: RFC 9110 section 14; the SDK accepts 206 only.
    """
    headers = [
        ("content-type", "application/octet-stream"),
        ("docker-content-digest", digest),
        ("etag", f'"{digest}"'),
        ("accept-ranges", "bytes"),
    ]
    if digest in call.request.headers.get("if-none-match", ""):
        return Response(304, headers)
    expires = call.access.expires if call.access is not None else 0.0
    path = call.world.blobs.path(digest)
    span = _span(call.request.headers.get("range", ""), size)
    if span is None:
        return Response(200, headers, FileSlice(path, 0, size), fresh_until=expires)
    first, last = span
    headers.append(("content-range", f"bytes {first}-{last}/{size}"))
    return Response(206, headers, FileSlice(path, first, last - first + 1), fresh_until=expires)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None when the whole content is to be sent."""
    unit, _, spans = text.partition("=")
    first, dash, last = spans.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in spans or not _numbers(first, last):
        return None
    if not first:
        return _within(max(size - int(last), 0) if int(last) else size, size - 1, size)
    return _within(int(first), min(int(last) if last else size - 1, size - 1), size)


def _numbers(first: str, last: str) -> bool:
    given = [each for each in (first, last) if each]
    return bool(given) and all(each.isdecimal() and each.isascii() and len(each) < 20 for each in given)


def _within(start: int, end: int, size: int) -> tuple[int, int]:
    if start <= end:
        return start, end
    reason = f"the range lies outside the {size} bytes of the blob"
    raise RangeInvalid(reason=reason, headers=[("content-range", f"bytes */{size}")])
