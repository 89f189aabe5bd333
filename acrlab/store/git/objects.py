"""One repository's objects in a folder, opened for one thread and one operation."""

import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.object_store import DiskObjectStore, MissingObjectFinder, find_shallow
from dulwich.objects import S_ISGITLINK, Commit, ObjectID, ShaFile, Tag, Tree
from dulwich.pack import Pack, write_pack_from_container

from acrlab.domain.errors import Condition
from acrlab.domain.hosting import is_sha
from acrlab.domain.hosting_errors import HostedMissing, HostedRefused
from acrlab.engine.hosting.objects import MOST_FILES, CommitFacts, Wanted
from acrlab.store import disk
from acrlab.store.git import merge, scan, worktree

DEEPEST = 256  # trees inside each other; inferred: git's own bound is 2048, and this library's functions recurse
MOST_TAGS = 16  # tags of tags; inferred


class StoredObjects:
    """What `engine.hosting.objects.Objects` asks for, over a folder as git lays it out."""

    def __init__(self, folder: Path, *, turn: AbstractContextManager[object], sync: bool) -> None:
        self._folder, self._turn, self._sync = folder, turn, sync
        self._store = DiskObjectStore(str(folder), fsync_object_files=sync)

    def close(self) -> None:
        self._store.close()

    # Looking

    def __contains__(self, sha: str) -> bool:
        return is_sha(sha) and _id(sha) in self._store

    def kind(self, sha: str) -> str:
        found = self._found(sha)
        return found.type_name.decode() if found is not None else ""

    def _found(self, sha: str) -> ShaFile | None:
        if not is_sha(sha):
            return None
        try:
            return self._store[_id(sha)]
        except KeyError:
            return None

    def peel(self, sha: str) -> str:
        for _ in range(MOST_TAGS):
            found = self._found(sha)
            if not isinstance(found, Tag):
                break
            sha = found.object[1].decode()
        return sha

    def commit(self, sha: str) -> CommitFacts:
        found = self._found(sha)
        if not isinstance(found, Commit):
            raise HostedMissing()
        name, _, rest = found.author.decode(errors="replace").partition(" <")
        parents = tuple(each.decode() for each in found.parents)
        message = found.message.decode(errors="replace")
        return CommitFacts(sha, found.tree.decode(), parents, message, name, rest.rstrip(">"), found.author_time)

    def log(self, new: str, old: str, limit: int) -> list[CommitFacts]:
        known = set(self._history([old])) if old else set()
        found = []
        for sha in self._history([new]):
            if sha not in known:
                found.append(self.commit(sha))
            if len(found) >= limit:
                break
        return found

    def _history(self, tips: Iterable[str], *, earliest: int | None = None) -> Iterator[str]:
        """Commits from the tips on, each once; those before a moment are left out with all behind them."""
        waiting = [self.peel(each) for each in tips]
        seen = set(waiting)
        while waiting:
            sha = waiting.pop()
            found = self._found(sha)
            if not isinstance(found, Commit) or (earliest is not None and found.commit_time < earliest):
                continue
            yield sha
            for parent in (each.decode() for each in found.parents):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)

    def reaches(self, tips: Collection[str], sha: str) -> bool:
        return any(each == sha for each in self._history(tips))

    def common(self, wants: Collection[str], haves: Collection[str]) -> bool:
        if not haves:
            return False
        times = [each.commit_time for sha in haves if isinstance(each := self._found(self.peel(sha)), Commit)]
        earliest, known = min(times, default=0), {self.peel(each) for each in haves}
        return all(
            any(each in known for each in self._history([want], earliest=earliest)) or self.peel(want) in known
            for want in wants
        )

    def horizon(self, wants: Collection[str], depth: int) -> tuple[set[str], set[str]]:
        ends, before = find_shallow(self._store, [_id(each) for each in wants], depth)
        return {each.decode() for each in ends - before}, {each.decode() for each in before}

    def changed(self, old: str, new: str) -> list[str]:
        before, after = (self._tree(each) for each in (old, new))
        found: set[str] = set()
        for paths, _, _ in self._store.tree_changes(before, after):
            found.update(path.decode(errors="replace") for path in paths if path)
            if len(found) > MOST_FILES:
                break
        return sorted(found)[:MOST_FILES]

    def _tree(self, commit: str) -> ObjectID | None:
        return _id(self.commit(commit).tree) if commit else None

    # Taking in

    def accept(self, pack: str, start: int) -> None:
        if not scan.check(Path(pack), start):
            return
        with self._turn:
            try:
                self._take(pack, start)
            except (Condition, OSError):
                raise
            except Exception as error:  # what a library makes of bytes that nobody packed
                raise HostedRefused(reason=f"unpack error: {_said(error)}") from None
            finally:
                for left in self._folder.glob("tmp_pack_*"):
                    left.unlink()
        if self._sync:
            disk.sync_folder(self._folder / "pack")

    def _take(self, pack: str, start: int) -> None:
        known = {each.name() for each in self._store.packs}
        with open(pack, "rb") as file:
            file.seek(start)
            kept = self._store.add_thin_pack(file.read, None)
        try:
            self._closed(kept)
        except BaseException:
            if kept.name() not in known:
                self._store._remove_pack(kept)
            raise

    def _closed(self, pack: Pack) -> None:
        """Check that nothing which the pack's objects are made of is missing, and that no tree is too deep.

        What was here before is closed already, so the new objects are all there is to look at.
        Raises: HostedRefused.
        """
        trees: dict[bytes, int] = {}
        for found in pack.iterobjects():
            for sha in _parts(found):
                if sha not in self._store:
                    raise HostedRefused(reason=f"unpack error: missing object {sha.decode()}")
            if isinstance(found, Tree):
                self._names(found)
            if isinstance(found, Tag):
                self._chain(found)
            if isinstance(found, Commit):
                self._depth(found.tree, trees)

    def _names(self, tree: Tree) -> None:
        """A name of a tree that no file may have. Source: git fsck, hasDotgit, hasDot, fullPathname."""
        for name, _, _ in tree.iteritems():
            if name in (b"", b".", b"..") or name.lower() == b".git" or b"/" in name or b"\0" in name:
                raise HostedRefused(reason=f"unpack error: a tree has the name {name!r}")

    def _chain(self, tag: Tag) -> None:
        if isinstance(self._found(self.peel(tag.id.decode())), Tag):
            raise HostedRefused(reason="unpack error: tags of tags without an end")

    def _depth(self, root: ObjectID, seen: dict[bytes, int]) -> None:
        waiting = [(root, 1)]
        while waiting:
            sha, depth = waiting.pop()
            if seen.get(sha, 0) >= depth:
                continue
            if depth > DEEPEST:
                raise HostedRefused(reason=f"unpack error: trees are more than {DEEPEST} deep")
            seen[sha] = depth
            tree = self._store[sha]
            assert isinstance(tree, Tree)
            waiting.extend((each, depth + 1) for _, mode, each in tree.iteritems() if stat.S_ISDIR(mode))

    # Giving out

    def pack(self, wanted: Wanted, write: Callable[[bytes], object]) -> None:
        ends = {_id(each) for each in wanted.shallow}
        wants = [_id(each) for each in wanted.wants]
        for sha in wanted.unshallow:  # the other side has these, and not what is before them
            wants.extend(_id(parent) for parent in self.commit(sha).parents)

        def parents(commit: Commit) -> list[ObjectID]:
            return [] if commit.id in ends else commit.parents

        finder = MissingObjectFinder(
            self._store, haves=[_id(each) for each in wanted.haves], wants=wants,
            shallow={_id(each) for each in wanted.known_shallow} | ends, get_parents=parents,
            get_tagged=lambda: {_id(of): _id(tag) for of, tag in wanted.tags.items()},
        )  # fmt: skip
        write_pack_from_container(
            lambda data: write(bytes(data)), self._store, list(finder), object_format=DEFAULT_OBJECT_FORMAT,
            deltify=False, reuse_deltas=True,
        )  # fmt: skip

    def extract(self, commit: str, folder: str) -> None:
        tree = self._tree(commit)
        assert tree is not None
        worktree.extract(self._store, tree, Path(folder))

    # Making

    def record(self, folder: str, parent: str, message: str, author: str, at: float) -> str:
        tree = worktree.read(self._store, Path(folder))
        return self._commit(tree, [parent] if parent else [], message, author, at)

    def blob(self, commit: str, path: str) -> str:
        found = worktree.lookup(self._store, self._tree(commit), path)
        return found.id.decode() if found is not None else ""

    def file(self, commit: str, path: str) -> tuple[bytes, str]:
        found = worktree.lookup(self._store, self._tree(commit), path)
        if found is None:
            raise HostedMissing()
        return found.data, found.id.decode()

    def edit(self, parent: str, path: str, data: bytes | None, message: str, author: str, at: float) -> str:
        tree = worktree.edited(self._store, self._tree(parent), path, data)
        return self._commit(tree, [parent] if parent else [], message, author, at)

    def merge(self, ours: str, theirs: str, message: str, author: str, at: float) -> str:
        return self._joined(ours, theirs, [ours, theirs], message, author, at)

    def squash(self, ours: str, theirs: str, message: str, author: str, at: float) -> str:
        return self._joined(ours, theirs, [ours], message, author, at)

    def _joined(self, ours: str, theirs: str, parents: list[str], message: str, author: str, at: float) -> str:
        known = set(self._history([ours]))
        base = next((each for each in self._newest(theirs) if each in known), "")
        tree = merge.trees(self._store, *(self._tree(each) for each in (base, ours, theirs)))
        return self._commit(tree, parents, message, author, at) if tree is not None else ""

    def _newest(self, tip: str) -> list[str]:
        found = {sha: self.commit(sha).at for sha in self._history([tip])}
        return sorted(found, key=lambda sha: -found[sha])

    def _commit(self, tree: ObjectID, parents: list[str], message: str, author: str, at: float) -> str:
        made = Commit()
        made.tree, made.parents = tree, [_id(each) for each in parents]
        made.author = made.committer = f"{author} <{author}@users.noreply.github.com>".encode()
        made.author_time = made.commit_time = int(at)
        made.author_timezone = made.commit_timezone = 0
        made.encoding, made.message = b"UTF-8", message.encode()
        self._store.add_object(made)
        for folder in self._folder.iterdir() if self._sync else ():
            if folder.is_dir():  # the files are on the disk; so shall be their names
                disk.sync_folder(folder)
        return made.id.decode()


def _id(sha: str) -> ObjectID:
    return ObjectID(sha.encode())


def _parts(found: ShaFile) -> Iterator[ObjectID]:
    """What an object is made of; a submodule is somebody else's."""
    if isinstance(found, Commit):
        yield found.tree
        yield from found.parents
    elif isinstance(found, Tag):
        yield found.object[1]
    elif isinstance(found, Tree):
        yield from (sha for _, mode, sha in found.iteritems() if not S_ISGITLINK(mode))


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
