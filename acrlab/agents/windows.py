"""Layers of Windows images: files below `Files`, the registry below `Hives`, and the headers that Windows reads.

Source: buildkit, util/winlayers/differ.go; the binary form of security descriptors: MS-DTYP 2.4.
"""

import base64
import struct
import tarfile

FILES, HIVES = "Files", "Hives"
_ADMINISTRATORS, _SYSTEM, _USERS, _CREATOR = (5, 32, 544), (5, 18), (5, 32, 545), (3, 0)  # authority, then the rest
_ALL, _READ, _ADD_FILE, _ADD_FOLDER, _GENERIC = 0x1F01FF, 0x1200A9, 0x2, 0x4, 0x10000000
_INHERITED, _BY_FOLDERS, _ONLY_INHERITED = 0x03, 0x02, 0x0B
_OF_FILES = [(0, _ALL, _ADMINISTRATORS), (0, _ALL, _SYSTEM), (0, _READ, _USERS)]
_OF_FOLDERS = [
    (_INHERITED, _ALL, _ADMINISTRATORS),
    (_INHERITED, _ALL, _SYSTEM),
    (0, _ALL, _ADMINISTRATORS),
    (_ONLY_INHERITED, _GENERIC, _CREATOR),
    (_INHERITED, _READ, _USERS),
    (_BY_FOLDERS, _ADD_FOLDER, _USERS),
    (_BY_FOLDERS, _ADD_FILE, _USERS),
]


def heads() -> list[tarfile.TarInfo]:
    """The two folders that every layer has."""
    return [_attributed(_folder(HIVES)), _attributed(_folder(FILES))]


def dressed(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry below Files, with what Windows asks of it."""
    if entry.isreg() or entry.isdir():
        rights = _descriptor(_OF_FOLDERS if entry.isdir() else _OF_FILES)
        entry.pax_headers = {**entry.pax_headers, "MSWINDOWS.rawsd": rights}
    return _attributed(entry)


def _folder(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0
    return entry


def _attributed(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mode |= 1 << 14 if entry.isdir() else 1 << 15
    entry.pax_headers = {
        **entry.pax_headers,
        "MSWINDOWS.fileattr": "16" if entry.isdir() else "32",
        "LIBARCHIVE.creationtime": f"{int(entry.mtime)}.0",
    }
    return entry


def _descriptor(rights: list[tuple[int, int, tuple[int, ...]]]) -> str:
    owner, group = _sid(_ADMINISTRATORS), _sid(_SYSTEM)
    entries = b"".join(_right(*each) for each in rights)
    listed = struct.pack("<BBHHH", 2, 0, 8 + len(entries), len(rights), 0) + entries
    head = struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 20 + len(owner), 0, 20 + len(owner) + len(group))
    return base64.b64encode(head + owner + group + listed).decode()


def _right(flags: int, mask: int, who: tuple[int, ...]) -> bytes:
    sid = _sid(who)
    return struct.pack("<BBHI", 0, flags, 8 + len(sid), mask) + sid


def _sid(who: tuple[int, ...]) -> bytes:
    authority, *rest = who
    return struct.pack("<BB", 1, len(rest)) + authority.to_bytes(6, "big") + struct.pack(f"<{len(rest)}I", *rest)
