"""Contexts are unpacked, and nothing lands outside; the log's lines and footer are the service's."""

import io
import tarfile

import pytest

from acrlab.agents.runner.context import unpack
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
    "members",
    [
        [("../evil", tarfile.REGTYPE, "")],
        [("l", tarfile.SYMTYPE, ".."), ("l/evil", tarfile.REGTYPE, "")],
        [("h", tarfile.LNKTYPE, "../../etc/passwd")],
    ],
)
def test_nothing_lands_outside(tmp_path, members):
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceFailed):
        unpack(archive(tmp_path / "t", *members), tmp_path / "in")
    assert not (tmp_path / "evil").exists()


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
