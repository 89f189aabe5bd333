"""Contexts are unpacked, and nothing lands outside; the log's lines and footer are the service's."""

import gzip
import io
import os
import re
import tarfile
from pathlib import Path

import pytest

from acrlab.agents.runner.context import Room, unpack
from acrlab.agents.runner.lines import Lines, Output, footer
from acrlab.agents.runner.services import SourceFailed


def archive(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, link in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            data = b"x" if kind == tarfile.REGTYPE else b""
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def test_files_and_links(tmp_path):
    members = ("a/b", tarfile.REGTYPE, ""), ("out", tarfile.SYMTYPE, "/etc")
    unpack(archive(tmp_path / "t", *members), tmp_path)
    assert (tmp_path / "a/b").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([("../evil", tarfile.REGTYPE, "")], '"../evil" is outside of the context'),
        ([("in/../../evil", tarfile.REGTYPE, "")], '"in/../../evil" is outside'),
        ([("/evil", tarfile.REGTYPE, "")], '"/evil" is outside'),
        ([("l", tarfile.SYMTYPE, ".."), ("l/evil", tarfile.REGTYPE, "")], 'invalid symlink "l" -> ".."'),
        ([("l", tarfile.SYMTYPE, "/"), ("l/evil", tarfile.REGTYPE, "")], '"l/evil" is outside'),
        ([("a", tarfile.DIRTYPE, ""), ("a/l", tarfile.SYMTYPE, "../../evil")], "invalid symlink"),
        ([("h", tarfile.LNKTYPE, "../../etc/passwd")], 'invalid hardlink "h" -> "../../etc/passwd"'),
        ([("h", tarfile.LNKTYPE, "/etc/passwd")], "invalid hardlink"),
        ([("l", tarfile.SYMTYPE, "/etc"), ("h", tarfile.LNKTYPE, "l/passwd")], "invalid hardlink"),
        ([("h", tarfile.LNKTYPE, "nowhere")], "No such file"),
        ([("null", tarfile.CHRTYPE, "")], "null is neither a file, a folder nor a link"),
        ([("disk", tarfile.BLKTYPE, "")], "disk is neither"),
        ([("pipe", tarfile.FIFOTYPE, "")], "pipe is neither"),
        ([("f", tarfile.REGTYPE, ""), ("f/x", tarfile.REGTYPE, "")], "failed to extract"),
        ([("x\0y", tarfile.REGTYPE, ""), ("é" * 300, tarfile.REGTYPE, "")], "name too long"),
    ],
)
def test_nothing_lands_outside(tmp_path, members, told):
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceFailed, match=re.escape(told)):
        unpack(archive(tmp_path / "t", *members), tmp_path / "in")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "t"]
    assert not Path("/evil").exists()


def test_what_is_unpacked_is_as_it_was_packed(tmp_path):
    """Modes and times too; the last of two of a name counts, and a link from the root is a link."""
    with tarfile.open(tmp_path / "t", "w") as tar:
        for name, kind, mode, content, link in (
            (".", tarfile.DIRTYPE, 0o755, b"", ""), ("d", tarfile.DIRTYPE, 0o555, b"", ""),
            ("d/f", tarfile.REGTYPE, 0o640, b"old", ""), ("d/f", tarfile.REGTYPE, 0o751, b"new", ""),
            ("h", tarfile.LNKTYPE, 0o644, b"", "d/f"), ("s", tarfile.SYMTYPE, 0o777, b"", "/d/f"),
            ("./deep/er/x", tarfile.REGTYPE, 0o644, b"x", ""),
        ):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.linkname, member.size, member.mtime = kind, mode, link, len(content), 7
            tar.addfile(member, io.BytesIO(content))
    root = tmp_path / "in"
    root.mkdir()
    unpack(tmp_path / "t", root)
    assert ((root / "d/f").read_text(), oct((root / "d/f").stat().st_mode)) == ("new", "0o100751")
    assert (oct((root / "d").stat().st_mode), (root / "d").stat().st_mtime, (root / "d/f").stat().st_mtime) == (
        "0o40555", 7, 7,
    )  # fmt: skip
    assert (root / "h").samefile(root / "d/f")
    assert os.readlink(root / "s") == "/d/f"
    assert (root / "deep/er/x").read_text() == "x"


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (Room(unpacked=1000), "write f: no space left on device"),
        (Room(entries=1), "more than 1 entries"),
        (Room(free=100_000, ratio=20), "bytes unpack to 1000000 and more"),
    ],
)
def test_what_does_not_fit(tmp_path, room, told):
    with tarfile.open(tmp_path / "t", "w:gz") as tar:
        for name, size in (("e", 0), ("f", 1_000_000)):
            member = tarfile.TarInfo(name)
            member.size = size
            tar.addfile(member, io.BytesIO(bytes(size)))
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceFailed, match=told):
        unpack(tmp_path / "t", tmp_path / "in", room)
    assert not (tmp_path / "in/f").exists()
    unpack(tmp_path / "t", tmp_path / "in")
    assert (tmp_path / "in/f").stat().st_size == 1_000_000


def header(kind, size):
    member = tarfile.TarInfo("x")
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (header(tarfile.XHDTYPE, 4 << 30), "header field too long"),
        (header(tarfile.GNUTYPE_LONGNAME, 4 << 30), "header field too long"),
        (header(tarfile.GNUTYPE_SPARSE, 512), "sparse"),
        (header(tarfile.REGTYPE, 1 << 60), "no space left on device"),
        (header(tarfile.XHDTYPE, 0) * 5000, "recursion"),
        (gzip.compress(header(tarfile.REGTYPE, 512))[:-9], "failed to extract"),
        (bytes(range(256)) * 8, "failed to extract"),
    ],
    ids=["long extended", "long name", "sparse", "too large", "deep", "cut short", "no tar"],
)
def test_hostile_headers(tmp_path, data, told):
    """None is read into memory before it is known how long it is."""
    (tmp_path / "t").write_bytes(data)
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceFailed, match=told):
        unpack(tmp_path / "t", tmp_path / "in")


def test_no_tar(tmp_path):
    (tmp_path / "t").write_bytes(b"no tar")
    with pytest.raises(SourceFailed):
        unpack(tmp_path / "t", tmp_path)


def test_lines_and_footer():
    told = []
    lines = Lines(told.append, lambda: 1795443426.0)
    lines.say("Hello")
    output = Output(lines)
    output(b"a\r\nb")
    output(b"c")
    output.end()
    assert told == ["2026/11/23 14:17:06 Hello", "a", "bc"]
    assert footer("ca8", "was successful", 10) == ["", "Run ID: ca8 was successful after 10s"]
    assert footer("c1", "failed", 977, "E") == ["", "Run ID: c1 failed after 16m17s. Error: E"]
