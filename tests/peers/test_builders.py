"""The same Dockerfiles built here and by buildah: the trees are equal, entry for entry, contents included."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from acrlab.agents.confine.probe import probe
from acrlab.agents.images import sha256
from tests.agents.workshop import Workshop
from tests.peers.lanes import need, not_run

SHELL = "FROM scratch\nCOPY host /\n"
ACCOUNTS = {
    "host/etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n",
    "host/etc/group": "root:x:0:\napp:x:1001:\n",
    **dict.fromkeys(("host/etc/hosts", "host/etc/hostname", "host/etc/resolv.conf"), ""),
}
TIDY = "rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* /var/lib/dpkg/*-old"  # what has the time in it
CASES = {
    "files": SHELL + "COPY a /x/a\nCOPY a b/ /many/\nCOPY b /new\nCOPY b/c /x\nCOPY a /x/\nCOPY . /all\n",
    "names": SHELL + "COPY b/* /star/\nCOPY [\"with space\", \"/with space/\"]\nCOPY ?  /q/\nCOPY b/[a-d] /class/\n",
    "owners": SHELL + "COPY --chown=1000:1001 b /owned\nCOPY --chown=app:app a /home/app/\nCOPY --chown=7 a /seven\n",
    "stages": "FROM scratch AS one\nCOPY host /\n"
              "RUN mkdir -p /o/p && echo x >/o/p/f && chown -R 5:6 /o && chmod 2750 /o\n"
              "FROM scratch\nCOPY --from=one /o /copied\nCOPY --from=0 /o/p/f /f\n",
    "archives": SHELL + "ADD t.tar.gz /in\nADD t.tar.gz a /in2/\nCOPY t.tar.gz /kept\n",
    "workdir": SHELL + "WORKDIR /w/x\nCOPY a .\nWORKDIR ../y\nRUN pwd >out\nWORKDIR /link\nRUN echo here >out\n",
    "modes": SHELL + "RUN echo s >/s && chmod 4755 /s && mkdir -m 1777 /sticky && touch /none && chmod 0 /none\n",
    "links": SHELL + "RUN mkdir /l && echo 1 >/l/a && ln /l/a /l/b && ln -s ../nowhere /l/c && ln -s /l/a /l/d\n"
        "RUN echo 2 >/l/b\n",
    "deleted": SHELL + "RUN mkdir -p /d/e/f && touch /d/e/f/g /d/h\n"
        "RUN rm -r /d/e && rm /d/h && touch /d/e\nRUN rm /bin/touch\n",
    "opaque": SHELL + "RUN mkdir /d && touch /d/1 /d/2\n"
        "RUN rm -r /d && mkdir /d && touch /d/3\nRUN mv /d /m && mkdir /d\n",
    "replaced": SHELL + "COPY a /r\nRUN rm /r && mkdir /r && touch /r/in\n"
        "RUN rm -r /r && ln -s /bin /r\nRUN ls /r/sh\n",
    "touched": SHELL + "COPY a /t/a\nRUN chmod 600 /t/a\n"
        "RUN chown 3:4 /t/a\nRUN mv /t/a /t/b && cp /t/b /t/a\nRUN true\n",
    "users": SHELL + "RUN mkdir /u && chown app /u\nUSER app\nWORKDIR /u\nRUN touch mine && id >id\nCOPY a roots\n",
    "ignored": SHELL + "COPY . /all/\n",
    "variables": SHELL + "ARG A=1\nENV B=$A C=\"two words\"\n"
        "COPY a /$B/\nRUN echo \"$A$B$C\" >/said; echo ${C#two }>>/said\n",
    "specials": SHELL + "RUN mkfifo /pipe; touch '/sp ace' /ümläut; echo long >/" + "n" * 150 + "\n",
}  # fmt: skip


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
        told[name] = (oct(mode), found.st_uid, found.st_gid, target, content, first)
    return told


class Buildah:
    """Its storage in a folder of the test's own."""

    def __init__(self, folder: Path):
        if not hasattr(os, "geteuid") or os.geteuid():
            not_run("buildah mounts what it has built as root only")
        self._program = [
            need("buildah").path,
            f"--root={folder}/root",
            f"--runroot={folder}/run",
            "--storage-driver=vfs",
        ]
        self._environment = {**os.environ, "TMPDIR": str(folder)}

    def __call__(self, *words):
        done = subprocess.run(
            [*self._program, *map(str, words)], capture_output=True, text=True, check=False, env=self._environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    def tree(self, context):
        image = self("bud", "--isolation=chroot", "--format=docker", "-q", context)
        return Path(self("mount", self("from", image)))


@pytest.fixture(scope="module")
def buildah(tmp_path_factory):
    if not probe().users:
        not_run(f"no process of another user is confined here: {'; '.join(probe().reasons)}")
    folder = tmp_path_factory.mktemp("buildah")
    found = Buildah(folder)
    yield found
    found("umount", "--all")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("name", CASES)
def test_trees_are_equal(name, tmp_path, buildah):
    shop = Workshop(tmp_path, "embedded").shell()
    shop.place({**ACCOUNTS, "a": "a\n", "b/a": "ba\n", "b/c": "bc\n", "b/d/e": "bde\n", "with space": "s\n"})
    (shop.context / "b" / "link").symlink_to("c")
    (shop.context / "b" / "a").chmod(0o711)
    (shop.context / "b" / "d").chmod(0o750)
    (shop.context / "host" / "link").symlink_to("w/x")
    for folder in ("dev", "proc", "run", "sys"):  # buildah leaves what it mounts on
        (shop.context / "host" / folder).mkdir()
    with_tar(shop.context / "t.tar.gz")
    if name == "ignored":
        shop.place({".dockerignore": "host\nb/*\n!b/d\n*.gz\n"})
        shutil.copytree(shop.context / "host", shop.context / "kept", symlinks=True)
    try:
        shop.build(CASES[name].replace("host /", "kept /") if name == "ignored" else CASES[name])
        ours = described(shop.unpacked(tmp_path / "ours").root)
    finally:
        shop.agent.close()
    theirs = described(buildah.tree(shop.context))
    different = {
        each: (ours.get(each), theirs.get(each)) for each in ours | theirs if ours.get(each) != theirs.get(each)
    }
    assert not different
    assert len(ours) > 3


def with_tar(path):
    """An archive with owners, a link and an empty folder."""
    folder = path.parent.parent / "archived"
    (folder / "empty").mkdir(parents=True)
    (folder / "f").write_text("f")
    os.link(folder / "f", folder / "g")
    (folder / "l").symlink_to("f")
    os.chown(folder / "f", 12, 34)
    (folder / "f").chmod(0o640)
    subprocess.run(["tar", "-C", folder, "-czf", path, "."], check=True)


DEBIAN = {
    "users": "RUN useradd -m -u 1234 app && su app -c 'id >~/id && touch ~/mine' && passwd -l app && chage -d 0 app\n",
    "packages": f"RUN apt-get update && apt-get install -y --no-install-recommends hello && {TIDY}\n",
    "modes": "RUN chmod 4755 /bin/ls && ln /bin/ls /usr/local/bin/l && chown games:games /srv && chmod g+s /srv\n",
    "opaque": "RUN rm -rf /usr/share/doc && mkdir /usr/share/doc && touch /usr/share/doc/new\n"
              "RUN rm -rf /usr/share/man\n",
    "removed": f"RUN dpkg --purge --force-all gpgv && {TIDY}\nRUN mv /usr/share/keyrings /z && cp -a /z /y\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    """A root file system of Debian with apt, from its mirror."""
    file = tmp_path_factory.mktemp("debian") / "debian.tar"
    words = [need("mmdebstrap").path, "--quiet", "--variant=apt", "bookworm", file]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        not_run(f"no mirror of Debian: {done.stderr.strip()[-200:]}")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("name", DEBIAN)
def test_trees_on_debian_are_equal(name, tmp_path, buildah, debian):
    shop = Workshop(tmp_path, "embedded")
    os.link(debian, shop.context / "debian.tar")
    try:
        shop.build(f"FROM scratch\nADD debian.tar /\n{DEBIAN[name]}")
        ours = described(shop.unpacked(tmp_path / "ours").root)
    finally:
        shop.agent.close()
    theirs = described(buildah.tree(shop.context))
    different = {
        each: (ours.get(each), theirs.get(each)) for each in ours | theirs if ours.get(each) != theirs.get(each)
    }
    assert set(different) <= {"etc/hosts"}  # buildah leaves what it mounts on
    assert len(ours) > 5000


def test_skopeo_takes_an_image_made_here(tmp_path, cloud):
    """It checks every digest on the way into a registry, and every layer's diff id on the way into another format."""
    program = need("skopeo").path
    registry = cloud.registry("builders")
    shop = Workshop(tmp_path, "none").place({"a": "a\n", "b/c": "c\n"})
    shop.build('FROM scratch\nCOPY a /\nCOPY b /b/\nLABEL x=y\nCMD ["/a"]\n')
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    manifest = shop.images.manifest(shop.image)
    (folder / "manifest.json").write_bytes(manifest)
    for blob in shop.images.blobs.iterdir():
        shutil.copy(blob, folder / blob.name)
    place, login = f"docker://{cloud.door}/{registry.name}/app:1", ["--creds", registry.credentials]
    shop.agent.close()

    def skopeo(*words):
        return subprocess.run([program, "--insecure-policy", *words], check=True, capture_output=True).stdout

    skopeo("copy", "--dest-tls-verify=false", "--dest-creds", registry.credentials, f"dir:{folder}", place)
    found = json.loads(skopeo("inspect", "--tls-verify=false", *login, place))
    assert (found["Digest"], found["Labels"], found["Os"]) == (sha256(manifest), {"x": "y"}, "linux")
    out = f"oci:{tmp_path}/oci:app"
    skopeo("copy", "--format=oci", "--src-tls-verify=false", "--src-creds", registry.credentials, place, out)
    assert json.loads(skopeo("inspect", out))["Layers"] == [each["digest"] for each in json.loads(manifest)["layers"]]
