"""RUN and containers: what a process finds, what of its doing is kept, and how it ends."""

import stat
import tarfile
import threading

import pytest

from acrlab.agents.protocol import Build, Container, EngineFailed, Mount
from tests.agents.doubles import ROOT
from tests.agents.workshop import TAG, Workshop, confines, names, users

SHELL = "FROM scratch\nCOPY host /\n"
ACCOUNTS = {
    "host__etc__passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n",
    "host__etc__group": "root:x:0:\napp:x:1001:\nmore:x:50:app,other\n",
}


@pytest.fixture
def shop(tmp_path):
    shop = Workshop(tmp_path, "embedded").shell()
    yield shop
    shop.agent.close()


@pytest.fixture
def none(tmp_path):
    return Workshop(tmp_path, "none")


def test_without_a_sandbox_run_says_why_and_nothing_is_built(none):
    text = none.fails("FROM scratch\nRUN echo hello\n")
    assert text == "acrlab: a process cannot be started here: the engine none starts no process"
    assert none.agent.images() == []
    none.files(a="x").build("FROM scratch\nCOPY a /\n")
    with pytest.raises(EngineFailed, match="the engine none starts no process") as failed:
        none.agent.start(Container(image=TAG, name="one-step"), none.said.extend)
    assert failed.value.code == 125


@confines
def test_what_a_command_changes_is_its_layer_and_the_log_shows_what_it_says(shop, tmp_path):
    lines = shop.build(SHELL + "RUN mkdir /d && echo $A-$B >/d/f && rm /bin/touch; echo said\nRUN id\n")
    assert lines[5:11] == [
        "Step 3/4 : RUN mkdir /d && echo $A-$B >/d/f && rm /bin/touch; echo said",
        " ---> Running in ID",
        "said",
        "Removing intermediate container ID",
        " ---> ID",
        "Step 4/4 : RUN id",
    ]
    tree = shop.unpacked(tmp_path / "out")
    assert (tree.root / "d" / "f").read_text() == "-\n"
    assert not (tree.root / "bin" / "touch").exists()
    assert len(shop.image.layers) == 2  # `id` changed nothing
    assert shop.config["history"][-1]["empty_layer"]


@confines
@users
def test_a_command_finds_arguments_variables_user_and_folder(shop):
    shop.files(**ACCOUNTS)
    text = SHELL + "ARG V=1\nARG P\nENV W=$V\nWORKDIR /w\nUSER app\nRUN env; id\n"
    lines = shop.build(text, args={"P": "p", "HTTP_PROXY": "http://proxy"})
    assert {"V=1", "P=p", "W=1", "HTTP_PROXY=http://proxy", "HOME=/home/app", "PWD=/w"} <= set(lines)
    assert any(line.startswith("uid=1000") and "50" in line for line in lines)
    assert shop.config["config"]["Env"][1:] == ["W=1"]
    made = "|2 P=p V=1 /bin/sh -c env"
    assert shop.config["history"][-1]["created_by"].startswith(made)
    assert "were not consumed" not in shop.said.decode()


@confines
def test_a_command_that_fails_ends_the_build_with_its_code(shop):
    text = SHELL + "RUN echo before && exit 7\nRUN echo never\n"
    with pytest.raises(EngineFailed) as failed:
        shop.build(text)
    assert failed.value.text == "The command '/bin/sh -c echo before && exit 7' returned a non-zero code: 7"
    assert failed.value.code == 7
    assert shop.lines[-2:] == [" ---> Running in ID", "before"]
    text = shop.fails(text, buildkit=True)
    assert text == (
        'ERROR: failed to solve: process "/bin/sh -c echo before && exit 7" did not complete successfully: exit code: 7'
    )
    assert shop.agent.images() == []


@confines
def test_shell_and_exec_forms(shop):
    text = 'RUN ["/bin/ls", "/bin/sh"]\nSHELL ["/bin/sh", "-uc"]\nRUN ls /bin/sh; echo $-\nCMD x\n'
    shop.build(SHELL + text)
    assert shop.lines.count("/bin/sh") == 2
    assert [line for line in shop.lines if "u" in line and len(line) < 4]
    assert shop.config["config"]["Cmd"] == ["/bin/sh", "-uc", "x"]
    text = shop.fails(SHELL + 'ENV A=/bin\nRUN ["/bin/ls", "$A"]\n')
    assert text == "The command '/bin/ls $A' returned a non-zero code: 2"


@confines
def test_volumes_forget_in_the_legacy_builder_alone(shop, tmp_path):
    text = SHELL + "RUN mkdir /v && touch /v/before\nVOLUME /v\nRUN touch /v/after; ls /v\n"
    assert {"before", "after"} <= set(shop.build(text))
    assert not (shop.unpacked(tmp_path / "one").root / "v" / "after").exists()
    shop.build(text, buildkit=True)
    assert (shop.unpacked(tmp_path / "two").root / "v" / "after").exists()


@confines
def test_mounts_of_run(shop, tmp_path):
    shop.files(in__a="a")
    text = SHELL + (
        "RUN --mount=type=bind,source=in,target=/m --mount=type=secret,id=s --mount=type=cache,target=/c "
        "cat /m/a /run/secrets/s; touch /c/kept /m/no || exit 0\n"
        "RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t --mount=type=secret,id=s,env=S "
        "ls /c; touch /t/x; echo $S\n"
        "RUN <<EOF\nprog=here\necho $prog >/doc\nEOF\n"
        "RUN cat <<a /doc\nnot seen\na\n"
    )
    shop.build(text, buildkit=True, secrets={"s": b"hush\n"})
    said = shop.said.decode()
    assert "ahush\n" in said
    assert "kept\n" in said
    assert "Read-only file system" in said
    tree = shop.unpacked(tmp_path / "out")
    assert (tree.root / "doc").read_text() == "here\n"
    for gone in ("m", "c", "t", "run/secrets/s"):
        assert not (tree.root / gone).exists()
    assert "hush" not in str(shop.config)
    text = shop.fails(SHELL + "RUN --mount=type=secret,id=no,required x\n", buildkit=True)
    assert text == "ERROR: failed to solve: secret no: not found"


@confines
def test_a_cancelled_build_ends(shop):
    cancelled = threading.Event()

    def sink(data):
        shop.said.extend(data)
        if b"started" in data:
            cancelled.set()

    (shop.context / "Dockerfile").write_text(SHELL + "RUN echo started; sleep 1000\n")
    with pytest.raises(EngineFailed, match="Build cancelled"):
        shop.agent.build(Build(context=shop.context, dockerfile="Dockerfile"), sink, cancelled)


def started(shop, **options):
    said = bytearray()
    given = {"image": TAG, "name": "one-step"} | options
    running = shop.agent.start(Container(**given), said.extend)
    code = running.wait()
    return code, said.decode().splitlines()


@confines
@users
def test_a_container_is_what_image_and_caller_say(shop, tmp_path):
    shop.files(**ACCOUNTS).build(
        SHELL + 'ENV A=image B=image\nUSER app\nWORKDIR /w\nENTRYPOINT ["/bin/echo-no"]\nCMD ["x"]\n'
    )
    code, lines = started(shop, entrypoint=("/bin/sh", "-c"), command=("env; id; exit 3",), environment={"B": "caller"})
    assert code == 3
    assert {"A=image", "B=caller", "HOME=/home/app", "PWD=/w"} <= set(lines)
    assert any(line.startswith("uid=1000") and "50" in line for line in lines)
    (tmp_path / "shared").mkdir()
    mount = Mount(tmp_path / "shared", "/w/shared")
    options = {"entrypoint": ("/bin/sh",), "user": "0", "workdir": "/w/shared", "mounts": (mount,)}
    assert started(shop, command=("-c", "echo hello >file"), **options) == (0, [])
    assert (tmp_path / "shared" / "file").read_text() == "hello\n"
    assert stat.S_ISDIR((tmp_path / "agent").stat().st_mode)


@confines
def test_names_of_containers(shop):
    shop.build(SHELL + 'CMD ["/bin/sleep", "1000"]\n')
    with pytest.raises(EngineFailed) as failed:
        shop.agent.start(Container(image=TAG, name="a"), shop.said.extend)
    assert failed.value.text.splitlines() == [
        "docker: Error response from daemon: Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        "",
        "Run 'docker run --help' for more information",
    ]
    running = shop.agent.start(Container(image=TAG, name="web", detach=True), shop.said.extend)
    assert running.wait(0.01) is None
    with pytest.raises(EngineFailed, match=f'already in use by container "{running.id}"'):
        shop.agent.start(Container(image=TAG, name="web"), shop.said.extend)
    shop.agent.remove("web")
    assert running.wait() == 137
    shop.agent.remove("web")
    with pytest.raises(EngineFailed, match="manifest unknown") as failed:
        started(shop, image="r.azurecr.io/no:1")
    assert failed.value.code == 125


@confines
def test_whatever_a_command_leaves_is_cleared_away_and_nothing_of_it_is_lost_in_silence(shop, tmp_path):
    text = SHELL + "RUN mkdir -p /shut/in && touch /shut/in/file && chmod 0 /shut/in /shut\n"
    if ROOT:
        shop.build(text)
        assert "shut/in/file" in sorted(names(shop.unpacked(tmp_path / "out")))
    else:
        assert "/shut/ is closed to this agent's user" in shop.fails(text)
    shop.agent.close()
    assert list((tmp_path / "agent").iterdir()) == []


@confines
@users
def test_files_of_other_users_stay_theirs_and_are_cleared_away(shop, tmp_path):
    shop.files(**ACCOUNTS)
    text = SHELL + "RUN mkdir -p /a/b && touch /a/b/c && chown -R 1000:50 /a\nUSER app\nRUN touch /a/d\n"
    shop.build(text)
    with tarfile.open(shop.images.blob(shop.image.layers[1].digest)) as archive:
        assert {each.name: (each.uid, each.gid) for each in archive} == dict.fromkeys(("a", "a/b", "a/b/c"), (1000, 50))
    shop.agent.close()
    assert list((tmp_path / "agent").iterdir()) == []


@confines
def test_a_root_that_is_as_it_was_serves_again_and_no_other(shop, tmp_path):
    shop.build(SHELL)
    roots = tmp_path / "agent" / "containers"
    assert started(shop, command=("/bin/ls", "/bin/sh")) == (0, ["/bin/sh"])
    (first,) = roots.iterdir()
    assert started(shop, command=("/bin/ls", "/bin/sh")) == (0, ["/bin/sh"])
    assert list(roots.iterdir()) == [first]
    assert started(shop, command=("/bin/rm", "/bin/ls"))[0] == 0
    assert list(roots.iterdir()) == []
    assert started(shop, command=("/bin/ls", "/bin/sh")) == (0, ["/bin/sh"])
    running = shop.agent.start(Container(image=TAG, name="kept", command=("/bin/rm", "/bin/ls"), remove=False), print)
    assert running.wait() == 0
    assert started(shop, command=("/bin/ls", "/bin/sh")) == (0, ["/bin/sh"])
    shop.agent.remove("kept")
    assert len(list(roots.iterdir())) == 1
