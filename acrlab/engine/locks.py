"""Locks: what keeps content from being deleted."""

from acrlab.domain.errors import DisallowedOperation
from acrlab.engine.state import Entry, Repository


def require_deletable(repository: Repository, entry: Entry) -> None:
    """A lock on the manifest, on one of its tags, or writeEnabled=false on the repository keeps it.

    Raises: DisallowedOperation. Source: container-registry-image-lock (2023-10-31).
    """
    if not repository.attributes.write:
        raise DisallowedOperation().why(f"repository {repository.name} has writeEnabled=false")
    if entry.attributes.protects:
        raise DisallowedOperation().why(f"manifest {entry.digest} is locked: writeEnabled or deleteEnabled is false")
    for name in entry.tags:
        if repository.tags[name].attributes.protects:
            raise DisallowedOperation().why(
                f"tag {name} of the manifest is locked: writeEnabled or deleteEnabled is false"
            )


def require_whole_deletable(repository: Repository) -> None:
    """A lock on a repository, or on anything in it, keeps all of it.

    Raises: DisallowedOperation. Source: container-registry-image-lock (2023-10-31).
    """
    if repository.attributes.protects:
        raise DisallowedOperation().why(
            f"repository {repository.name} is locked: writeEnabled or deleteEnabled is false"
        )
    for entry in repository.manifests.values():
        require_deletable(repository, entry)
