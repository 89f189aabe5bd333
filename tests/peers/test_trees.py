"""The same Dockerfiles built here, by buildah and by docker's two builders: the trees are equal, entry for entry."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from acrlab.agents.confine.probe import probe
from acrlab.agents.layers import apply
from tests.agents.workshop import TAG, Workshop
from tests.peers import engines
from tests.peers.dockerfiles import CASES, DEBIAN, place
from tests.peers.lanes import need, not_run

# What a builder mounts on and leaves in the tree, empty; beside it the file that a daemon knows its containers by.
LEFT = {"etc/hosts", "etc/hostname", "etc/resolv.conf", ".dockerenv"}
SIZE = 4  # of what is described
NONE = "no process of another user is confined here"


def described(root):
    """Type, mode, owner, link target and content of every entry; names that are one file."""
    told, names = {}, {}
    for path in sorted(root.rglob("*")):
        found, name = path.lstat(), path.relative_to(root).as_posix()
        regular = stat.S_ISREG(found.st_mode)
        content = hashlib.sha256(path.read_bytes()).hexdigest() if regular else ""
        target = os.readlink(path) if path.is_symlink() else ""
        mode = stat.S_IFMT(found.st_mode) if path.is_symlink() else found.st_mode
        first = names.setdefault(found.st_ino, name) if regular else name
        size = found.st_size if regular else 0
        told[name] = (oct(mode), found.st_uid, found.st_gid, target, size, content, first)
    return told


class Buildah:
    """Its storage in a folder of the test's own."""

    kit = False  # as far as it writes trees

    def __init__(self, folder: Path):
        places = [f"--root={folder}/root", f"--runroot={folder}/run", "--storage-driver=vfs"]
        self._program = [need("buildah").path, *places]
        self._environment = {**os.environ, "TMPDIR": str(folder)}

    def __call__(self, *words):
        done = subprocess.run(
            [*self._program, *map(str, words)], capture_output=True, text=True, check=False, env=self._environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    def tree(self, context, folder):
        image = self("bud", "--isolation=chroot", "--format=docker", "-q", context)
        container = self("from", image)
        try:
            return described(Path(self("mount", container)))
        finally:
            self("rm", container)
            self("rmi", image)


class Docker:
    """One of the two builders of a daemon. Its images are told by their layers."""

    def __init__(self, client: str, listening: Path, *, kit: bool):
        self.kit, self._program = kit, [client, "-H", f"unix://{listening}"]
        self._environment = {**os.environ, "DOCKER_BUILDKIT": str(int(kit))}

    def __call__(self, *words):
        command = [*self._program, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    def tree(self, context, folder):
        image = self("build", "-q", "--network=host", context)
        self("save", "-o", folder / "image.tar", image)
        self("rmi", "-f", image)
        with tarfile.open(folder / "image.tar") as archive:
            archive.extractall(folder / "image", filter="tar")
        (manifest,) = json.loads((folder / "image/manifest.json").read_text())
        root = folder / "theirs"
        root.mkdir()
        for layer in manifest["Layers"]:
            apply(folder / "image" / layer, root, owners=None)
        return described(root)


def root_only():
    if not hasattr(os, "geteuid") or os.geteuid():
        not_run("other builders mount what they have built as root only")
    if not probe().users:
        not_run(f"{NONE}: {'; '.join(probe().reasons)}")


@pytest.fixture(scope="module")
def buildah(tmp_path_factory):
    root_only()
    folder = tmp_path_factory.mktemp("buildah")
    yield Buildah(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """Started by hand. Its storage is plain folders, in which a name of a file stays a name of that file."""
    root_only()
    need("dockerd")
    folder = tmp_path_factory.mktemp("dockerd")
    with engines.dockerd(folder, os.environ, "--storage-driver=vfs") as listening:
        yield listening
    shutil.rmtree(folder, ignore_errors=True)


def client():
    """Of the daemon's own package: a newer one has BuildKit by a plugin only."""
    return shutil.which("docker", path="/usr/bin") or str(need("docker").path)


@pytest.fixture(scope="module")
def legacy(daemon):
    return Docker(client(), daemon, kit=False)


@pytest.fixture(scope="module")
def buildkit(daemon):
    return Docker(client(), daemon, kit=True)


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    """A root file system of Debian with apt, from its mirror."""
    file = tmp_path_factory.mktemp("debian") / "debian.tar"
    words = [need("mmdebstrap").path, "--quiet", "--variant=apt", "bookworm", file]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        not_run(f"no mirror of Debian: {done.stderr.strip()[-200:]}")
    yield file
    file.unlink()


def ours(name, folder, kit, base=None):
    """The tree that the embedded engine makes, and the context it was made from."""
    shop = Workshop(folder, "embedded").shell()
    place(shop.context, CASES[name])
    if base:
        os.link(base, shop.context / "debian.tar")
    try:
        shop.build(CASES[name].text, buildkit=kit)
        found = described(shop.unpacked(folder / "ours").root)
        assert shop.images.find(TAG)
    finally:
        shop.agent.close()
    return found, shop.context


def different(mine, theirs):
    """Less the empty files that only one of them has, because it mounts on them."""
    left = {name for name in LEFT & (mine.keys() ^ theirs.keys()) if not (mine.get(name) or theirs[name])[SIZE]}
    names = [name for name in mine | theirs if mine.get(name) != theirs.get(name) and name not in left]
    return {name: (mine.get(name), theirs.get(name)) for name in names}


BUILDERS = ("buildah", "legacy", "buildkit")
PLAIN = [
    (name, who) for name in CASES if name not in DEBIAN for who in BUILDERS if who != "legacy" or not CASES[name].kit
]


def test_there_are_thirty():
    assert (len(CASES), len(DEBIAN)) == (30, 5)


@pytest.mark.parametrize(("name", "who"), PLAIN)
def test_trees_are_equal(name, who, tmp_path, request):
    builder = request.getfixturevalue(who)
    mine, context = ours(name, tmp_path, builder.kit or CASES[name].kit)
    assert not different(mine, builder.tree(context, tmp_path))
    assert len(mine) > 3


@pytest.mark.slow
@pytest.mark.parametrize("who", BUILDERS)
@pytest.mark.parametrize("name", DEBIAN)
def test_trees_on_debian_are_equal(name, who, tmp_path, request, debian):
    builder = request.getfixturevalue(who)
    mine, context = ours(name, tmp_path, builder.kit, debian)
    assert not different(mine, builder.tree(context, tmp_path))
    assert len(mine) > 5000
