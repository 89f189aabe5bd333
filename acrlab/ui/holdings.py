"""What a registry holds, read by the official SDK alone: manifests, the blobs they share, and what deleting frees.

The arithmetic is that of the registry: a blob counts once, however many manifests point to it; a manifest counts in
every repository that has it. Source: container-registry-concepts (2025), image layers; acrlab.engine.fold.
"""

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any

import msgspec
from azure.core.exceptions import HttpResponseError

from acrlab.client.display import locks, short, word
from acrlab.client.registry import Registry
from acrlab.domain import content

MOST = 300  # manifests that are read


class Piece(msgspec.Struct, frozen=True):
    """A blob. `size` in bytes; `role` is config or layer."""

    digest: str
    size: int
    role: str


class Held(msgspec.Struct, frozen=True):
    """A manifest in a repository. `size` is of its own bytes; `kept` is what keeps it from being deleted."""

    repository: str
    digest: str
    size: int
    tags: tuple[str, ...]
    pieces: tuple[Piece, ...]
    parts: tuple[str, ...]  # the manifests that an index leads to
    kept: tuple[str, ...]
    platform: str = ""

    @property
    def key(self) -> str:
        """How it is named: by its first tag, else by its digest."""
        return f"{self.repository}@{self.digest}"

    @property
    def title(self) -> str:
        """The same for people."""
        return f"{self.repository}:{self.tags[0]}" if self.tags else f"{self.repository}@{short(self.digest)}"

    @property
    def whole(self) -> int:
        """What its readers would count: itself and all it points to. Units: bytes."""
        return self.size + sum(each.size for each in self.pieces)


class Freed(msgspec.Struct, frozen=True):
    """What a deletion would free, and what of it others still need. Units: bytes."""

    going: tuple[Held, ...]
    size: int
    pieces: tuple[Piece, ...]
    staying: tuple[Piece, ...]
    kept: tuple[str, ...]


class Holding(msgspec.Struct, frozen=True, dict=True):
    """One registry. `counted` is what the cloud itself says is stored; `left` manifests were too many to be read."""

    registry: str
    manifests: tuple[Held, ...]
    repositories: dict[str, tuple[str, ...]]  # each with what keeps it from being deleted
    counted: int
    waits: bool  # whether soft delete keeps what is deleted
    left: int = 0

    @cached_property
    def pieces(self) -> dict[str, Piece]:
        """Every blob, once."""
        return {each.digest: each for held in self.manifests for each in held.pieces}

    @cached_property
    def _users(self) -> dict[str, list[Held]]:
        found: dict[str, list[Held]] = {}
        for held in self.manifests:
            for each in held.pieces:
                found.setdefault(each.digest, []).append(held)
        return found

    @property
    def referenced(self) -> int:
        """What all manifests would take if nothing was shared. Units: bytes."""
        return sum(each.whole for each in self.manifests)

    @property
    def stored(self) -> int:
        """What they take. Units: bytes."""
        return sum(each.size for each in self.manifests) + sum(each.size for each in self.pieces.values())

    def users(self, digest: str) -> list[Held]:
        """The manifests that point to a blob."""
        return self._users.get(digest, [])

    @cached_property
    def shared(self) -> list[Piece]:
        """The blobs that more than one manifest points to, the largest first."""
        found = [each for each in self.pieces.values() if len(self.users(each.digest)) > 1]
        return sorted(found, key=lambda each: (-each.size, each.digest))

    def own(self, held: Held) -> int:
        """What a manifest shares with none: what its deletion frees. Units: bytes."""
        return held.size + sum(each.size for each in held.pieces if len(self.users(each.digest)) == 1)

    def untagged(self) -> list[Held]:
        """Manifests without a tag that no index leads to."""
        parts = {(held.repository, each) for held in self.manifests for each in held.parts}
        return [each for each in self.manifests if not each.tags and (each.repository, each.digest) not in parts]

    def freed(self, going: Collection[Held], repository: str = "") -> Freed:
        """What would be free once those are gone. `repository`: they go with all of it."""
        keys = {each.key for each in going}
        needed = {piece.digest for held in self.manifests if held.key not in keys for piece in held.pieces}
        theirs = {piece.digest: piece for held in going for piece in held.pieces}
        free = tuple(each for digest, each in theirs.items() if digest not in needed)
        staying = tuple(each for digest, each in theirs.items() if digest in needed)
        size = sum(each.size for each in going) + sum(each.size for each in free)
        of_all = self.repositories.get(repository, ())
        kept = (*of_all, *(reason for each in going for reason in each.kept))
        return Freed(tuple(going), size, free, staying, tuple(dict.fromkeys(kept)))


def holding(registry: Registry) -> Holding:
    """Read a registry. Raises: azure.core.exceptions."""
    repositories = list(registry.repositories())
    found = [pair for each in repositories for pair in _listed(registry, str(each.name))]
    held = tuple(_held(registry, *pair) for pair in found[:MOST])
    return Holding(
        registry.name, held, {str(each.name): _kept(f"repository {each.name}", each) for each in repositories},
        int(registry.usage()[0].current_value or 0), registry.soft_deletes, max(len(found) - MOST, 0),
    )  # fmt: skip


def _listed(registry: Registry, repository: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Manifests with the tags of their repository by name; those with tags first, in the order of their tags."""
    tags = {str(each.name): each for each in registry.tags(repository)}
    found = registry.manifests(repository)
    found.sort(key=lambda each: (not each.tags, sorted(each.tags or ()), each.digest))
    return ((each, tags) for each in found)


def _held(registry: Registry, listed: Any, tags: dict[str, Any]) -> Held:
    repository, digest = str(listed.repository_name), str(listed.digest)
    named = tuple(sorted(listed.tags or ()))
    platform = "/".join(filter(None, (word(listed.operating_system), word(listed.architecture))))
    kept = (*_kept(short(digest), listed), *(why for each in named if each in tags for why in _kept(each, tags[each])))
    try:
        document = registry.manifest(f"{repository}@{digest}")
    except HttpResponseError as refused:  # a manifest that is locked against reading still takes space
        unread = f"{short(digest)} cannot be read ({refused.status_code}): its layers are not counted"
        return Held(repository, digest, 0, named, (), (), (*kept, unread), platform)
    manifest, _ = content.parse(document.raw, document.media_type)
    config = manifest.config.digest if manifest.config is not None else ""
    pieces = tuple(
        Piece(each.digest, each.size, "config" if each.digest == config else "layer")
        for each in {one.digest: one for one in manifest.held() if not one.foreign}.values()
    )
    parts = tuple(each.digest for each in manifest.manifests or ())
    return Held(repository, digest, len(document.raw), named, pieces, parts, kept, platform)


def _kept(name: str, thing: Any) -> tuple[str, ...]:
    """Whether a lock keeps something from being deleted: either of two does."""
    held = [each for each in locks(thing).split(", ") if each in ("delete", "write")]
    return (f"{name} is locked against {' and '.join(held)}",) if held else ()
