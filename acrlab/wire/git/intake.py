"""The body of a git request: kept in a file as it comes, worked on in a thread, answered in a moment."""

import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from acrlab.domain.hosting_errors import HostedRefused, HostedTooLarge
from acrlab.engine.hosting.pushes import Examined
from acrlab.engine.state import Hosted
from acrlab.wire.call import Call
from acrlab.wire.git import adverts, fetch, push
from acrlab.wire.git.push import Push
from acrlab.wire.http import FileSlice, Response

INLINE = 256 * 1024  # bytes of an answer that are held in memory
LARGEST_ASK = 16 * 1024 * 1024  # bytes of a fetch request, unpacked
LARGEST_PUSH = 2 * 1024 * 1024 * 1024 + 1024 * 1024  # bytes: a pack, and the commands before it
GZIP = ("gzip", "x-gzip")


class Spool:
    """A body in a file, unpacked if it came packed. Raises: HostedTooLarge, HostedRefused, OSError."""

    def __init__(self, path: Path, limit: int, coding: str) -> None:
        if coding not in ("", "identity", *GZIP):
            raise HostedRefused(reason=f"content-encoding {coding!r} is not understood")
        self.path, self._limit, self._left = path, limit, limit
        self._inflate = zlib.decompressobj(31) if coding in GZIP else None
        self._file: BinaryIO = open(path, "wb")  # noqa: SIM115 - closed by `close`

    def write(self, chunk: bytes | memoryview) -> None:
        if self._inflate is None:
            self._keep(chunk)
            return
        try:
            self._keep(self._inflate.decompress(chunk, self._left + 1))
        except zlib.error as error:
            raise HostedRefused(reason=f"the body is no gzip: {error}") from None
        if self._inflate.unused_data:
            raise HostedRefused(reason="there is something behind the gzip of the body")

    def _keep(self, data: bytes | memoryview) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise HostedTooLarge(reason=f"the request exceeds the limit of {self._limit} bytes")
        self._file.write(data)

    def close(self) -> None:
        self._file.close()
        if self._inflate is not None and not self._inflate.eof:
            raise HostedRefused(reason="the gzip of the body is cut short")

    def drop(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


class Fetch:
    """Answers git-upload-pack."""

    small = False

    def __init__(self, call: Call, hosted: Hosted, coding: str) -> None:
        self._hosted, self._git = _snapshot(hosted), call.world.git
        self._protocol = adverts.version(call.request.headers.get("git-protocol", ""))
        self._spool = Spool(Path(self._git.draft()), LARGEST_ASK, coding)
        self._answer = Path(self._git.draft())

    def write(self, chunk: bytes | memoryview) -> None:
        self._spool.write(chunk)

    def seal(self) -> None:
        """Read what is asked, and write the answer into a file."""
        self._spool.close()
        with open(self._spool.path, "rb") as asked, open(self._answer, "wb") as out:
            with self._git.open(self._hosted.id) as objects:
                fetch.answer(self._hosted, objects, asked, self._protocol, out.write)

    def finish(self) -> Response:
        self._spool.drop()
        headers = [("content-type", "application/x-git-upload-pack-result"), ("cache-control", "no-cache")]
        size = self._answer.stat().st_size
        if size > INLINE:
            return Response(200, headers, FileSlice(str(self._answer), 0, size, passing=True))
        body = self._answer.read_bytes()
        self._answer.unlink()
        return Response(200, headers, body)

    def abort(self) -> None:
        self._spool.drop()
        self._answer.unlink(missing_ok=True)


class Receive:
    """Answers git-receive-pack."""

    small = False

    def __init__(
        self, call: Call, hosted: Hosted, coding: str, decide: Callable[[Push, list[Examined]], bytes]
    ) -> None:
        self._id, self._git, self._decide = hosted.id, call.world.git, decide
        self._spool = Spool(Path(self._git.draft()), LARGEST_PUSH, coding)
        self._push: Push | None = None
        self._found: list[Examined] = []
        self._wrong = self._too_large = ""

    def write(self, chunk: bytes | memoryview) -> None:
        self._spool.write(chunk)

    def seal(self) -> None:
        """Keep the objects, durably, before a ref may name them."""
        self._spool.close()
        with open(self._spool.path, "rb") as file:
            self._push = push.read(file)
        if not self._push.moves:
            return
        with self._git.open(self._id) as objects:
            try:
                self._found = push.unpack(self._push, objects, str(self._spool.path))
            except HostedRefused as refused:
                self._wrong = refused.text
            except HostedTooLarge as refused:  # a file, or all of them together: the host's hook says it
                self._too_large = refused.text

    def finish(self) -> Response:
        """Move the refs, and tell."""
        self._spool.drop()
        headers = [("content-type", "application/x-git-receive-pack-result"), ("cache-control", "no-cache")]
        asked = self._push
        if asked is None or not asked.moves:
            return Response(200, headers)
        if self._too_large:
            verdicts = {each.ref: "pre-receive hook declined" for each in asked.moves}
            return Response(200, headers, push.report(asked, verdicts, remark=self._too_large))
        if self._wrong:
            verdicts = {each.ref: "unpacker error" for each in asked.moves}
            return Response(200, headers, push.report(asked, verdicts, self._wrong.removeprefix("unpack error: ")))
        return Response(200, headers, self._decide(asked, self._found))

    def abort(self) -> None:
        with suppress(OSError):
            self._spool.drop()


def _snapshot(hosted: Hosted) -> Hosted:
    """The repository as it is now: the thread that answers must not see it change."""
    return Hosted(
        hosted.id, hosted.host, hosted.owner, hosted.project, hosted.name, hosted.private, hosted.created,
        hosted.pushed, hosted.head, dict(hosted.refs), dict(hosted.peeled),
    )  # fmt: skip
