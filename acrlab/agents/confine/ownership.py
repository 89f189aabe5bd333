"""Files given to their owners for the time of a process: only inside a user namespace can they belong to many."""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping

ROOT = (0, 0)


def give(root: str, owners: Mapping[str, list[int]]) -> None:
    """Hand files out, by a process of its own that cannot see beyond the root."""
    child = os.fork()
    if not child:
        with contextlib.suppress(OSError):
            os.chroot(root)
            os.chdir("/")
            for path, (uid, gid) in owners.items():
                with contextlib.suppress(OSError):
                    _give(f"/{path}", uid, gid)
        os._exit(0)
    os.waitpid(child, 0)


def take_back(root: str) -> dict[str, tuple[int, int]]:
    """Make everything root's again, and tell whose it was; links are not followed."""
    found = {}
    for path, folder, name, seen in _entries(root):
        owner = (seen.st_uid, seen.st_gid)
        if owner != ROOT:
            found[path] = owner
            with contextlib.suppress(OSError):
                os.chown(name, *ROOT, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(seen.st_mode) and seen.st_mode & 0o6000:
                    os.chmod(name, stat.S_IMODE(seen.st_mode), dir_fd=folder)
    return found


def _entries(root: str) -> Iterator[tuple[str, int, str, os.stat_result]]:
    for path, folders, files, opened in os.fwalk(root):
        for name in (*folders, *files):
            with contextlib.suppress(OSError):
                below = os.path.relpath(os.path.join(path, name), root)
                yield below, opened, name, os.stat(name, dir_fd=opened, follow_symlinks=False)


def _give(path: str, uid: int, gid: int) -> None:
    seen = os.lstat(path)
    os.chown(path, uid, gid, follow_symlinks=False)
    if stat.S_ISREG(seen.st_mode) and seen.st_mode & 0o6000:  # which a change of owner takes away
        os.chmod(path, stat.S_IMODE(seen.st_mode))
