"""System calls that Python has no function for. Standard library only: this runs outside of any environment."""

import ctypes
import os

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, REC, PRIVATE = 4096, 16384, 1 << 18
DETACH = 2
_PDEATHSIG, _BOUNDING_DROP, _SUBREAPER = 1, 24, 36
_CAPABILITY_VERSION = 0x20080522
_JOIN_SESSION_KEYRING = 1
_FILTER, _AT_EMPTY_PATH, _AT_RECURSIVE = 1, 0x1000, 0x8000
_NUMBERS = {
    "x86_64": {"pivot_root": 155, "capget": 125, "capset": 126, "keyctl": 250, "seccomp": 317, "mount_setattr": 442},
    "aarch64": {"pivot_root": 41, "capget": 90, "capset": 91, "keyctl": 219, "seccomp": 277, "mount_setattr": 442},
}
MACHINE = os.uname().machine
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _call(name: str, *arguments: object) -> int:
    number = _NUMBERS.get(MACHINE, {}).get(name)
    if number is None:
        raise OSError(38, f"{name}: not known for {MACHINE}")
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments), name)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    arguments = (_bytes(source), _bytes(target), _bytes(kind), ctypes.c_ulong(flags), _bytes(data))
    _checked(_libc.mount(*arguments), f"mount {kind or source or ''} on {target}")


def unmount(target: str) -> None:
    """Detach a mount, with all that is mounted below."""
    _checked(_libc.umount2(_bytes(target), DETACH), f"umount {target}")


def unshare(flags: int) -> None:
    """Namespaces of its own for this process; for its children, of process ids."""
    _checked(_libc.unshare(flags), "unshare")


def join(namespace: int) -> None:
    """Enter the namespace of an open file."""
    _checked(_libc.setns(namespace, 0), "setns")


def pivot() -> None:
    """Make the working directory, a mount, the root; the old root lies on top of it until it is detached."""
    _call("pivot_root", b".", b".")


def hostname(name: str) -> None:
    """Of the UTS namespace."""
    raw = name.encode()
    _checked(_libc.sethostname(raw, ctypes.c_size_t(len(raw))), "sethostname")


def read_only(folder: int) -> None:
    """Make a mount and all below it read-only."""
    attributes = (ctypes.c_uint64 * 4)(RDONLY | NOSUID | NODEV | NOEXEC, 0, 0, 0)
    flags = ctypes.c_uint(_AT_EMPTY_PATH | _AT_RECURSIVE)
    _call("mount_setattr", ctypes.c_int(folder), b"", flags, attributes, ctypes.c_size_t(32))


def die_with_parent() -> None:
    """SIGKILL for this process when the one that forked it ends."""
    _prctl(_PDEATHSIG, 9)


def adopt_orphans() -> None:
    """Descendants without a parent become children of this process."""
    _prctl(_SUBREAPER, 1)


def _prctl(option: int, argument: int) -> None:
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(argument), zero, zero, zero), "prctl")


def last_capability() -> int:
    """The highest number that the kernel knows."""
    with open("/proc/sys/kernel/cap_last_cap") as file:
        return int(file.read())


def bound(kept: frozenset[int], last: int) -> None:
    """Take every other capability from what this process and its children can ever have."""
    for number in range(last + 1):
        if number not in kept:
            _prctl(_BOUNDING_DROP, number)


def hold(kept: frozenset[int]) -> None:
    """Have these capabilities at most, and hand none of them on by inheritance."""
    mask = _held()[1] & sum(1 << number for number in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    data = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)  # effective, permitted, inheritable
    _call("capset", (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), data)


def capabilities() -> int:
    """Those in effect, as a mask."""
    return _held()[0]


def _held() -> tuple[int, int]:
    """Effective and permitted."""
    data = (ctypes.c_uint32 * 6)()
    _call("capget", (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), data)
    return data[0] | data[3] << 32, data[1] | data[4] << 32


def new_keyring() -> None:
    """A session keyring of its own, so that the keys of the machine are out of reach."""
    _call("keyctl", ctypes.c_int(_JOIN_SESSION_KEYRING), None)


def filter_calls(program: bytes) -> None:
    """Install a seccomp filter. Needs CAP_SYS_ADMIN: set-uid programs go on working."""
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    wanted = Program(len(program) // 8, ctypes.addressof(buffer))
    _call("seccomp", ctypes.c_uint(_FILTER), ctypes.c_uint(0), ctypes.byref(wanted))
