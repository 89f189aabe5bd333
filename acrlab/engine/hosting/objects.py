"""The objects of git repositories: commits, trees, blobs and tags. Refs are the journal's. Files are named by path."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import NamedTuple, Protocol

MOST_FILES = 3000  # told of one push. Source: GitHub REST API, a compare lists 3000 files at most


class CommitFacts(NamedTuple):
    """A commit as it is shown. `at` is epoch seconds; names are decoded."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: str
    email: str
    at: int


class Wanted(NamedTuple):
    """What a fetch asks for, once it is agreed what the other side has."""

    wants: Collection[str]
    haves: Collection[str]
    shallow: Collection[str] = ()  # where history is to end now
    known_shallow: Collection[str] = ()  # where the other side's history ended before
    unshallow: Collection[str] = ()
    tags: Mapping[str, str] = MappingProxyType({})  # what an annotated tag is of -> the tag, to send along


class Objects(Protocol):
    """The objects of one repository, for one thread and one operation."""

    def __contains__(self, sha: str) -> bool: ...

    def kind(self, sha: str) -> str:
        """commit, tree, blob or tag; empty for what is not here."""
        ...

    def peel(self, sha: str) -> str:
        """What a tag is of in the end; itself for everything else."""
        ...

    def accept(self, pack: str, start: int) -> None:
        """Keep the pack that begins there in a file, durably: all of it or nothing.

        Raises: HostedRefused, HostedTooLarge.
        """
        ...

    def pack(self, wanted: Wanted, write: Callable[[bytes], object]) -> None:
        """Write a pack of what was wanted. Raises: HostedRefused."""
        ...

    def horizon(self, wants: Collection[str], depth: int) -> tuple[set[str], set[str]]:
        """Where history of so many commits ends, and the commits before that end."""
        ...

    def common(self, wants: Collection[str], haves: Collection[str]) -> bool:
        """Whether every want has an ancestor among the haves: enough is known."""
        ...

    def reaches(self, tips: Collection[str], sha: str) -> bool:
        """Whether a commit is in the history of the tips."""
        ...

    def changed(self, old: str, new: str) -> list[str]:
        """The files that differ between two commits, sorted, up to a limit; all of them when there is no old one."""
        ...

    def commit(self, sha: str) -> CommitFacts:
        """Raises: HostedMissing."""
        ...

    def log(self, new: str, old: str, limit: int) -> list[CommitFacts]:
        """The commits that the new one has and the old one has not, newest first."""
        ...

    def merge(self, ours: str, theirs: str, message: str, author: str, at: float) -> str:
        """A commit that joins the two; empty when they conflict."""
        ...

    def squash(self, ours: str, theirs: str, message: str, author: str, at: float) -> str:
        """A commit on ours alone with what theirs changed; empty when they conflict."""
        ...

    def record(self, folder: str, parent: str, message: str, author: str, at: float) -> str:
        """A commit of what is in a folder; a .git in it is left out. Raises: HostedRefused, OSError."""
        ...

    def blob(self, commit: str, path: str) -> str:
        """The name of a file's content; empty when there is no such file."""
        ...

    def file(self, commit: str, path: str) -> tuple[bytes, str]:
        """A file's content and the name of it. Raises: HostedMissing."""
        ...

    def edit(self, parent: str, path: str, data: bytes | None, message: str, author: str, at: float) -> str:
        """A commit in which one file is another, or gone. Raises: HostedRefused."""
        ...

    def extract(self, commit: str, folder: str) -> None:
        """Put the files of a commit into an empty folder; nothing lands outside of it."""
        ...


class GitObjects(Protocol):
    """The objects of all repositories. Thread-safe; nothing that a ref was ever given to is lost."""

    def create(self, id: str) -> None: ...

    def remove(self, id: str) -> None: ...

    def ids(self) -> Iterator[str]: ...

    def draft(self) -> str:
        """A new private file, for what is on its way in or out."""
        ...

    def open(self, id: str) -> AbstractContextManager[Objects]: ...

    def copy(self, id: str, folder: str) -> None:
        """Put a repository into another store's folder; files are linked where that can be."""
        ...


class NoHosts:
    """A world without git hosts."""

    def create(self, id: str) -> None:
        raise NotImplementedError("this world was made without git hosts")

    def remove(self, id: str) -> None: ...

    def ids(self) -> Iterator[str]:
        return iter(())

    def draft(self) -> str:
        raise NotImplementedError("this world was made without git hosts")

    def open(self, id: str) -> AbstractContextManager[Objects]:
        raise NotImplementedError("this world was made without git hosts")

    def copy(self, id: str, folder: str) -> None: ...
