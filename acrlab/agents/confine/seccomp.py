"""What the kernel refuses to a confined process, whatever its capabilities: a filter of system calls."""

import errno
import struct

_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data (little endian)
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_NAMESPACES = 0x7E020000
_FAMILIES = (38, 40)  # AF_ALG, AF_VSOCK

# name: (x86_64, aarch64); None where the machine has no such call.
# Source: moby's default profile (profiles/seccomp/default.json, 2025): what it leaves to other capabilities than
# the fourteen, or to none.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clock_settime": (227, 112),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_kernel_syms": (177, None),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "query_module": (178, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "_sysctl": (156, None),
    "sysfs": (139, None),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
}
_CLONE, _CLONE3, _SOCKET = (56, 220), 435, (41, 198)


def program(machine: str) -> bytes:
    """The filter for a machine, as the kernel reads it; empty where none is known."""
    if machine not in _AUDIT:
        return b""
    column = list(_AUDIT).index(machine)
    rows = [_step(_LOAD, _ARCHITECTURE), *_unless(_AUDIT[machine], errno.ENOSYS), _step(_LOAD, _NUMBER)]
    if machine == "x86_64":
        rows += [_step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            rows += _when(number, errno.EPERM)
    # A filter cannot see the flags of clone3, so the C library is sent back to clone.
    rows += _when(_CLONE3, errno.ENOSYS)
    rows += _clone(_CLONE[column]) + _socket(_SOCKET[column])
    return b"".join([*rows, _step(_RETURN, _ALLOW)])


def _clone(number: int) -> list[bytes]:
    """No namespaces, and what was loaded is the number again afterwards."""
    inside = [_step(_LOAD, _FIRST), _step(_AND, _NAMESPACES), _step(_EQUAL, 0, 1, 0), _refuse(errno.EPERM)]
    return [_step(_EQUAL, number, 0, len(inside) + 1), *inside, _step(_LOAD, _NUMBER)]


def _socket(number: int) -> list[bytes]:
    inside = [_step(_LOAD, _FIRST)]
    for family in _FAMILIES:
        inside += _when(family, errno.EAFNOSUPPORT)
    return [_step(_EQUAL, number, 0, len(inside) + 1), *inside, _step(_LOAD, _NUMBER)]


def _when(value: int, error: int) -> list[bytes]:
    return [_step(_EQUAL, value, 0, 1), _refuse(error)]


def _unless(value: int, error: int) -> list[bytes]:
    return [_step(_EQUAL, value, 1, 0), _refuse(error)]


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _REFUSE | error)


def _step(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, true, false, value)
