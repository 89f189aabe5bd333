"""The life of a confined process: what it is given, what it prints, how it ends."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from acrlab.agents.confine.rungs import CHROOT, RUNGS, SINGLE, Rung
from acrlab.agents.protocol import EngineFailed, Mount
from acrlab.agents.sandbox import Command
from tests.agents.confine.boxes import PATH, Box, box, every_mounting_rung, every_rung, listing, traces, within


@every_rung
def test_output_and_exit_code(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        assert here.run("echo out; echo err >&2; exit 7") == (7, "out\nerr\n")
        assert here.run("sh -c 'kill -9 $$'; exit $?")[0] == 137


@every_rung
def test_standard_input_is_empty(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        assert here.run("cat; readlink /proc/self/fd/0")[1] in ("/dev/null\n", "")


@every_rung
def test_environment_folder_and_user(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        given = {**PATH, "GREETING": "grüß\udcff dich"}
        code, said = here.run("pwd; id -u; id -g; echo $GREETING", environment=given, workdir="/srv/new")
        assert (code, said.splitlines()[:3]) == (0, ["/srv/new", "0", "0"])
        assert "grüß" in said
        said = here.run("id -u; id -g; cd /proc && echo ok > /dev/stdout", user=(1000, 100, ()))[1]
        assert said.splitlines()[:3] == ["1000", "100", "ok"] or rung is CHROOT


@every_rung
def test_further_groups(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        said = here.run("id -G", user=(1000, 100, (100, 27)))[1].split()
        assert set(said) == ({"100", "65534"} & set(said) | {"100"} if rung is SINGLE else {"100", "27"})


@every_rung
def test_what_cannot_be_executed_is_said_as_docker_says_it(rung: Rung, root: Path) -> None:
    (root / "tmp/text").write_text("no program")
    (root / "tmp/text").chmod(0o755)
    (root / "tmp/closed").write_text("no program")
    wrong = {
        "nosuch": (127, 'exec: "nosuch": executable file not found in $PATH: unknown'),
        "/no/such": (127, 'exec: "/no/such": stat /no/such: no such file or directory: unknown'),
        "/tmp/closed": (126, 'exec: "/tmp/closed": permission denied: unknown'),
        "/tmp/text": (126, 'exec: "/tmp/text": exec format error: unknown'),
    }
    with box(rung, root) as here:
        for program, (code, text) in wrong.items():
            with pytest.raises(EngineFailed) as failure:
                here.sandbox.start(Command(root=root, argv=(program,), environment=PATH), print)
            assert (failure.value.code, failure.value.text.partition("process: ")[2]) == (code, text)


@every_rung
def test_output_comes_while_it_runs_and_a_kill_takes_grandchildren_along(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        process, output = here.start("(sleep 1000 & echo child; sleep 1000) & echo started; sleep 1000")
        output.until("started")
        output.until("child")
        assert process.wait(0) is None
        process.kill()
        assert process.wait(60) == 137
        assert not within(root)


@every_rung
def test_what_a_process_leaves_running_ends_with_it(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        assert here.run("(sleep 1000 &) ; echo done") == (0, "done\n")
        assert not within(root)


@every_rung
def test_when_the_emulator_is_killed_everything_ends(rung: Rung, root: Path) -> None:
    with box(rung, root):
        pass  # or it is skipped, loudly
    code = f"""
import sys; sys.path[:0] = {sys.path!r}
from pathlib import Path
from acrlab.agents.confine.confinement import Confinement
from acrlab.agents.confine.probe import tried
from acrlab.agents.confine.rungs import RUNGS
from acrlab.agents.sandbox import Command
rung = RUNGS[{RUNGS.index(rung)}]
root = Path({str(root)!r})
sandbox = Confinement(rung, tried(rung), root.parent)
command = Command(root=root, argv=("/bin/sh", "-c", "sleep 1000 & echo started; sleep 1000"), environment={PATH!r})
sandbox.start(command, lambda chunk: (sys.stdout.write(chunk.decode()), sys.stdout.flush())).wait()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as emulator:
        try:
            assert emulator.stdout and emulator.stdout.readline() == "started\n"
            assert within(root)
        finally:
            emulator.kill()
    while left := within(root):
        for each in left:
            ended(each)


def ended(pid: int) -> None:
    """Wait for the end of a process that is nobody's child here."""
    try:
        opened = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(opened, select.POLLIN)
    assert poll.poll(60_000), f"{pid} goes on"
    os.close(opened)


@every_rung
def test_nothing_is_left_in_the_root(rung: Rung, root: Path, tmp_path: Path) -> None:
    before = listing(root)
    (tmp_path / "secret").write_text("hush")
    mounts = (Mount(tmp_path / "secret", "/run/secrets/one", read_only=True),)
    with box(rung, root) as here:
        assert here.run("cat /run/secrets/one /etc/hosts > /dev/null; test -c /dev/null", mounts=mounts) == (0, "")
        assert listing(root) == before
        assert here.run("echo kept > /etc/kept; mkdir -p /run/secrets/two")[0] == 0
    after = listing(root)
    assert set(after) - set(before) == {"etc/kept", "run", "run/secrets", "run/secrets/two"}


@every_rung
def test_an_image_s_own_hosts_and_resolvers_come_back(rung: Rung, root: Path) -> None:
    (root / "etc/hosts").write_text("10.0.0.1 image\n")
    (root / "etc/resolv.conf").symlink_to("../run/resolve/stub.conf")
    before = listing(root)
    with box(rung, root) as here:
        said = here.run("cat /etc/hosts; cat /etc/resolv.conf", hosts={"neighbour": "10.0.0.7"})[1]
    assert "10.0.0.7\tneighbour" in said
    assert "10.0.0.1 image" not in said
    assert listing(root) == before
    assert (root / "etc/hosts").read_text() == "10.0.0.1 image\n"


@every_rung
def test_what_a_container_does_to_a_volume_is_done_to_the_folder(rung: Rung, root: Path, tmp_path: Path) -> None:
    volume = tmp_path / "workspace"
    (volume / "deep/er").mkdir(parents=True)
    for name in ("input", "changed", "replaced", "gone", "deep/gone", "deep/er/kept"):
        (volume / name).write_text(f"{name}\n")
    (volume / "link").symlink_to("input")
    (volume / "out").symlink_to(tmp_path)
    (root / "workspace").mkdir()
    (root / "workspace/own").write_text("the image's own")
    before = listing(root)
    script = (
        "cd /workspace && cat link && echo more >> changed && echo new > t && mv t replaced && rm -r gone deep/gone"
        " && mkdir -p new/er && echo x > new/er/f && ln -s f new/er/l && chmod 750 new && test ! -e own"
    )
    with box(rung, root) as here:
        assert here.run(script, mounts=(Mount(volume, "/workspace"),)) == (0, "input\n")
    found = {str(path.relative_to(volume)) for path in volume.rglob("*")}
    assert found == {
        *("input", "changed", "replaced", "deep", "deep/er", "deep/er/kept", "link", "out"),
        *("new", "new/er", "new/er/f", "new/er/l"),
    }
    assert (volume / "changed").read_text() == "changed\nmore\n"
    assert (volume / "replaced").read_text() == "new\n"
    assert (volume / "new").stat().st_mode & 0o777 == 0o750
    assert os.readlink(volume / "new/er/l") == "f"
    assert listing(root) == before


@every_rung
def test_a_volume_that_is_read_only_stays_as_it_is(rung: Rung, root: Path, tmp_path: Path) -> None:
    volume = tmp_path / "fixed"
    volume.mkdir()
    (volume / "f").write_text("fixed\n")
    before = listing(volume)
    with box(rung, root) as here:
        said = here.run("cat /v/f; echo x > /v/f; echo x > /v/new", mounts=(Mount(volume, "/v", read_only=True),))[1]
    assert said.startswith("fixed\n")
    assert listing(volume) == before


@every_mounting_rung
def test_volumes(rung: Rung, root: Path, tmp_path: Path) -> None:
    volume = tmp_path / "workspace"
    volume.mkdir()
    (volume / "input").write_text("in\n")
    mounts = (Mount(volume, "/workspace/fixed", read_only=True), Mount(volume, "/workspace"))
    with box(rung, root) as here:
        script = "cat /workspace/input; echo out > /workspace/output; echo no > /workspace/fixed/no"
        code, said = here.run(script, mounts=mounts)
    assert code != 0
    assert said.startswith("in\n")
    assert "Read-only file system" in said
    assert (volume / "output").read_text() == "out\n"
    assert not (root / "workspace").exists()


@every_rung
def test_a_large_output_is_whole(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        code, said = here.run("head -c 20000000 /dev/zero")
    assert (code, len(said)) == (0, 20_000_000)


@every_rung
def test_a_sink_that_fails_ends_the_process_and_tells_who_waits(rung: Rung, root: Path) -> None:
    def broken(chunk: bytes) -> None:
        raise ValueError("disk full")

    with box(rung, root) as here:
        command = Command(root=root, argv=("/bin/sh", "-c", "while :; do echo x; done"), environment=PATH)
        with pytest.raises(ValueError, match="disk full"):
            here.sandbox.start(command, broken).wait(60)


@every_rung
def test_an_order_of_any_size(rung: Rung, root: Path) -> None:
    given = {**PATH, **{f"V{number}": "x" * 100_000 for number in range(10)}}
    with box(rung, root) as here:
        assert here.run("echo ${#V9}", environment=given) == (0, "100000\n")


@every_rung
def test_closing_ends_what_runs(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        process, output = here.start("echo started; sleep 1000")
        output.until("started")
        assert traces(root.parent) or not here.sandbox.capabilities.limits
    assert process.wait(0) == 137


@every_rung
def test_a_root_belongs_to_one_process_at_a_time(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        process, output = here.start("echo started; sleep 1000")
        output.until("started")
        with pytest.raises(EngineFailed, match="another process has this root"):
            here.run("true")
        assert here.run("echo beside", root=here.another()) == (0, "beside\n")
        process.kill()
        process.wait(60)
        assert here.run("echo again") == (0, "again\n")


@every_rung
def test_what_is_no_argument_is_refused(rung: Rung, root: Path) -> None:
    with box(rung, root) as here, pytest.raises(EngineFailed):
        here.sandbox.start(Command(root=root, argv=("/bin/sh", "a\0b"), environment=PATH), print)


def test_chroot_says_what_it_cannot_do(root: Path) -> None:
    with box(CHROOT, root) as here:
        for settings in ({"network": "none"}, {"privileged": True}):
            with pytest.raises(EngineFailed, match="confines by chroot"):
                Box(here.sandbox, root).run("true", **settings)
