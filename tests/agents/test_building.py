"""Dockerfiles built by every engine: the image, the log and the errors are docker's."""

import io
import json
import os
import re
import stat
import tarfile
import threading

import pytest

from acrlab.agents.docker.bases import Bases
from acrlab.agents.images import sha256
from acrlab.agents.protocol import Build, EngineFailed
from tests.agents.workshop import ENGINES, TAG, Workshop, names


@pytest.fixture(params=ENGINES)
def shop(request, tmp_path):
    shop = Workshop(tmp_path, request.param)
    yield shop
    shop.agent.close()
    assert list((tmp_path / "agent").iterdir()) == []


def test_the_log_is_that_of_the_legacy_builder(shop):
    lines = shop.files(a="x").build('ARG V=1\nFROM scratch\nCOPY a /\nENV B=$V\nWORKDIR /w\nCMD ["/a"]\n')
    assert lines == [
        "Sending build context to Docker daemon  3.072kB",
        "Step 1/6 : ARG V=1",
        "Step 2/6 : FROM scratch",
        " ---> ",
        "Step 3/6 : COPY a /",
        " ---> ID",
        "Step 4/6 : ENV B=$V",
        " ---> Running in ID",
        "Removing intermediate container ID",
        " ---> ID",
        "Step 5/6 : WORKDIR /w",
        " ---> Running in ID",
        "Removing intermediate container ID",
        " ---> ID",
        'Step 6/6 : CMD ["/a"]',
        " ---> Running in ID",
        "Removing intermediate container ID",
        " ---> ID",
        "Successfully built ID",
        f"Successfully tagged {TAG}",
    ]
    assert shop.said.decode().splitlines()[-2] == f"Successfully built {shop.image.id[7:19]}"
    assert shop.image.id == shop.built.image


def test_the_configuration(shop):
    shop.files(a="x").build(
        'FROM scratch\nLABEL one=1 two="2 3"\nEXPOSE 80 90-91/udp\nVOLUME /v /w\nUSER 5:6\nSTOPSIGNAL SIGTERM\n'
        'HEALTHCHECK --interval=1m30s --retries=2 CMD test -e /a\nENTRYPOINT ["/e"]\nCMD echo $X\n'
        'ONBUILD RUN x\nSHELL ["/s", "-x"]\nMAINTAINER me\nENV old a b\n'
        "ENV \"q r\"=s t='u v'\nWORKDIR a/../b\nCOPY a .\n",
        labels={"given": "x'y z"},
    )
    config = shop.config
    assert (config["os"], config["architecture"], config["author"]) == ("linux", "amd64", "me")
    assert config["config"] == {
        "Labels": {"one": "1", "two": "2 3", "given": "x'y z"},
        "ExposedPorts": {"80/tcp": {}, "90/udp": {}, "91/udp": {}},
        "Volumes": {"/v": {}, "/w": {}},
        "User": "5:6",
        "StopSignal": "SIGTERM",
        "Healthcheck": {"Test": ["CMD-SHELL", "test -e /a"], "Interval": 90_000_000_000, "Retries": 2},
        "Entrypoint": ["/e"],
        "Cmd": ["/bin/sh", "-c", "echo $X"],
        "OnBuild": ["RUN x"],
        "Shell": ["/s", "-x"],
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "old=a b", "q r=s", "t=u v"],
        "WorkingDir": "/b",
    }
    assert [entry.get("empty_layer", False) for entry in config["history"]].count(False) == 2
    assert len(config["rootfs"]["diff_ids"]) == len(shop.image.layers) == 2
    assert config["history"][0]["created_by"] == "/bin/sh -c #(nop)  LABEL one=1 two=2 3"
    assert config["created"] == "2026-11-23T14:17:06.000000000Z"


def test_copy_puts_files_where_docker_does(shop, tmp_path):
    shop.files(a="a", d__b="b", d__e__c="c", d__e__skip="s", _DOT_dockerignore="**/skip\n")
    (shop.context / "d" / "link").symlink_to("b")
    (shop.context / "a").chmod(0o4751)
    shop.build(
        "FROM scratch\nCOPY a /new/name\nCOPY a /dir/\n"
        'COPY d /copied\nCOPY d/* a /many/\nCOPY ["d/e", "/with space/"]\n'
        "COPY d/link /followed\nCOPY --chown=7:8 a /owned/\nCOPY . /all/\nADD a /x/a\nCOPY ../a /above\n"
    )
    tree = shop.unpacked(tmp_path / "out")
    found = names(tree)
    assert {"new/name", "dir/a", "copied/b", "copied/e/c", "many/a", "many/b", "many/c", "with space/c"} <= set(found)
    assert {"all/d/e/c", "all/Dockerfile", "all/.dockerignore", "above", "x/a"} <= set(found)
    assert not [name for name in found if "skip" in name]
    assert os.readlink(tree.root / "copied" / "link") == "b"
    assert (tree.root / "followed").read_text() == "b"
    assert not (tree.root / "followed").is_symlink()
    assert stat.S_IMODE((tree.root / "dir" / "a").stat().st_mode) == 0o4751
    assert tree.owner("owned/a") == tree.owner("owned") == (7, 8)
    assert tree.owner("dir/a") == (0, 0)
    assert (tree.root / "dir" / "a").stat().st_mtime == int((shop.context / "a").stat().st_mtime)


def test_links_in_an_image_lead_nowhere_else(shop, tmp_path):
    (tmp_path / "outside").mkdir()
    shop.files(a="a", d__a="a")
    (shop.context / "links").mkdir()
    (shop.context / "links" / "out").symlink_to(tmp_path / "outside")
    (shop.context / "links" / "in").symlink_to("/deep/er")
    shop.build("FROM scratch\nCOPY links /l/\nCOPY a /l/in/\nCOPY a /l/out/\n")
    assert list((tmp_path / "outside").iterdir()) == []
    assert {"deep/er/a", f"{tmp_path.as_posix().lstrip('/')}/outside/a"} <= set(names(shop.unpacked(tmp_path / "o")))
    assert "cannot copy to non-directory" in shop.fails("FROM scratch\nCOPY a /x\nCOPY d /x\n")


def test_a_source_that_is_a_link_stays_in_the_context(shop, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (shop.context / "link").symlink_to(tmp_path / "secret")
    assert "file not found in build context" in shop.fails("FROM scratch\nCOPY link /x\n")


def test_add_unpacks_archives(shop, tmp_path):
    with tarfile.open(shop.context / "t.tar.gz", "w:gz") as archive:
        for name, owner in (("f", 5), (".wh.f", 0)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.uid, entry.gid = 1, owner, owner
            archive.addfile(entry, io.BytesIO(b"x"))
    shop.build("FROM scratch\nADD t.tar.gz /in\nCOPY t.tar.gz /kept\nADD --chown=1 t.tar.gz /mine/\n")
    tree = shop.unpacked(tmp_path / "out")
    assert "in/f" in names(tree)
    assert (tree.owner("in/f"), tree.owner("mine/f")) == ((5, 5), (1, 1))
    assert (tree.root / "kept").is_file()


def test_stages_arguments_and_targets(shop, tmp_path):
    text = (
        "ARG BASE=scratch\nARG V=one\nFROM $BASE AS first\nARG V\nARG W=${V}-two\nENV X=$W\nCOPY a /from/$V\n"
        "FROM first\nENV Y=$V-$X\nFROM scratch AS Last\nCOPY --from=first /from /x/\nCOPY --from=0 /from/one /y\n"
    )
    shop.files(a="a").build(text, args={"UNUSED": "1"})
    assert names(shop.unpacked(tmp_path / "out")) == ["x", "x/one", "y"]
    assert "[Warning] One or more build-args [UNUSED] were not consumed" in shop.lines
    shop.build(text, target="1", args={"V": "three"})
    assert dict(each.split("=", 1) for each in shop.config["config"]["Env"])["Y"] == "-three-two"
    assert "Step 9/9 : ENV Y=$V-$X" in shop.lines
    assert shop.fails(text, target="none") == (
        "Error response from daemon: failed to reach build target none in Dockerfile"
    )


def test_an_image_of_the_registry_is_pulled_and_its_triggers_run(shop):
    config = {
        "os": "linux", "architecture": "amd64", "config": {"Env": ["A=b"], "OnBuild": ["ENV C=$A", "LABEL d=e"]},
        "rootfs": {"type": "layers", "diff_ids": []}, "history": [],
    }  # fmt: skip
    kept = shop.registries
    digest = kept.add("r.azurecr.io/base:1", _tar(), config)
    lines = shop.build("FROM r.azurecr.io/base:1\n")
    assert lines[2] == "1: Pulling from base"
    assert "Status: Downloaded newer image for r.azurecr.io/base:1" in lines
    assert "# Executing 2 build triggers" in lines
    assert shop.config["config"] == {
        "Env": ["A=b", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "C=b"], "Labels": {"d": "e"}
    }  # fmt: skip
    assert shop.built.bases == {"r.azurecr.io/base:1": digest}


def _tar(*members):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name in members:
            archive.addfile(tarfile.TarInfo(name))
    return raw.getvalue()


def test_nothing_but_from_is_the_image_itself(shop):
    config = {"os": "linux", "architecture": "amd64", "config": {"Cmd": ["/hello"]}, "rootfs": {}}
    digest = shop.registries.add("r.azurecr.io/base:1", _tar("hello"), config)
    shop.build("FROM r.azurecr.io/base:1\n")
    assert shop.agent.push(TAG, shop.said.extend)[0] == digest


def test_what_was_built_is_pushed(shop):
    shop.files(a="x").build("FROM scratch\nCOPY a /\n")
    digest, size = shop.agent.push(TAG, shop.said.extend)
    raw = shop.registries.manifests[TAG][1]
    assert (sha256(raw), len(raw)) == (digest, size)
    diff = shop.config["rootfs"]["diff_ids"][0][7:19]
    assert shop.said.decode().splitlines()[-4:] == [
        "The push refers to repository [r.azurecr.io/app]",
        f"{diff}: Preparing",
        f"{diff}: Pushed",
        f"1: digest: {digest} size: {size}",
    ]
    assert set(shop.registries.blobs) == {shop.image.id, json.loads(raw)["layers"][0]["digest"]}


def test_an_image_for_windows(shop, tmp_path):
    shop.files(a="x").build(
        "# escape=`\nFROM scratch\nWORKDIR C:\\app\nCOPY a .\nCOPY a C:\\other\\\nCMD dir\n", platform="windows/amd64"
    )
    assert names(shop.unpacked(tmp_path / "out")) == ["app", "app/a", "other", "other/a"]
    assert (shop.config["os"], shop.config["config"]["WorkingDir"]) == ("windows", "C:\\app")
    assert shop.config["config"]["Cmd"] == ["cmd", "/S", "/C", "dir"]
    assert "needs Windows" in shop.fails("FROM scratch\nRUN dir\n", platform="windows/amd64")


def test_the_log_of_buildkit(shop):
    shop.files(a="x").build("FROM scratch AS x\nCOPY a /\nFROM scratch AS unused\nCOPY no /\nFROM x\n", buildkit=True)
    text = re.sub(r"\d+\.\ds", "0.0s", shop.said.decode())
    assert "#3 [x 1/2] FROM scratch AS x\n#3 DONE 0.0s\n\n#4 [x 2/2] COPY a /\n#4 DONE 0.0s\n\n" in text
    assert f"writing image {shop.image.id} done\n" in text
    assert "COPY no" not in text
    text = shop.fails("FROM scratch\nCOPY no /\n", buildkit=True)
    assert text.startswith("ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref")
    assert "------\n > [2/2] COPY no /:\n------\nDockerfile:2\n" in shop.said.decode()
    assert "   2 | >>> COPY no /\n" in shop.said.decode()


def test_what_only_buildkit_can_do(shop, tmp_path):
    shop.files(a="a", d__e__b="b", d__no="n")
    text = (
        "FROM scratch\nARG TARGETARCH\nENV A=$TARGETARCH\nCOPY --chmod=640 --link a /m\nCOPY --parents d/e/b /p/\n"
        "COPY --exclude=no d /x\nCOPY <<one <<'two' /h/\n$A \"q\"\none\n$A\ntwo\n"
    )
    shop.build(text, buildkit=True)
    tree = shop.unpacked(tmp_path / "out")
    assert names(tree) == ["h", "h/one", "h/two", "m", "p", "p/d", "p/d/e", "p/d/e/b", "x", "x/e", "x/e/b"]
    assert stat.S_IMODE((tree.root / "m").stat().st_mode) == 0o640
    assert (tree.root / "h" / "one").read_text() == 'amd64 "q"\n'
    assert (tree.root / "h" / "two").read_text() == "$A\n"
    assert shop.fails(text).startswith("the --chmod option requires BuildKit. Refer to https://docs.docker.com")
    assert "requires BuildKit" in shop.fails("FROM scratch\nRUN --mount=type=cache,target=/c x\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("COPY a /\n", "Error response from daemon: dockerfile parse error line 1: no build stage in current context"),
        ("FROM a b\n", "Error response from daemon: dockerfile parse error line 1: "
                       "FROM requires either one or three arguments"),
        ("FROM scratch\nCOPY a\n", "Error response from daemon: dockerfile parse error line 2: COPY requires at least "
                                   "two arguments, but only one was provided. Destination could not be determined."),
        ("FROM scratch\nCOPY --no=1 a b\n",
         "Error response from daemon: dockerfile parse error line 2: unknown flag: no"),
        ("FROM scratch\nENV a\n", "Error response from daemon: dockerfile parse error line 2: "
                                  "ENV must have two arguments"),
        ("FROM scratch\n", "No image was generated. Is your Dockerfile empty?"),
        ("FROM scratch\nCOPY no /x\n", "COPY failed: file not found in build context or excluded by .dockerignore: "
                                       "stat no: file does not exist"),
        ("FROM scratch\nCOPY n* /x\n", "COPY failed: no source files were specified"),
        ("FROM scratch\nCOPY a Dockerfile /x\n", "When using COPY with more than one source file, "
                                                 "the destination must be a directory and end with a /"),
        ("FROM scratch\nCOPY --chown=me a /x\n", "unable to find user me: no matching entries in passwd file"),
        ("FROM $NO\n", "base name ($NO) should not be blank"),
        ("FROM r.azurecr.io/no:1\n", "manifest for r.azurecr.io/no:1 not found: manifest unknown"),
        ("FROM scratch\nCOPY --from=no a /\n", "invalid from flag value no: manifest for "
                                               "docker.io/library/no:latest not found: manifest unknown"),
        ("FROM scratch\nEXPOSE x\n", "Invalid containerPort: x"),
        ("FROM scratch\nENV A=${B:?gone}\n", 'failed to process "${B:?gone}": B: gone'),
        ("FROM scratch\nCOPY https://x/y /\n", "COPY failed: source can't be a URL for COPY"),
    ],
)  # fmt: skip
def test_errors_are_in_the_words_of_docker(shop, text, error):
    shop.files(a="a")
    assert shop.fails(text) == error
    assert shop.agent.images() == []


def test_a_dockerfile_that_is_not_there(shop):
    with pytest.raises(EngineFailed, match=r"unable to prepare context: .*no\.df: no such file or directory"):
        what = Build(context=shop.context, dockerfile="no.df")
        shop.agent.build(what, shop.said.extend, threading.Event())


def test_nothing_is_done_twice_where_that_is_asked_for(shop, tmp_path):
    text = "FROM scratch\nARG A=1\nCOPY a /\nCOPY --chown=1 b /b\nWORKDIR /w\nENV B=$A\n"
    shop.files(a="a", b__c="c").build(text, cache=True)
    first = shop.image.id
    assert "Using cache" not in shop.said.decode()
    (shop.context / "a").touch()
    lines = shop.build(text, cache=True)
    assert (lines.count(" ---> Using cache"), shop.image.id) == (5, first)
    shop.files(b__c="other").build(text + "COPY a /w/\n", cache=True)
    assert shop.lines.count(" ---> Using cache") == 2
    tree = shop.unpacked(tmp_path / "out")
    assert ((tree.root / "b" / "c").read_text(), (tree.root / "w" / "a").read_text()) == ("other", "a")
    assert shop.build(text, cache=True, args={"A": "2"}).count(" ---> Using cache") == 0
    assert shop.build(text).count(" ---> Using cache") == 0
    shop.build(text, cache=True, buildkit=True)
    shop.build(text, cache=True, buildkit=True)
    assert shop.said.decode().count(" CACHED\n") == 3


def test_a_dockerfile_may_lie_outside_of_what_is_copied(shop, tmp_path):
    shop.files(_DOT_dockerignore="*\n!a\n", a="a", b="b").build("FROM scratch\nCOPY . /\n")
    assert names(shop.unpacked(tmp_path / "out")) == ["a"]


def test_a_dockerfile_that_is_a_link_out_of_the_context_is_none(shop, tmp_path):
    (tmp_path / "secret").write_text("FROM scratch\nLABEL secret=1\n")
    (shop.context / "link.df").symlink_to(tmp_path / "secret")
    for kit in (False, True):
        what = Build(context=shop.context, dockerfile="link.df", buildkit=kit)
        with pytest.raises(EngineFailed, match="no such file or directory"):
            shop.agent.build(what, shop.said.extend, threading.Event())
    assert "secret" not in shop.said.decode()


def test_a_dockerfile_above_its_context(shop):
    shop.files(Dockerfile="FROM scratch\nLABEL from=above\n", app__Dockerfile="FROM scratch\n", app__a="b")
    what = Build(context=shop.context / "app", dockerfile="../Dockerfile", tags=(TAG,))
    shop.agent.build(what, shop.said.extend, threading.Event())
    assert shop.config["config"]["Labels"] == {"from": "above"}


@pytest.mark.parametrize("name", ["Dockerfile", "app/Dockerfile", "../Dockerfile"])
def test_no_link_leads_a_daemon_out_of_the_context(tmp_path, name):
    (tmp_path / "secret").write_text("FROM scratch\n")
    context = tmp_path / "run" / "context"
    (context / "app").mkdir(parents=True)
    (context / name).symlink_to(tmp_path / "secret")
    with pytest.raises(EngineFailed, match="lstat"):
        Bases(Build(context=context, dockerfile=name))


def test_platforms_of_stages(shop):
    shop.build("FROM --platform=windows scratch\nLABEL a=b\n")
    assert shop.config["os"] == "windows"
    text = "FROM --platform=$BUILDPLATFORM scratch\nLABEL a=b\n"
    assert shop.fails(text).startswith('failed to parse platform : "" is an invalid component of ""')
    shop.build(text, buildkit=True, platform="linux/arm64")
    assert shop.config["architecture"] == "amd64"
    assert "unknown operating system" in shop.fails("FROM --platform=a//b scratch\n")
