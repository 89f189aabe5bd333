"""Contexts from elsewhere: git repositories, tars by URL, artifacts of registries.

Source: the engine's open source (scan/context.go, scan/git.go, oras-go's file store); doc (tasks overview, 2024-01-24).
"""

import contextlib
import io
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import urllib3
from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.config import ConfigFile, parse_submodules
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo

from acrlab.agents.protocol import EngineFailed, Registries
from acrlab.agents.runner import kept_git
from acrlab.agents.runner.context import ROOM, unpack
from acrlab.agents.runner.download import download, reason
from acrlab.agents.runner.services import SourceFailed
from acrlab.domain.tasks.contexts import ARTIFACT, Git, git, is_artifact, is_git, is_url, remote
from acrlab.domain.tasks.run import Source

TITLE, UNPACK = "org.opencontainers.image.title", "io.deis.oras.content.unpack"
ATTEMPTS = 3
HEX = frozenset(b"0123456789abcdef")
MOST_FILES, NESTED = 200_000, 5

Stopped = Callable[[], bool]


def fetch(
    source: Source, target: Path, pool: urllib3.PoolManager, registries: Registries, *,
    stopped: Stopped = lambda: False, keep: bool = False,
) -> str:  # fmt: skip
    """Put the content of a context into a folder; its commit or nothing. Raises: SourceFailed.

    `pool` is how the network is reached: through the emulator's proxy, or not. A repository's .git stays with `keep`.
    """
    if not remote(source.url):
        raise SourceFailed(f"unable to download remote context from {source.url}: acrlab: it is no address")
    target.mkdir(parents=True, exist_ok=True)
    if is_artifact(source.url):
        return _artifact(source.url.removeprefix(ARTIFACT), target, registries)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="context-") as folder:
        if is_git(source.url):
            return _clone(source, Path(folder), target, pool, keep)
        archive = Path(folder) / "context"
        _download(source.url, archive, pool, stopped)
        unpack(archive, target)
        return ""


# Tars.


def _download(url: str, archive: Path, pool: urllib3.PoolManager, stopped: Stopped) -> None:
    """Again where a server is at fault, or cannot be reached."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            download(url, archive, pool, stopped=stopped)
            return
        except SourceFailed as failure:
            if attempt == ATTEMPTS or 0 < failure.status < 500 or stopped():
                told = f"unable to download remote context from {url}: {failure}"
                raise SourceFailed(told, failure.status) from None


# Git.


def _clone(source: Source, folder: Path, target: Path, pool: urllib3.PoolManager, keep: bool) -> str:
    wanted = git(source.url)
    if source.commit:  # what the trigger saw, wherever the branch is by now
        wanted = Git(wanted.remote, source.commit, wanted.folder)
    commit = _cloned(wanted, source.token, folder, target, pool, 0)
    if keep and not wanted.folder:
        kept_git.move(folder / "repository-0", target, wanted.remote, commit)
    return commit


def _cloned(wanted: Git, token: str, folder: Path, target: Path, pool: urllib3.PoolManager, depth: int) -> str:
    """The commit that was checked out; what it has of other repositories is fetched, too. Raises: SourceFailed."""
    if depth > NESTED:
        raise SourceFailed(f"error initializing submodules: more than {NESTED} within each other")
    if not is_url(wanted.remote):
        raise SourceFailed(f"error fetching: acrlab: {wanted.remote}: git is spoken over http and https only")
    place = folder / f"repository-{len(list(folder.iterdir()))}"
    try:
        with contextlib.closing(Repo.init(str(place), mkdir=True)) as repository:
            commit = _fetched(wanted, token, repository, pool)
            for path, id in _checked_out(repository, commit, wanted, target):
                remote = _submodules(repository, commit, wanted).get(f"{wanted.folder}/{path}".strip("/"), "")
                if not remote:
                    raise SourceFailed(
                        f"error initializing submodules: fatal: No url found for submodule path '{path}'"
                    )
                own = token if urllib3.util.parse_url(remote).host == urllib3.util.parse_url(wanted.remote).host else ""
                _cloned(Git(remote, id), own, folder, _safe(target, path), pool, depth + 1)
            return commit.id.decode()
    except (
        GitProtocolError,
        NotGitRepository,
        HTTPUnauthorized,
        urllib3.exceptions.HTTPError,
        KeyError,
        ValueError,
    ) as error:
        raise SourceFailed(f"error fetching: {_words(error, wanted.remote)}") from None


def _words(error: BaseException, remote: str) -> str:
    """As git says it."""
    if isinstance(error, HTTPUnauthorized):
        return f"fatal: Authentication failed for '{remote}/'"
    if isinstance(error, NotGitRepository):
        return f"fatal: repository '{remote}/' not found"
    told = reason(error, remote)
    if "Failed to resolve" in told:
        told = f"Could not resolve host: {urllib3.util.parse_url(remote).host}"
    return f"fatal: unable to access '{remote}/': {told}"


def _fetched(wanted: Git, token: str, repository: Repo, pool: urllib3.PoolManager) -> Commit:
    """One commit without its history; with it, where a server gives no single ones."""
    parts = urllib3.util.parse_url(wanted.remote)
    user, _, password = (parts.auth or "").partition(":")
    user, password = (token, "x-oauth-basic") if token else (user, password)
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2] if parts.netloc else ''}/"
    client = Urllib3HttpGitClient(base, pool_manager=pool, username=user or None, password=password or None, quiet=True)
    path = (parts.path or "/").lstrip("/")
    chosen: list[bytes] = []

    def wants(refs: Any, depth: int | None = None) -> list[Any]:
        chosen[:] = [_chosen(wanted.ref, refs)]
        return [chosen[0]]

    try:
        client.fetch(path, repository, determine_wants=wants, depth=1)
    except GitProtocolError:
        if not _is_id(wanted.ref):
            raise
        client.fetch(path, repository, determine_wants=lambda refs, depth=None: sorted(set(_heads(refs).values())))
    found = repository.object_store[chosen[0]]  # type: ignore[index]
    while isinstance(found, Tag):
        found = repository.object_store[found.object[1]]
    if not isinstance(found, Commit):
        raise SourceFailed(f"error checking out {wanted.ref}: error: pathspec '{wanted.ref}' did not match any file(s)")
    return found


def _heads(refs: Any) -> dict[bytes, bytes]:
    return {name: id for name, id in refs.items() if id and not name.endswith(b"^{}")}


def _chosen(ref: str, refs: Any) -> bytes:
    known = _heads(refs)
    for name in [b"HEAD"] if not ref else [f"{each}{ref}".encode() for each in ("refs/heads/", "refs/tags/", "")]:
        if name in known:
            return known[name]
    if _is_id(ref):
        return ref.encode()
    if not ref and len(known) > 0:
        return known.get(b"refs/heads/main") or known.get(b"refs/heads/master") or sorted(known.values())[0]
    raise SourceFailed(f"error fetching: fatal: couldn't find remote ref {ref or 'HEAD'}")


def _is_id(ref: str) -> bool:
    return len(ref) == 40 and set(ref.encode()) <= HEX


def _submodules(repository: Repo, commit: Commit, wanted: Git) -> dict[str, str]:
    """Path -> address, as .gitmodules has them."""
    tree = repository.object_store[commit.tree]
    if not isinstance(tree, Tree) or b".gitmodules" not in tree:
        return {}
    blob = repository.object_store[tree[b".gitmodules"][1]]
    try:
        config = ConfigFile.from_file(io.BytesIO(blob.data if isinstance(blob, Blob) else b""))
        found = {path.decode(): url.decode() for path, url, _ in parse_submodules(config)}
    except (ValueError, KeyError, UnicodeDecodeError):
        raise SourceFailed("error initializing submodules: fatal: bad config line in file .gitmodules") from None
    base = wanted.remote.rstrip("/") + "/"
    return {path: urljoin(base, url) if url.startswith(("./", "../")) else url for path, url in found.items()}


def _checked_out(repository: Repo, commit: Commit, wanted: Git, target: Path) -> list[tuple[str, str]]:
    """Write the files of a commit; the places where it has other repositories, and their commits."""
    modules: list[tuple[str, str]] = []
    tree = _subtree(repository, commit.tree, wanted.folder)
    links: list[tuple[Path, str]] = []
    size = 0
    for count, entry in enumerate(iter_tree_contents(repository.object_store, tree)):
        if count > MOST_FILES:
            raise SourceFailed(f"acrlab: a context with more than {MOST_FILES} files")
        path = _safe(target, os.fsdecode(entry.path or b""))
        if entry.mode is None or entry.sha is None:
            continue
        if stat.S_IFMT(entry.mode) == 0o160000:
            modules.append((os.fsdecode(entry.path or b""), entry.sha.decode()))
            continue
        blob = repository.object_store[entry.sha]
        if not isinstance(blob, Blob):
            continue
        size += blob.raw_length()
        if size > ROOM.unpacked:
            raise SourceFailed(f"error: unable to write file {entry.path!r}: No space left on device")
        path.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(entry.mode):
            links.append((path, os.fsdecode(blob.data)))
            continue
        path.write_bytes(blob.data)
        path.chmod(0o755 if entry.mode & 0o100 else 0o644)
    for path, to in links:  # last, so that nothing is written through one
        path.symlink_to(to)
    return modules


def _subtree(repository: Repo, tree: Any, folder: str) -> Any:
    for name in (part for part in folder.split("/") if part and part != "."):
        found = repository.object_store[tree]
        key = name.encode()
        if name == ".." or not isinstance(found, Tree) or key not in found:
            raise SourceFailed(f"error setting git context: stat {folder}: no such file or directory")
        mode, tree = found[key]
        if not stat.S_ISDIR(mode):
            raise SourceFailed(f"error setting git context, not a directory: {folder}")
    return tree


def _safe(target: Path, name: str) -> Path:
    path = (target / name).resolve()
    if not path.is_relative_to(target.resolve()) or ".git" in Path(name.lower()).parts or "\\" in name:
        raise SourceFailed(f"error checking out: error: invalid path '{name}'")
    return target / name


# Artifacts.


def _artifact(reference: str, target: Path, registries: Registries) -> str:
    """The files of an artifact, as `oras pull` puts them."""
    try:
        _, raw = registries.manifest(reference)
        for digest, name, packed in _layers(raw, reference):
            place = _safe(target, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if not packed:
                registries.fetch(reference, digest, place)
                continue
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                archive = Path(folder) / "layer"
                registries.fetch(reference, digest, archive)
                unpack(archive, target)
    except EngineFailed as failure:
        raise SourceFailed(f"failed to pull artifact from registry: {failure.text}") from None
    return ""


def _layers(raw: bytes, reference: str) -> Iterator[tuple[str, str, bool]]:
    try:
        layers = json.loads(raw)["layers"]
        found = [(str(each["digest"]), each.get("annotations") or {}) for each in layers]
        for digest, annotations in found:
            if annotations.get(TITLE):
                yield digest, str(annotations[TITLE]), annotations.get(UNPACK) == "true"
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SourceFailed(f"failed to pull artifact from registry: invalid manifest of {reference}") from None
