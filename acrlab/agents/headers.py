"""Tars of strangers, read so that no header of theirs takes more memory than a name needs."""

import lzma
import tarfile
import zlib
from typing import Any

_MOST = 1 << 20  # bytes of one extended header
_EXTENDED = frozenset({
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
})  # fmt: skip

# What reading a tar may end with: a chain of headers without an entry is one call within another.
BROKEN = (
    tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError, RecursionError,
)  # fmt: skip


class Header(tarfile.TarInfo):
    """Given to `tarfile.open` as `tarinfo`. The maps of sparse files, which have no end to them, are not read."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        """Where tarfile lets a subclass in."""
        if self.type in _EXTENDED and self.size > _MOST:
            raise tarfile.ReadError("archive/tar: header field too long")
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("archive/tar: sparse files are not taken")
        return super()._proc_member(archive)  # type: ignore[misc]

    def _proc_gnusparse_10(self, *_: object) -> None:
        raise tarfile.ReadError("archive/tar: sparse files are not taken")
