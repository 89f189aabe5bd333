"""Users and groups, as the files of an image name them."""

from pathlib import Path

import msgspec

from acrlab.agents.paths import within
from acrlab.agents.protocol import EngineFailed


class Account(msgspec.Struct, frozen=True):
    """Whom a process runs as."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    home: str = "/"


def account(root: Path, text: str) -> Account:
    """user[:group], each a name or a number; nothing is root.

    Raises: EngineFailed in docker's words.
    """
    name, _, group = (text or "0").partition(":")
    found = next((row for row in _rows(root, "passwd", 7) if name in (row[0], row[2])), None)
    if not found and not name.isdigit():
        raise EngineFailed(f"unable to find user {name}: no matching entries in passwd file")
    uid, gid, home = (int(found[2]), int(found[3]), found[5]) if found else (int(name), 0, "/")
    if group:
        return Account(uid, _group(root, group), (), home or "/")
    member = found[0] if found else ""
    groups = {int(row[2]) for row in _rows(root, "group", 4) if member and member in row[3].split(",")}
    return Account(uid, gid, tuple(sorted(groups - {gid})), home or "/")


def owner(root: Path, text: str) -> tuple[int, int]:
    """Of --chown: a number without a group stands for the group of the same number.

    Raises: EngineFailed in docker's words.
    """
    name, colon, _ = text.partition(":")
    if not colon and name.isdigit():
        return int(name), int(name)
    found = account(root, text)
    return found.uid, found.gid


def given(root: Path, text: str) -> tuple[int, int]:
    """Whom BuildKit gives files to: a name that is not known is root's, and a group that is not known is as if unsaid.

    Source: buildkit, solver/llbsolver/file (readUser); tried on 0.8 and 0.25.
    """
    name, colon, group = text.partition(":")
    found = next((row for row in _rows(root, "passwd", 7) if name == row[0]), None)
    uid, gid = (int(name), int(name)) if name.isdigit() else (int(found[2]), int(found[3])) if found else (0, 0)
    if colon and not group:
        return uid, 0
    try:
        return uid, _group(root, group) if group else gid
    except EngineFailed:
        return uid, gid


def _group(root: Path, group: str) -> int:
    if group.isdigit():
        return int(group)
    for row in _rows(root, "group", 4):
        if row[0] == group:
            return int(row[2])
    raise EngineFailed(f"unable to find group {group}: no matching entries in group file")


def _rows(root: Path, name: str, columns: int) -> list[list[str]]:
    file = within(root, f"/etc/{name}")
    if not file.is_file():
        return []
    rows = [line.split(":") for line in file.read_text(errors="replace").splitlines()]
    return [row for row in rows if len(row) >= columns and row[2].isdigit() and (columns < 7 or row[3].isdigit())]
