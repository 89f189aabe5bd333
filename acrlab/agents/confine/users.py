"""Who a confined process is: user namespaces, its user, its capabilities."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.confine import seccomp, syscalls

# Source: docker's default set (moby, oci/caps/defaults.go).
_DOCKER = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
_SYS_CHROOT = 18
ALL = frozenset(range(64))
User = tuple[int, int, tuple[int, ...]]


def capabilities(*, jailed: bool) -> frozenset[int]:
    """What docker leaves to a container; `jailed` by chroot alone, a second chroot would lead out of it."""
    return _DOCKER - {_SYS_CHROOT} if jailed else _DOCKER


def one_user() -> None:
    """A user namespace in which this user is root, and nobody else exists. Raises: OSError."""
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.NEWUSER)
    _map("self", f"0 {user} 1", f"0 {group} 1", alone=True)


def many_users() -> None:
    """A user namespace of many users: root's own, or the subordinate ids of another. Raises: OSError."""
    map_them = _all_mapped() if os.geteuid() == 0 else _subordinate_mapped()
    waiting, telling = os.pipe()
    me = str(os.getpid())
    child = os.fork()
    if not child:
        os.close(telling)
        os.read(waiting, 1)  # until the namespace is there
        os._exit(map_them(me))
    os.close(waiting)
    try:
        syscalls.unshare(syscalls.NEWUSER)
    finally:
        os.close(telling)
        _, status = os.waitpid(child, 0)
    if status:
        raise OSError(1, "the ids of the user namespace were refused")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _all_mapped() -> Callable[[str], int]:
    """Everybody stays who he is."""
    users, groups = _identity("uid_map"), _identity("gid_map")

    def write(process: str) -> int:
        try:
            _map(process, users, groups, alone=False)
        except OSError:
            return 1
        return 0

    return write


def _subordinate_mapped() -> Callable[[str], int]:
    user, group, name = os.geteuid(), os.getegid(), _login(os.geteuid())
    users, groups = _subordinate("/etc/subuid", name, user), _subordinate("/etc/subgid", name, user)
    return lambda me: _mapped("newuidmap", me, user, users) or _mapped("newgidmap", me, group, groups)


def _login(user: int) -> str:
    """The name of a user, or nothing."""
    with open("/etc/passwd") as file:
        return next((line.split(":")[0] for line in file if line.split(":")[2:3] == [str(user)]), str(user))


def _subordinate(path: str, name: str, user: int) -> tuple[int, int]:
    """First id and number of ids."""
    lines = Path(path).read_text().splitlines() if Path(path).exists() else []
    for line in lines:
        owner, _, rest = line.partition(":")
        if owner in (name, str(user)):
            first, _, count = rest.partition(":")
            return int(first), int(count)
    raise OSError(2, f"{path} gives no ids to {name}")


def _mapped(tool: str, process: str, own: int, others: tuple[int, int]) -> int:
    try:
        words = [tool, process, "0", str(own), "1", "1", *map(str, others)]
        return subprocess.run(words, capture_output=True, check=False).returncode
    except OSError:
        return 127


def _map(process: str, users: str, groups: str, *, alone: bool) -> None:
    home = Path("/proc", process)
    if alone:
        (home / "setgroups").write_text("deny")
    (home / "uid_map").write_text(users)
    (home / "gid_map").write_text(groups)


def is_single() -> bool:
    """Whether there is one user only: others can neither be taken on nor given files."""
    return Path("/proc/self/uid_map").read_text().split()[2:] == ["1"]


class Powers:
    """What has to be known before the root changes, for what is done after it."""

    def __init__(self, user: User, *, jailed: bool, privileged: bool) -> None:
        self._user, self._privileged, single = user, privileged, is_single()
        self._single, self._renamed = single, single and user[:2] != (0, 0)
        self._kept = ALL if privileged else capabilities(jailed=jailed)
        self._filter = b"" if privileged or jailed else seccomp.program(syscalls.MACHINE)
        self._last = syscalls.last_capability()
        self._maps = [_identity("uid_map"), _identity("gid_map")]

    def take(self) -> None:
        """Become the user, with what a container may."""
        user, group, groups = self._user
        if self._privileged:
            self._own_namespaces()
        if self._renamed:  # the one user there is under another number: files change their owner with it, to the eye
            syscalls.unshare(syscalls.NEWUSER)
            _map("self", f"{user} 0 1", f"{group} 0 1", alone=True)
        syscalls.bound(self._kept, self._last)
        if self._filter:
            syscalls.filter_calls(self._filter)
        if not self._single:
            os.setgroups(groups)
        os.setresgid(group, group, group)
        if not self._privileged:
            syscalls.hold(frozenset() if self._renamed else self._kept)
        os.setresuid(user, user, user)

    def _own_namespaces(self) -> None:
        """All capabilities, but over namespaces of its own: what is mounted stays as it is, the machine is safe."""
        waiting, telling = os.pipe()
        me = os.getpid()
        child = os.fork()
        if not child:
            os.close(telling)
            os.read(waiting, 1)
            _map(str(me), *self._maps, alone=self._single)
            os._exit(0)
        syscalls.unshare(syscalls.NEWUSER)
        os.close(telling)
        _, status = os.waitpid(child, 0)
        os.close(waiting)
        if status:
            raise OSError(1, "no user namespace for a privileged container")
        syscalls.unshare(syscalls.NEWNS)


def _identity(name: str) -> str:
    rows = [line.split() for line in Path("/proc/self", name).read_text().splitlines()]
    return "\n".join(f"{inside} {inside} {count}" for inside, _, count in rows)
