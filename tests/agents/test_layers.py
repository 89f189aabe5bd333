"""Layers put over a tree: what they change, and what they may not reach."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from acrlab.agents.layers import apply
from acrlab.agents.protocol import EngineFailed


def _layer(folder: Path, *entries: tuple[str, bytes, str, str | bytes]) -> Path:
    """A layer of (name, type, link target, content) entries."""
    path = folder / "layer.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, target, content in entries:
            raw = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size, info.mtime = kind, target, len(raw), 1_700_000_000
            info.mode = 0o4755 if name.endswith("suid") else 0o755
            archive.addfile(info, io.BytesIO(raw))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / "old").write_text("old")
    (root / "gone").write_text("gone")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    return root


def test_whiteouts_hard_links_and_modes(root: Path, tmp_path: Path) -> None:
    layer = _layer(
        tmp_path,
        (".wh.gone", tarfile.REGTYPE, "", ""),
        ("d/new", tarfile.REGTYPE, "", "new"),
        ("d/.wh..wh..opq", tarfile.REGTYPE, "", ""),
        ("suid", tarfile.REGTYPE, "", "x"),
        ("again", tarfile.LNKTYPE, "suid", ""),
        ("link", tarfile.SYMTYPE, "/nowhere", ""),
    )
    apply(layer, root, owners={})
    assert sorted(str(each.relative_to(root)) for each in root.rglob("*")) == ["again", "d", "d/new", "link", "suid"]
    assert (root / "again").stat().st_ino == (root / "suid").stat().st_ino
    assert (root / "suid").stat().st_mode & 0o7777 == 0o4755
    assert (root / "d" / "new").stat().st_mtime == 1_700_000_000


@pytest.mark.parametrize(
    "entries",
    [
        [("../outside/secret", tarfile.REGTYPE, "", "bad")],
        [("d/../../outside/secret", tarfile.REGTYPE, "", "bad")],
        [("x", tarfile.LNKTYPE, "../outside/secret", "")],
        [("l", tarfile.SYMTYPE, "../outside", ""), ("x", tarfile.LNKTYPE, "l/secret", "")],
        [("d/.wh...", tarfile.REGTYPE, "", "")],
        [("d/.wh.", tarfile.REGTYPE, "", "")],
    ],
)
def test_a_layer_that_reaches_outside_is_refused(
    root: Path, tmp_path: Path, entries: list[tuple[str, bytes, str, str]]
) -> None:
    with pytest.raises(EngineFailed):
        apply(_layer(tmp_path, *entries), root, owners={})
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert (root / "d" / "old").exists()


def test_a_link_on_the_way_is_replaced_and_not_followed(root: Path, tmp_path: Path) -> None:
    (root / "l").symlink_to(tmp_path / "outside")
    apply(_layer(tmp_path, ("l/secret", tarfile.REGTYPE, "", "bad")), root, owners={})
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert (root / "l" / "secret").read_text() == "bad"


def test_what_is_no_layer_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "layer.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(EngineFailed, match="failed to register layer"):
        apply(tmp_path / "layer.tar", root, owners={})


def test_a_layer_may_not_fill_the_disk(root: Path, tmp_path: Path) -> None:
    layer = _layer(tmp_path, ("a", tarfile.REGTYPE, "", "x" * 600), ("b", tarfile.REGTYPE, "", "x" * 600))
    with pytest.raises(EngineFailed, match="'b' does not fit"):
        apply(layer, root, owners={}, room=1000)
    apply(layer, root, owners={}, room=1200)
    assert (root / "b").stat().st_size == 600


def test_a_damaged_layer_is_refused_in_words(root: Path, tmp_path: Path) -> None:
    """In the middle of a file as well as at the start. What still unpacks is the digest's to find."""
    content = b"".join(b"%d," % number for number in range(200_000))
    whole = gzip.compress(_layer(tmp_path, ("a", tarfile.REGTYPE, "", content)).read_bytes(), mtime=0)
    refused = 0
    for place in range(1000, len(whole) - 1000, len(whole) // 50):
        (tmp_path / "layer.tar").write_bytes(whole[:place] + bytes(64) + whole[place + 64 :])
        try:
            apply(tmp_path / "layer.tar", root, owners={})
        except EngineFailed as error:
            assert error.text.startswith("failed to register layer")
            refused += 1
    assert refused
