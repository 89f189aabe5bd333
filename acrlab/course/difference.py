"""What a rehearsal would change: two states of the registries, side by side."""

from collections.abc import Iterator

from acrlab.client.display import Table, short
from acrlab.course.evidence import Evidence
from acrlab.engine.state import Repository

_NOTHING = Repository("", 0.0, 0.0)
Row = tuple[str, str, str, str]


def between(before: Evidence, after: Evidence) -> Table:
    """Tags and manifests that come, go or move in the registries of the lab's group, by name."""
    names = sorted({*before.state.registries, *after.state.registries})
    rows = [row for name in names for row in _registry(before, after, name)]
    return Table(
        ("repository", "what", "before", "after"), tuple(rows), "the difference", "" if rows else "no difference"
    )


def _registry(before: Evidence, after: Evidence, name: str) -> Iterator[Row]:
    old, new = before.registry(name), after.registry(name)
    held = {each.name for found in (old, new) if found is not None for each in found.visible()}
    for repository in sorted(held):
        was = (old.repositories.get(repository) if old is not None else None) or _NOTHING
        now = (new.repositories.get(repository) if new is not None else None) or _NOTHING
        yield from _changes(f"{name}/{repository}", was, now)


def _changes(name: str, was: Repository, now: Repository) -> Iterator[Row]:
    for tag in sorted({*was.tags, *now.tags}):
        old = was.tags[tag].digest if tag in was.tags else ""
        new = now.tags[tag].digest if tag in now.tags else ""
        if old != new:
            yield name, f"tag {tag}", _shown(old), _shown(new)
    for digest in sorted({*was.manifests, *now.manifests}):
        if (digest in was.manifests) != (digest in now.manifests):
            tags = ", ".join(sorted((was.manifests.get(digest) or now.manifests[digest]).tags)) or "no tag"
            states = ("there", "gone") if digest in was.manifests else ("not there", "there")
            yield name, f"manifest {short(digest)} ({tags})", *states


def _shown(digest: str) -> str:
    return short(digest) if digest else "none"
