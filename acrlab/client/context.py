"""What a build is given: files by name, or a folder, packed the way the service takes them."""

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

Context = Mapping[str, str | bytes] | Path | str | None


def packed(context: Mapping[str, str | bytes] | Path) -> bytes:
    """A gzip-compressed tar of them; the same bytes for the same files. Raises: ValueError, OSError.

    Left out is what az leaves out: .git and what .dockerignore names is left to the build.
    """
    files = dict(_files(context))
    if not files:
        raise ValueError("there is nothing to build from: give files by name, or a folder")
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted({folder for each in files for folder in _above(each)}):
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(member)
        for name in sorted(files):
            mode, data = files[name]
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), mode
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def _above(name: str) -> list[str]:
    """The folders that a file lies in; they have entries of their own, so that their times are ours."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _files(context: Mapping[str, str | bytes] | Path) -> Iterator[tuple[str, tuple[int, bytes]]]:
    if isinstance(context, Mapping):
        for name, text in context.items():
            mode = 0o755 if name.endswith(".sh") else 0o644
            yield name, (mode, text.encode() if isinstance(text, str) else text)
        return
    if not context.is_dir():
        raise ValueError(f"{context} is no folder")
    for path in context.rglob("*"):
        inside = path.relative_to(context)
        if path.is_file() and inside.parts[0] != ".git":
            yield inside.as_posix(), (0o755 if path.stat().st_mode & 0o100 else 0o644, path.read_bytes())
