"""Files of a folder as a tree, and a tree as files in a folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dulwich.index import commit_tree
from dulwich.object_store import DiskObjectStore, iter_tree_contents
from dulwich.objects import Blob, ObjectID, Tree

from acrlab.domain.hosting_errors import HostedRefused
from acrlab.store.git import scan

BATCH = 32 * 1024 * 1024  # bytes of files that are packed together
MOST_FILES = 50_000  # inferred, no published figure


def read(store: DiskObjectStore, folder: Path) -> ObjectID:
    """The tree of what is in a folder. Raises: HostedRefused, OSError."""
    if not folder.is_dir():
        raise HostedRefused(reason=f"{folder} is no folder")
    entries: list[tuple[bytes, ObjectID, int]] = []
    batch: list[Blob] = []
    size = 0
    for path in _files(folder):
        blob, mode = _blob(path)
        entries.append((path.relative_to(folder).as_posix().encode(), blob.id, mode))
        batch.append(blob)
        size += len(blob.data)
        if len(entries) > MOST_FILES:
            raise HostedRefused(reason=f"{folder} has more than {MOST_FILES} files")
        if size > BATCH:
            store.add_objects([(each, None) for each in batch])
            batch, size = [], 0
    if not entries:
        raise HostedRefused(reason=f"{folder} is empty: git keeps no folder without a file")
    store.add_objects([(each, None) for each in batch])
    return commit_tree(store, entries)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each.lower() != ".git")
        links = [each for each in folders if (Path(root) / each).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(root) / name
            if path.is_symlink() or (path.is_file() and name.lower() != ".git"):
                yield path


def _blob(path: Path) -> tuple[Blob, int]:
    if path.is_symlink():
        return Blob.from_string(os.fsencode(os.readlink(path))), 0o120000
    status = path.stat()
    if status.st_size > scan.LARGEST_OBJECT:
        raise HostedRefused(reason=f"{path} is larger than the {scan.LARGEST_OBJECT // scan.MIB} MiB a file may have")
    return Blob.from_string(path.read_bytes()), 0o100755 if status.st_mode & stat.S_IXUSR else 0o100644


def extract(store: DiskObjectStore, tree: ObjectID, folder: Path) -> None:
    """Write the files of a tree into a folder; a link that leads out of it is left out, and so are submodules."""
    root = folder.resolve()
    links: list[tuple[Path, str]] = []
    for entry in iter_tree_contents(store, tree):
        assert entry.path is not None and entry.mode is not None and entry.sha is not None
        target = folder / os.fsdecode(entry.path)
        blob = store[entry.sha] if stat.S_IFMT(entry.mode) != 0o160000 else None
        if not isinstance(blob, Blob):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(entry.mode):
            links.append((target, os.fsdecode(blob.data)))
            continue
        target.write_bytes(blob.data)
        target.chmod(0o755 if entry.mode & 0o100 else 0o644)
    for target, to in links:  # last, so that nothing is written through one
        if (target.parent / to).resolve().is_relative_to(root):
            os.symlink(to, target)


def lookup(store: DiskObjectStore, tree: ObjectID | None, path: str) -> Blob | None:
    """The file at a path."""
    sha = tree
    for part in path.split("/"):
        found = store[sha] if sha is not None else None
        if not isinstance(found, Tree) or part.encode() not in found:
            return None
        mode, sha = found[part.encode()]
        if stat.S_IFMT(mode) == 0o160000:
            return None
    found = store[sha] if sha is not None else None
    return found if isinstance(found, Blob) else None


def edited(store: DiskObjectStore, tree: ObjectID | None, path: str, data: bytes | None) -> ObjectID:
    """The tree with one file changed, or without it. Raises: HostedRefused where a folder is in the way."""
    found = store[tree] if tree is not None else Tree()
    assert isinstance(found, Tree)
    first, _, rest = path.partition("/")
    name = first.encode()
    mode, sha = _entry(found, name)
    if rest:
        below = edited(store, sha if stat.S_ISDIR(mode) else None, rest, data)
        entry = (stat.S_IFDIR, below) if len(_tree(store, below)) else None
    elif stat.S_ISDIR(mode):
        raise HostedRefused(reason=f"{first} is a folder")
    else:
        blob = Blob.from_string(data) if data is not None else None
        if blob is not None:
            store.add_object(blob)
        entry = (mode or 0o100644, blob.id) if blob is not None else None
    if entry is not None:
        found[name] = entry
    elif name in found:
        del found[name]
    store.add_object(found)
    return found.id


def _entry(tree: Tree, name: bytes) -> tuple[int, ObjectID | None]:
    if name not in tree:
        return 0, None
    return tree[name]


def _tree(store: DiskObjectStore, sha: ObjectID) -> Tree:
    found = store[sha]
    assert isinstance(found, Tree)
    return found
