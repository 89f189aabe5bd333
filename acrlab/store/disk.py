"""What the operating systems do differently about files that have to last."""

import os
from pathlib import Path

PRIVATE = 0o600
BINARY = getattr(os, "O_BINARY", 0)  # Windows would rewrite line ends without it

# the data and the size it takes to read them back; times may be lost
sync_file = getattr(os, "fdatasync", os.fsync)


def create(path: Path | str) -> int:
    """A new file that only its owner can read, open for appending.

    Raises: FileExistsError, OSError
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | BINARY
    return os.open(path, flags, PRIVATE)


def reopen(path: Path | str) -> int:
    """An existing file, open for appending.

    Raises: FileNotFoundError, OSError
    """
    return os.open(path, os.O_WRONLY | os.O_APPEND | BINARY)


def write(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of it: one system call may take less than it was given."""
    written = os.write(descriptor, data)
    rest = memoryview(data).cast("B")[written:]
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def let_go(descriptor: int, start: int, end: int) -> None:
    """Have a stretch of a file written out, and give back the memory of what has been, without waiting for either.

    Linux begins to write what it is told is not needed, and drops what is clean: asked again a little later it drops
    the rest. A large file then takes the same memory again and again, which for a virtual machine is the cheaper kind,
    and its last sync finds little to do.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, end - start, os.POSIX_FADV_DONTNEED)


def sync_folder(path: Path | str) -> None:
    """Make names in a folder durable. Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path, *, sync: bool = True) -> None:
    """Make a folder, and its parents, that only their owner can enter."""
    if path.is_dir():
        return
    make_folder(path.parent, sync=sync)
    path.mkdir(mode=0o700, exist_ok=True)
    if sync:
        sync_folder(path.parent)


def keep(path: Path, data: bytes) -> None:
    """Put a small private file in place, whole or not at all."""
    arriving = path.with_name(f".{path.name}.{os.getpid()}")
    arriving.unlink(missing_ok=True)
    descriptor = create(arriving)
    try:
        write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(arriving, path)
    sync_folder(path.parent)
