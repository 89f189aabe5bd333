"""A process on its way into confinement: namespaces, root, user, and then the program it is to be."""

import contextlib
import json
import os
import resource
import signal
from typing import Any, NoReturn

from acrlab.agents.confine import netlink, syscalls
from acrlab.agents.confine.cgroups import Group
from acrlab.agents.confine.tree import Tree
from acrlab.agents.confine.users import Powers

_RUNC = "OCI runtime create failed: runc create failed: unable to start container process: "
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGINT, signal.SIGTERM)
_LENGTH = 16  # of a network's prefix


class Entry:
    """One entry; what is opened for it beforehand is inherited from the supervisor."""

    def __init__(self, order: dict[str, Any], output: int, network: int, group: Group) -> None:
        self._order, self._output, self._network, self._group = order, output, network, group

    def run(self, report: int) -> NoReturn:
        """Become the program; failing that, say why to `report`, which closes by itself at success."""
        try:
            syscalls.die_with_parent()
            os.setsid()
            self._group.enter()
            self._enter(report)
            self._become()
        except (OSError, ValueError) as error:
            text = getattr(error, "strerror", "") or str(error)
            os.write(report, json.dumps({"failed": f"{_RUNC}{text}", "code": _code(error)}).encode())
        finally:
            os._exit(127)

    def _enter(self, report: int) -> None:
        order = self._order
        powers = Powers(_user(order), jailed=order["jailed"], privileged=order["privileged"])
        if order["jailed"]:
            os.chroot(order["root"])
            os.chdir("/")
        else:
            self._namespaces(report)
        self._dress()
        powers.take()
        syscalls.die_with_parent()  # a change of user has undone it

    def _namespaces(self, report: int) -> None:
        order = self._order
        syscalls.unshare(syscalls.NEWNS | syscalls.NEWIPC | syscalls.NEWUTS | syscalls.NEWCGROUP)
        if self._network >= 0:
            netlink.plug(self._network, order["address"], _LENGTH, order["gateway"])
        elif order["network"] == "none":
            syscalls.unshare(syscalls.NEWNET)
            netlink.loopback()
        tree = Tree(order)
        try:
            tree.assemble()
        finally:
            os.write(report, json.dumps({"stubs": tree.stubs.made}).encode() + b"\n")
        syscalls.hostname(order["hostname"])
        syscalls.new_keyring()

    def _dress(self) -> None:
        """Working directory, output, signals and limits as a container has them."""
        order = self._order
        os.umask(0o022)
        os.makedirs(order["workdir"], 0o755, exist_ok=True)
        os.chdir(order["workdir"])
        os.dup2(self._output, 1)
        os.dup2(self._output, 2)
        with contextlib.suppress(OSError):  # a user namespace of one user has no other to give it to
            os.fchown(1, *_user(order)[:2])
        for each in _DEFAULT_SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if "pids" not in self._group.controllers:
            hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
            wanted = order["processes"] if hard < 0 else min(hard, order["processes"])
            resource.setrlimit(resource.RLIMIT_NPROC, (wanted, wanted))

    def _become(self) -> NoReturn:
        argv, environment = self._order["argv"], self._order["environment"]
        program = _found(argv[0], environment.get("PATH", ""))
        try:
            os.execve(program, argv, environment)
        except OSError as error:
            raise OSError(error.errno, f'exec: "{argv[0]}": {os.strerror(error.errno or 0).lower()}: unknown') from None


def _found(name: str, path: str) -> str:
    """The program of a name. Raises: OSError in the words of docker."""
    if "/" in name:
        try:
            os.stat(name)
        except OSError as error:
            what = os.strerror(error.errno or 0).lower()
            raise OSError(error.errno, f'exec: "{name}": stat {name}: {what}: unknown') from None
        return name
    for folder in path.split(":"):
        program = f"{folder or '.'}/{name}"
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    raise OSError(2, f'exec: "{name}": executable file not found in $PATH: unknown')


def _user(order: dict[str, Any]) -> tuple[int, int, tuple[int, ...]]:
    user, group, groups = order["user"]
    return user, group, tuple(groups)


def _code(error: Exception) -> int:
    """127 for what is not there, 126 for what cannot be run, as docker has it."""
    number = getattr(error, "errno", 0)
    return {2: 127, 13: 126, 8: 126, 20: 126}.get(number, 125) if "exec:" in str(error) else 125
