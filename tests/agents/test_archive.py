"""A tree that changed is written as a layer, and the layer put over the old tree gives the new one."""

import base64
import gzip
import hashlib
import os
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

from acrlab.agents.archive import packed, written
from acrlab.agents.layers import apply
from acrlab.agents.snapshot import Changes, changes, snapshot
from tests.agents.doubles import ROOT


def described(root: Path):
    """Type, mode, owner, target and content of everything, and which names are one file."""
    told, inodes = {}, {}
    for path in sorted(root.rglob("*")):
        found = path.lstat()
        name = path.relative_to(root).as_posix()
        content = path.read_bytes() if stat.S_ISREG(found.st_mode) else b""
        target = os.readlink(path) if path.is_symlink() else ""
        same = inodes.setdefault(found.st_ino, name) if stat.S_ISREG(found.st_mode) else name
        told[name] = (found.st_mode, found.st_uid, found.st_gid, target, content, same)
    return told


@pytest.fixture
def before(tmp_path):
    root = tmp_path / "root"
    for folder in ("keep", "gone/deep", "again", "file-to-be"):
        (root / folder).mkdir(parents=True)
    for name in ("keep/a", "keep/b", "gone/deep/x", "again/old", "again/same", "turned", "linked", "file-to-be/x"):
        (root / name).write_text(name)
    return root


def change(root: Path):
    (root / "keep" / "a").write_text("new")
    (root / "keep" / "b").unlink()
    shutil.rmtree(root / "gone")
    (root / "again").rename(root.parent / "aside")  # not removed: a file system may give its inode to the new one
    (root / "again").mkdir()
    (root / "again" / "new").write_text("new")
    (root / "turned").unlink()
    (root / "turned").mkdir()
    (root / "turned" / "inside").symlink_to("/nowhere")
    shutil.rmtree(root / "file-to-be")
    (root / "file-to-be").write_text("a file now")
    os.link(root / "linked", root / "twice")
    (root / "linked").chmod(0o4755)
    os.mkfifo(root / "pipe")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT PROBED: no pipes in this file system")
def test_a_layer_makes_the_old_tree_into_the_new_one(tmp_path, before):
    shutil.copytree(before, tmp_path / "other", symlinks=True)
    marked = snapshot(before)
    change(before)
    found = changes(marked, snapshot(before))
    assert found.deleted == ("gone", "keep/b")
    assert found.opaque == {"again"}
    layer = written(before, found, tmp_path)
    apply(tmp_path / layer.diff[7:], tmp_path / "other", owners=None if ROOT else {})
    assert described(tmp_path / "other") == described(before)
    with tarfile.open(tmp_path / layer.diff[7:]) as archive:
        assert "again/same" not in archive.getnames()


def test_what_did_not_change_is_no_layer(before):
    marked = snapshot(before)
    (before / "keep" / "stub").touch()
    (before / "keep" / "stub").unlink()
    assert changes(marked, snapshot(before)) == Changes(())


def test_a_file_put_back_to_its_old_time_has_changed_all_the_same(before):
    marked = snapshot(before)
    found = (before / "keep" / "a").stat()
    (before / "keep" / "a").write_text("keep/X")
    os.utime(before / "keep" / "a", ns=(found.st_atime_ns, found.st_mtime_ns))
    assert changes(marked, snapshot(before)).written == ("keep", "keep/a")


def test_the_same_content_is_the_same_layer_and_its_digests_are_true(tmp_path, before):
    found = changes({}, snapshot(before))
    one, two = (written(before, found, tmp_path, {"turned": (3, 4)}) for _ in range(2))
    assert one == two
    plain = (tmp_path / one.diff[7:]).read_bytes()
    assert (hashlib.sha256(plain).hexdigest(), len(plain)) == (one.diff[7:], one.size)
    digest, size = packed(tmp_path / one.diff[7:], tmp_path)
    raw = (tmp_path / digest[7:]).read_bytes()
    assert (f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw)) == (digest, size)
    assert gzip.decompress(raw) == plain
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted([digest[7:], one.diff[7:]])
    with tarfile.open(tmp_path / digest[7:]) as archive:
        assert [(each.uid, each.gid) for each in archive if each.name in ("turned", "linked")] == [(0, 0), (3, 4)]


@pytest.mark.skipif(not ROOT, reason="NOT PROBED: only root makes devices and capabilities")
def test_devices_and_capabilities_are_kept(tmp_path, before):
    marked = snapshot(before)
    os.mknod(before / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    capability = bytes.fromhex("0100000200040000" + "00" * 12)
    os.setxattr(before / "linked", "security.capability", capability)
    layer = written(before, changes(marked, snapshot(before)), tmp_path)
    (tmp_path / "other").mkdir()
    apply(tmp_path / layer.diff[7:], tmp_path / "other", owners=None)
    assert os.getxattr(tmp_path / "other" / "linked", "security.capability") == capability
    assert os.lstat(tmp_path / "other" / "null").st_rdev == os.makedev(1, 3)


def test_a_layer_for_windows_has_its_two_folders_and_the_headers_windows_reads(tmp_path, before):
    layer = written(before, changes({}, snapshot(before)), tmp_path, windows=True)
    with tarfile.open(tmp_path / layer.diff[7:]) as archive:
        entries = {each.name: each for each in archive}
    assert list(entries)[:2] == ["Hives", "Files"]
    file = entries["Files/turned"]
    assert file.pax_headers["MSWINDOWS.fileattr"] == "32"
    assert entries["Files/keep"].pax_headers["MSWINDOWS.fileattr"] == "16"
    raw = base64.b64decode(file.pax_headers["MSWINDOWS.rawsd"])
    owner, group, system, rights = (int.from_bytes(raw[at : at + 4], "little") for at in (4, 8, 12, 16))
    assert (owner, group, system, rights) == (20, 36, 0, 48)
    assert raw[owner:group].hex() == "01020000000000052000000020020000"  # S-1-5-32-544
    assert int.from_bytes(raw[rights + 2 : rights + 4], "little") == len(raw) - rights
    other = tmp_path / "other"
    other.mkdir()
    apply(tmp_path / layer.diff[7:], other, owners={}, windows=True)
    assert (other / "turned").read_text() == "turned"
