"""Stand-ins of packages: for other machines than this one, and Debian itself. They need a mirror of packages."""

import hashlib
import json
import subprocess
import threading

import pytest

from acrlab.agents.bases import distribution, packages
from acrlab.agents.bases.made import VARIANTS, architecture
from acrlab.agents.bases.stand_ins import StandIns
from acrlab.agents.confine.probe import probe
from acrlab.agents.images import DOCKER_MANIFEST, Images, Platform
from acrlab.agents.protocol import EngineFailed
from tests.agents.doubles import Kept
from tests.agents.workshop import Workshop, confines, users
from tests.peers.lanes import not_run

FOREIGN = [each for each in packages.ARCHITECTURES if each != architecture()]
NAMES = {"amd64": "x86_64", "arm64": "aarch64", "arm": "armv7l"}
BUSYBOX = "docker.io/library/busybox"


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    if why := packages.missing(FOREIGN[0]):
        not_run(why)
    try:
        packages.Packages(folder / "tried", FOREIGN[0]).fetch(["busybox-static"])
    except EngineFailed as failure:
        not_run(failure.text)
    return StandIns(folder / "stand-ins")


@pytest.fixture
def shop(tmp_path, stand_ins):
    shop = Workshop(tmp_path, "auto", stand_ins)
    yield shop
    shop.agent.close()


def runs(name):
    if f"linux/{name}" not in probe().platforms:
        not_run(f"no programs for {name} run here: apt-get install qemu-user-static, Linux 6.7")


@pytest.mark.slow
@confines
@pytest.mark.parametrize("machine", FOREIGN)
def test_a_shell_of_another_machine(shop, machine):
    runs(machine)
    lines = shop.build("FROM busybox\nRUN uname -m && adduser -D app && id -u app && vi --help 2>&1 | head -1\n",
                       platform=f"linux/{machine}")  # fmt: skip
    assert {NAMES[machine], "1000"} <= set(lines) and any("BusyBox" in line for line in lines)
    assert any(f"of Debian's packages for {machine}" in line for line in lines)
    assert (shop.config["architecture"], shop.config.get("variant", "")) == (machine, VARIANTS.get(machine, ""))


@pytest.mark.slow
@confines
def test_python_of_another_machine(shop):
    runs(FOREIGN[0])
    ran = ("import ssl, sqlite3, ctypes, platform; "
           "print(platform.machine(), len(ssl.create_default_context().get_ca_certs()) > 9)")  # fmt: skip
    lines = shop.build(f'FROM python:3.12-slim\nRUN python -c "{ran}" && pip --version && bash -c "echo $((6*7))"\n',
                       platform=f"linux/{FOREIGN[0]}")  # fmt: skip
    assert {f"{NAMES[FOREIGN[0]]} True", "42"} <= set(lines)
    assert any(line.startswith("pip ") for line in lines)


@pytest.mark.slow
@users
@pytest.mark.parametrize("machine", [architecture(), FOREIGN[0]])
def test_debian_is_one_that_packages_can_be_installed_in(shop, machine):
    runs(machine)
    if why := distribution.missing(machine):
        not_run(why)
    lines = shop.build("FROM debian:12\nRUN dpkg --audit && apt-get check && useradd -m app && su app -c id\n"
                       "RUN apt-get update && apt-get install -y --no-install-recommends libexpat1 hello && hello "
                       "&& dpkg --audit && ldconfig -p | grep -c libexpat && awk 'BEGIN { print 6 * 7 }' </dev/null\n",
                       platform=f"linux/{machine}")  # fmt: skip
    assert {"uid=1000(app) gid=1000(app) groups=1000(app)", "Hello, world!", "42"} <= set(lines)
    assert "Processing triggers for libc-bin" in shop.said.decode()


@pytest.mark.slow
def test_a_tag_stays_what_it_is_and_another_machine_is_made_once(tmp_path, stand_ins):
    images = Images(tmp_path, Kept(stand_ins))
    own = images.pull(BUSYBOX, Platform("linux", architecture()))
    digest = images.digest(BUSYBOX)
    said = []
    other = images.pull(BUSYBOX, Platform("linux", FOREIGN[0], VARIANTS.get(FOREIGN[0], "")), said.append)
    assert other.id != own.id and images.digest(BUSYBOX) == digest
    again = StandIns(stand_ins._folder, sealed=True)
    assert again.foreign(BUSYBOX, FOREIGN[0]) == stand_ins.foreign(BUSYBOX, FOREIGN[0])
    with pytest.raises(EngineFailed, match="sealed"):
        again.foreign("docker.io/library/bash", FOREIGN[0])


@pytest.mark.slow
def test_the_same_packages_give_the_same_stand_in(tmp_path, stand_ins):
    assert StandIns(tmp_path).foreign(BUSYBOX, FOREIGN[0]) == stand_ins.foreign(BUSYBOX, FOREIGN[0])


def test_what_is_not_signed_by_a_key_of_the_machine_is_not_taken(tmp_path, monkeypatch):
    """A mirror of one's own, which nobody has signed: apt refuses it, and its own words are the reason."""
    if why := packages.missing(FOREIGN[0]):
        not_run(why)
    monkeypatch.setenv("APT_CONFIG", str(forged(tmp_path / "mirror", FOREIGN[0])))
    with pytest.raises(EngineFailed, match=r"no stand-in for busybox: apt-get has no packages.*not signed"):
        Images(tmp_path, Kept(StandIns(tmp_path / "made"))).pull(BUSYBOX, Platform("linux", FOREIGN[0]))


def forged(folder, machine):
    """A mirror with one package, and apt's settings that lead to it alone."""
    control = folder / "package/DEBIAN"
    control.mkdir(parents=True)
    fields = f"Package: busybox-static\nVersion: 9\nArchitecture: {packages._CALLED[machine]}\nMaintainer: nobody\n"
    (control / "control").write_text(f"{fields}Description: none\n")
    subprocess.run(["dpkg-deb", "--build", control.parent, folder / "b.deb"], check=True, capture_output=True)
    raw = (folder / "b.deb").read_bytes()
    sums = f"Filename: ./b.deb\nSize: {len(raw)}\nSHA256: {hashlib.sha256(raw).hexdigest()}\n"
    (folder / "Packages").write_text(f"{fields}{sums}Description: none\n")
    listed = (folder / "Packages").read_bytes()
    (folder / "Release").write_text(f"SHA256:\n {hashlib.sha256(listed).hexdigest()} {len(listed)} Packages\n")
    (folder / "sources.list").write_text(f"deb file:{folder} ./\n")
    settings = folder / "apt.conf"
    settings.write_text(f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n')
    return settings


def test_whoever_waits_is_told_what_for(tmp_path):
    """The registry answers when the line has been seen, and not before."""
    seen, lines = threading.Event(), []

    class Slow(Kept):
        def manifest(self, reference, platform=""):
            if platform:
                assert seen.wait(60)
            return super().manifest(reference)

    def sink(data):
        lines.append(data.decode())
        if "putting together" in lines[-1]:
            seen.set()

    registries = Slow()
    platform = {"os": "linux", "architecture": "other"}
    entry = {"mediaType": DOCKER_MANIFEST, "platform": platform, "digest": "", "size": 1}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"
    registries.manifests[f"{BUSYBOX}:latest"] = (kind, index)
    with pytest.raises(EngineFailed, match="no matching manifest"):
        Images(tmp_path, registries).pull(BUSYBOX, Platform("linux", "arm64"), sink)
    assert "acrlab: putting together a stand-in for busybox on linux/arm64\n" in lines
