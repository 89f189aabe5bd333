"""Interpreters for programs of other machines, known to the kernel in a user namespace and nowhere else.

Source: Linux, Documentation/admin-guide/binfmt-misc.rst (an instance for each user namespace since 6.7); the
magic numbers are those of ELF headers, and which bits of them count is QEMU's scripts/qemu-binfmt-conf.sh.
Standard library only: launchers run this outside of any environment.
"""

import contextlib
import shutil
import sys

from acrlab.agents.confine import syscalls

_PLACE = "/proc/sys/fs/binfmt_misc"
_WIDE, _NARROW, _PADDING = b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x01\x01", bytes(9)
_MASK = b"\xff" * 7 + b"\x00" + b"\xff" * 8 + b"\xfe\xff\xff\xff"
_KNOWN = {  # architecture as images call it -> interpreter, what its programs begin with, and which bits of that count
    "amd64": ("qemu-x86_64", _WIDE + _PADDING + b"\x02\x00\x3e\x00", b"\xff" * 5 + b"\xfe\xfe\xfc" + _MASK[8:]),
    "arm64": ("qemu-aarch64", _WIDE + _PADDING + b"\x02\x00\xb7\x00", _MASK),
    "arm": ("qemu-arm", _NARROW + _PADDING + b"\x02\x00\x28\x00", _MASK),
}
NATIVE = {"x86_64": "amd64", "aarch64": "arm64"}.get(syscalls.MACHINE, "")
ARCHITECTURES = tuple(_KNOWN)


def present() -> dict[str, str]:
    """Those on this machine by architecture. Linked statically: nothing else of the machine is there in a container."""
    found = {name: shutil.which(f"{known[0]}-static") for name, known in _KNOWN.items()}
    return {name: path for name, path in found.items() if path and name != NATIVE}


def register() -> None:
    """Make them known to the user namespace of this process. What the kernel refuses is left out; a probe will tell."""
    interpreters = present()
    if not interpreters or sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        syscalls.unshare(syscalls.NEWNS)
        syscalls.mount(None, "/", None, syscalls.REC | syscalls.PRIVATE)
        syscalls.mount("binfmt_misc", _PLACE, "binfmt_misc")
        for name, path in interpreters.items():
            _, magic, mask = _KNOWN[name]
            flags = "PFC"  # F: opened now, where it can be seen; P: it is told argv[0], as busybox needs
            line = f":acrlab-{name}:M::{_escaped(magic)}:{_escaped(mask)}:{path}:{flags}"
            with open(f"{_PLACE}/register", "w") as file:
                file.write(line)


def _escaped(raw: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in raw)
