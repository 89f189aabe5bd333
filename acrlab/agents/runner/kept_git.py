"""The .git of an `ADD --keep-git-dir`: HEAD on the commit, an index, and where it is from.

Source: buildkit, source/git (a checkout of FETCH_HEAD, its origin set to the repository's own address); inferred for
what `git init` writes beside that.
"""

import os
import shutil
import stat
from pathlib import Path

from dulwich.index import Index, index_entry_from_stat
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Commit
from dulwich.repo import Repo

GITLINK = 0o160000  # the mode of another repository


def move(clone: Path, target: Path, remote: str, commit: str) -> None:
    """From where it was fetched to beside the files that were checked out."""
    shutil.move(clone / ".git", target / ".git")
    with Repo(str(target)) as repository:
        head = target / ".git" / "HEAD"
        head.write_text(f"{commit}\n")  # detached
        config = repository.get_config()
        config.set((b"remote", b"origin"), b"url", _anonymous(remote).encode())
        config.set((b"remote", b"origin"), b"fetch", b"+refs/heads/*:refs/remotes/origin/*")
        config.write_to_path()
        found = repository.object_store[commit.encode()]
        if isinstance(found, Commit):
            _index(repository, found, target)


def _index(repository: Repo, commit: Commit, target: Path) -> None:
    index = Index(repository.index_path(), read=False)
    for entry in iter_tree_contents(repository.object_store, commit.tree):
        path = target / os.fsdecode(entry.path or b"")
        if entry.path and entry.sha and entry.mode and stat.S_IFMT(entry.mode) != GITLINK:
            index[entry.path] = index_entry_from_stat(os.lstat(path), entry.sha, entry.mode)
    index.write()


def _anonymous(remote: str) -> str:
    """Without who asked."""
    scheme, slashes, rest = remote.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}" if slashes else remote
