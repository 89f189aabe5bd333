"""Stand-ins for public images: what they are made of, how they say so, and where there are none."""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from acrlab.agents.bases.catalogue import RECIPES, why_not
from acrlab.agents.bases.made import architecture
from acrlab.agents.bases.stand_ins import StandIns
from acrlab.agents.images import Images, Platform
from acrlab.agents.protocol import Container
from acrlab.agents.references import Reference
from acrlab.engine.upstream import Unready
from tests.agents.doubles import Kept
from tests.agents.workshop import Workshop, confines, users

RECORDED = Path(__file__).resolve().parents[3] / "shared/reference/acr-tasks-logs/acb-real-run-1.log"
linux = pytest.mark.skipif(sys.platform != "linux", reason="NOT PROBED: there are no Linux programs on this machine")


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    return StandIns(tmp_path_factory.mktemp("stand-ins"))


@pytest.fixture
def shop(tmp_path, stand_ins):
    shop = Workshop(tmp_path, "auto", stand_ins)
    yield shop
    shop.agent.close()


def test_hello_world_is_there_for_three_platforms(tmp_path, stand_ins):
    images = Images(tmp_path, Kept(stand_ins))
    for name in ("linux/amd64", "linux/arm64", "windows/amd64"):
        wanted = Platform.read(name)
        config = images.config(images.pull("mcr.microsoft.com/hello-world", wanted))
        assert (config["os"], config["architecture"]) == (wanted.os, wanted.architecture)
        assert "made by acrlab" in config["config"]["Labels"]["io.acrlab.stand-in"]


def test_a_build_from_a_stand_in_says_that_it_is_one(shop):
    lines = shop.build("FROM hello-world\nLABEL a=b\n", platform="linux/amd64")
    said = "[Warning] hello-world is a stand-in: a program that says hello, made by acrlab"
    assert said in lines
    assert lines.index("Step 1/2 : FROM hello-world") < lines.index(said) < lines.index("Step 2/2 : LABEL a=b")
    assert list(shop.built.bases) == ["hello-world"]
    shop.registries.add("docker.io/library/hello-world:latest", b"", {"os": "linux", "architecture": "amd64"})
    shop.build("FROM hello-world:latest\nLABEL a=b\n", pull=True)
    assert not [line for line in shop.lines if "stand-in" in line]


@confines
def test_hello_world_says_hello(shop):
    running = shop.agent.start(Container(image="mcr.microsoft.com/hello-world:v1", name="hello"), shop.said.extend)
    assert running.wait() == 0
    assert "Unable to find image 'mcr.microsoft.com/hello-world:v1' locally" in shop.lines
    assert "This message shows that your installation appears to be working correctly." in shop.lines


@confines
def test_a_build_that_fails_is_logged_as_it_was_recorded(shop):
    """Source: recorded (build -t bad:1), where the base was there already."""
    if not RECORDED.exists():
        pytest.skip(f"RECORDING NOT REPLAYED: {RECORDED.name} is not here")
    text = RECORDED.read_text(encoding="utf-8").partition("build -t bad:1 -f bad.df")[2]
    recorded = text[text.index("Step 1/2") : text.index("\n", text.index("The command"))]
    shop.agent.pull("mcr.microsoft.com/acr/bash:cbcf692", shop.said.extend)
    failure = shop.fails((RECORDED.parent / "inputs" / "bad.df").read_text())
    told = [*shop.lines[1:], failure]
    assert told == re.sub(r"(--->|in) [0-9a-f]{12}\b", r"\1 ID", recorded).splitlines()


@confines
@users
def test_a_shell_with_the_users_of_busybox(shop):
    lines = shop.build(
        "FROM alpine:3.19\nRUN addgroup -S app && adduser -S -D -G app -h /srv/app app && addgroup more "
        "&& adduser app more\nUSER app\nRUN echo hello | sed s/h/j/; cat /etc/passwd /etc/group /etc/os-release\n"
    )
    assert {"jello", "app:x:1000:1000::/srv/app:/bin/sh", "more:x:1001:app"} <= set(lines)
    assert 'NAME="acrlab stand-in for docker.io/library/alpine"' in lines
    assert "non-zero code: 1" in shop.fails("FROM alpine\nRUN apk add curl\n")
    assert "there are no packages to install in it" in shop.said.decode()


@confines
@pytest.mark.skipif(not shutil.which("bash"), reason="NOT PROBED: no bash here")
def test_bash_takes_options_and_commands(shop):
    for command in (("-c", "echo $((6*7))"), ("echo", "42")):
        shop.said.clear()
        container = Container(image="mcr.microsoft.com/acr/bash:cbcf692", name="bash", command=command)
        assert shop.agent.start(container, shop.said.extend).wait() == 0
        assert shop.lines[-1] == "42"


@pytest.mark.slow
@confines
@pytest.mark.parametrize(
    ("name", "command", "said"),
    [
        ("python:3.12-slim", "python -c 'import ssl, sqlite3, ctypes; print(6*7)' && pip --version", "42"),
        ("python:3.12", "python -c 'import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 9)'", "True"),
        ("node:15-alpine", "node -e 'console.log(6*7)' && npm --version", "42"),
        ("nginx", "cat /usr/share/nginx/html/index.html", "<body><h1>Welcome to nginx!</h1>"),
    ],
)
def test_languages_of_this_machine(shop, name, command, said):
    if why := why_not(Reference.read(name).name):
        pytest.skip(f"NOT PROBED: {why}")
    assert [line for line in shop.build(f"FROM {name}\nRUN {command}\n") if line.startswith(said)]


@linux
def test_a_world_is_told_of_one_that_has_to_be_put_together_first(tmp_path):
    upstream = StandIns(tmp_path)("docker.io")
    with pytest.raises(Unready) as first:
        upstream.manifest("library/busybox", "latest")
    first.value.prepare()
    assert upstream.manifest("library/busybox", "latest")
    assert upstream.manifest("library/nothing", "latest") is None


@linux
def test_a_world_finds_them_under_the_hosts_of_public_registries(stand_ins):
    for host, repository in (("docker.io", "library/busybox"), ("mcr.microsoft.com", "hello-world")):
        upstream = stand_ins(host)
        upstream.prepare(repository)
        raw, media_type = upstream.manifest(repository, "any")
        assert media_type == json.loads(raw)["mediaType"]
        for entry in json.loads(raw)["manifests"]:
            manifest, _ = upstream.manifest(repository, entry["digest"])
            document = json.loads(manifest)
            for each in (document["config"], *document["layers"]):
                content = b"".join(upstream.blob(repository, each["digest"]))
                assert f"sha256:{hashlib.sha256(content).hexdigest()}" == each["digest"]
    assert upstream.manifest("nothing", "latest") is None
    assert upstream.blob("hello-world", "sha256:../../etc/passwd") is None
    assert stand_ins("example.com") is None


def test_what_has_no_stand_in_gives_the_error_of_the_registry_and_a_reason(shop):
    text = shop.fails("FROM ubuntu:24.04\n")
    assert text.splitlines() == [
        "manifest for docker.io/library/ubuntu:24.04 not found: manifest unknown",
        "acrlab: nothing stands in for ubuntu: it is apt and a package mirror that people use it for",
    ]
    assert "acrlab" not in shop.fails("FROM example.com/some/thing\n")


@linux
def test_the_same_machine_gives_the_same_stand_in(tmp_path, stand_ins):
    for name in ("docker.io/library/busybox", "mcr.microsoft.com/hello-world"):
        assert StandIns(tmp_path).find(name) == stand_ins.find(name)


def test_a_stand_in_that_was_made_is_found_again(tmp_path, monkeypatch):
    made = StandIns(tmp_path).find("mcr.microsoft.com/hello-world")
    monkeypatch.setattr(StandIns, "_assembled", None)
    again = StandIns(tmp_path)
    assert again.find("mcr.microsoft.com/hello-world") == made
    assert all(again.blob(json.loads(raw)["layers"][0]["digest"]) for raw in made.manifests.values())


def test_every_name_is_complete():
    assert all(Reference.read(name).name == name for name in RECIPES)


@confines
@pytest.mark.parametrize(
    ("name", "platform", "why"),
    [
        ("busybox", "linux/s390x", "there are no programs for s390x"),
        ("node", "linux/arm64" if architecture() == "amd64" else "linux/amd64", "for its own platform only"),
        ("busybox", "windows/amd64", ""),
    ],
)
def test_a_stand_in_is_refused_for_another_machine(shop, name, platform, why):
    if missing := why_not(Reference.read(name).name):
        pytest.skip(f"NOT PROBED: {missing}")
    said = shop.fails(f"FROM {name}\n", platform=platform)
    assert f"no matching manifest for {platform}" in said and why in said
    assert not shop.agent.images()
