"""What a confined process cannot do to the machine it runs on. Each of these was open in some engine once."""

import contextlib
import os
import socket
import stat
from pathlib import Path

import pytest

from acrlab.agents.confine.rungs import CHROOT, MANY, NAMESPACES, SINGLE, Rung
from acrlab.agents.protocol import EngineFailed
from tests.agents.confine.boxes import box, every_mounting_rung, every_rung, within

KERNEL_FILES = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
    "/sys/kernel/mm/ksm/run",
    "/sys/kernel/uevent_helper",
    "/sys/kernel/profiling",
    "/sys/module/kernel/parameters/panic",
    "/sys/fs/cgroup/memory/notify_on_release",
    "/sys/fs/cgroup/cgroup.procs",
)


@every_mounting_rung
@pytest.mark.parametrize("privileged", [False, True], ids=["usual", "privileged"])
def test_the_kernel_s_files_cannot_be_written(rung: Rung, root: Path, privileged: bool) -> None:
    """Opened for appending and nothing written: a wall that has fallen does no harm to the machine of the test."""
    script = "; ".join(f"(: >> {path}) 2>/dev/null && echo open: {path}" for path in KERNEL_FILES)
    with box(rung, root) as here:
        assert here.run(f"{script}; echo tried", privileged=privileged) == (0, "tried\n")
        assert Path(KERNEL_FILES[0]).exists()


@every_rung
def test_there_is_no_proc_and_no_sys_in_chroot_and_nothing_can_be_mounted(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        script = "mkdir /tmp/m; mount -t proc proc /tmp/m; mount -t tmpfs t /tmp/m; mount --bind / /tmp/m; umount /proc"
        code, said = here.run(f"{script}; ls /tmp/m; unshare -r true; unshare -m true; echo tried")
        assert (code, said.splitlines()[-1]) == (0, "tried")
        assert (root / "tmp/m").is_dir() and not list((root / "tmp/m").iterdir())
        if rung is CHROOT:
            assert here.run("ls -A /proc /sys 2>/dev/null; echo tried") == (0, "tried\n")


@every_rung
def test_the_machine_s_disks_cannot_be_read(rung: Rung, root: Path) -> None:
    """By the number of the device that this very test lies on."""
    device = os.stat(root).st_dev
    with box(rung, root) as here:
        script = f"mknod /tmp/disk b {os.major(device)} {os.minor(device)} && head -c 1 /tmp/disk | wc -c"
        script += f"; mknod /dev/disk b {os.major(device)} {os.minor(device)} && head -c 1 /dev/disk | wc -c"
        _, said = here.run(script)
    if rung is CHROOT and "1" in said.split():
        pytest.xfail("chroot needs the device rules of the container around it; there is none in this test")
    assert "1" not in said.split()


@every_mounting_rung
def test_processes_of_the_machine_are_out_of_sight(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        code, said = here.run(f"echo $$; ls -d /proc/[0-9]* | wc -l; kill -0 {os.getpid()} 2>/dev/null && echo seen")
        assert (code, said.splitlines()[0]) == (1, "1")
        assert int(said.splitlines()[1]) < 6
        assert "seen" not in said


@every_rung
def test_the_machine_s_files_are_out_of_reach(rung: Rung, root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    places = (f"{tmp_path}/mine", "../../../mine", f"/proc/1/root{tmp_path}/mine", f"/proc/1/cwd{tmp_path}/mine")
    with box(rung, root) as here:
        script = "; ".join(f"cat {place} 2>/dev/null" for place in places)
        assert here.run(f"cd /; {script}; ls /proc/self/fd; echo tried")[1].replace("3\n", "").split()[-1] == "tried"
        assert "mine" not in here.run(script)[1]
        outside = here.run("cat /proc/self/mountinfo")[1]
    assert str(Path.home()) not in outside.replace(str(root), "")


@every_rung
def test_no_way_out_of_the_root_by_chroot(rung: Rung, root: Path) -> None:
    """The classic: a second root below, and up from the folder that was left outside of it."""
    with box(rung, root) as here:
        script = f"mkdir /tmp/j; chroot /tmp/j /bin/true; cd /; ls ../../../../..{root.parent} && echo out"
        code, said = here.run(script)
        assert "out" not in said.splitlines()
        assert ("Operation not permitted" in said) == (rung is CHROOT)
        assert code


@every_rung
def test_set_uid_works_and_capabilities_are_docker_s(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        held = here.run("grep CapEff /proc/self/status; grep CapBnd /proc/self/status; grep NoNew /proc/self/status")[1]
        if rung is not CHROOT:
            assert held.split() == ["CapEff:", "00000000a80425fb", "CapBnd:", "00000000a80425fb", "NoNewPrivs:", "0"]
            plain = here.run("grep CapEff /proc/self/status", user=(1000, 1000, ()))[1]
            assert plain.split() == ["CapEff:", "0000000000000000"]
        if rung is SINGLE:
            return
        script = "chmod 4755 /usr/bin/id && echo set"
        assert here.run(script) == (0, "set\n")
        said = here.run("id", user=(1000, 1000, ()))[1]
        assert "euid=0(root)" in said or mounted_without_set_uid(root)


def mounted_without_set_uid(root: Path) -> bool:
    return bool(os.statvfs(root).f_flag & os.ST_NOSUID)


@pytest.mark.parametrize("rung", [NAMESPACES, MANY, CHROOT], ids=lambda rung: rung.title)
def test_files_belong_to_whom_they_are_given(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        assert here.run("touch /tmp/f; chown 1000:27 /tmp/f; stat -c %u:%g /tmp/f") == (0, "1000:27\n")
        assert here.run("echo x > /tmp/g; cat /tmp/f; stat -c %u /tmp/g", user=(1000, 27, ())) == (0, "1000\n")


@every_rung
def test_calls_that_docker_s_filter_refuses(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        said = here.run("grep Seccomp: /proc/self/status; unshare -U true; unshare -i true")[1]
    if rung is not CHROOT:
        assert said.split()[:2] == ["Seccomp:", "2"]
        assert said.count("Operation not permitted") == 2


@every_rung
def test_a_fork_bomb_is_limited(rung: Rung, root: Path) -> None:
    with box(rung, root, processes=40) as here:
        if not here.sandbox.capabilities.limits and rung in (NAMESPACES, CHROOT):
            pytest.skip("no control groups here: root is not limited")
        code, said = here.run("i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done; echo all")
        assert "all" not in said.split() or code
        assert "Cannot fork" in said or "Resource temporarily unavailable" in said
        assert not within(root)


@every_rung
def test_memory_is_limited(rung: Rung, root: Path) -> None:
    with box(rung, root, memory=32 << 20) as here:
        if not here.sandbox.capabilities.limits:
            pytest.skip(f"no memory limit on this rung: {'; '.join(here.sandbox.capabilities.reasons)}")
        _, said = here.run("x=$(head -c 200000000 /dev/zero | tail -c 200000000 | wc -c); echo $x")
        assert "200000000" not in said
        assert here.run("echo fine") == (0, "fine\n")


HOSTILE = {
    "/proc to /": ("proc", "/"),
    "/sys to /etc": ("sys", "/etc"),
    "/dev to ..": ("dev", ".."),
    "/dev out": ("dev", "../../../../../../dev"),
    "/etc out": ("etc", "../../../../../../etc"),
    "/etc to itself": ("etc", "etc"),
}


@every_rung
@pytest.mark.parametrize("case", HOSTILE)
def test_links_in_a_hostile_image_lead_nowhere_else(rung: Rung, root: Path, case: str) -> None:
    name, target = HOSTILE[case]
    if (root / name).exists():
        (root / name).rename(root / f"{name}.was")
    (root / name).symlink_to(target)
    before, machine = (root / name).lstat().st_mtime_ns, Path("/etc/hosts").read_bytes()
    with box(rung, root) as here:
        with contextlib.suppress(EngineFailed):  # to refuse such an image is as good
            here.run("echo reached > /etc/hosts; echo reached > /etc/reached; echo reached > /dev/reached")
    assert (root / name).lstat().st_mtime_ns == before
    assert Path("/etc/hosts").read_bytes() == machine
    assert not Path("/etc/reached").exists() and not Path("/dev/reached").exists()


@every_rung
def test_files_to_be_mounted_on_may_be_links(rung: Rung, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("outside")
    (root / "etc/shadow").write_text("secret of the image")
    (root / "etc/resolv.conf").symlink_to("/etc/shadow")
    (root / "etc/hosts").symlink_to(tmp_path / "outside")
    with box(rung, root) as here:
        here.run("echo written > /etc/resolv.conf; echo written > /etc/hosts")
    assert (tmp_path / "outside").read_text() == "outside"
    assert not (root / str(tmp_path).lstrip("/") / "outside").exists()


@every_rung
def test_devices_are_the_usual_ones(rung: Rung, root: Path) -> None:
    with box(rung, root) as here:
        said = here.run("ls /dev; echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c")[1]
        assert {"null", "zero", "full", "random", "urandom", "tty"} <= set(said.split())
        assert said.split()[-2:] == ["3", "3"]
        if rung is not CHROOT:
            assert set(said.split()) - {"3"} == {
                *("null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr"),
                *("core", "ptmx", "pts", "shm", "mqueue"),
            }
    assert not (root / "dev").exists()


@every_mounting_rung
def test_the_machine_s_name_and_sockets_stay_its_own(rung: Rung, root: Path) -> None:
    machine = socket.gethostname()
    with box(rung, root) as here:
        said = here.run("hostname; cat /etc/hostname; hostname changed", hostname="abc123", network="none")[1]
        assert said.split()[:2] == ["abc123", "abc123"]
        assert "eth" not in here.run("cat /proc/net/dev", network="none")[1]
    assert socket.gethostname() == machine


@pytest.mark.parametrize("rung", [NAMESPACES], ids=lambda rung: rung.title)
def test_a_device_in_an_image_is_dead(rung: Rung, root: Path) -> None:
    """A layer may bring one along; nothing on it can be opened."""
    with box(rung, root) as here:
        os.mknod(root / "tmp/zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        code, said = here.run("head -c 1 /tmp/zero")
    assert code
    assert "Permission denied" in said
