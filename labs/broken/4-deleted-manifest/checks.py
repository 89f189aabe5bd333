"""What the fourth broken registry expects."""

from collections.abc import Iterator

from acrlab.client.image import Image
from acrlab.course import Evidence, Finding, check, expect, never

REGISTRY, WEB = "contosobroken4", "shop/web"
PINNED = Image.hello(text="web 1.0\n").digest


@check(
    "The pinned digest is in the repository again",
    points=2,
    hints=(
        "A tag that works says nothing about a digest that does not. What did the deployment write down?",
        "A digest is the hash of bytes: whoever has the same bytes can push them again and gets the same digest. "
        "Version 1.0 "
        'was made by acrlab.Image.hello(text="web 1.0\\n"). Push it without touching stable: under a tag of its own.',
        'registry = cloud.registry("contosobroken4", group=lab.group)\n'
        'registry.push("shop/web:1.0", acrlab.Image.hello(text="web 1.0\\n"))',
    ),
)
def back(seen: Evidence) -> Iterator[Finding]:
    there = seen.manifest(REGISTRY, WEB, PINNED) is not None
    yield expect(there, f"the manifest that the Azure tag pinned names, in {WEB}", "there" if there else "not there")
    before = seen.before.registries[REGISTRY].repositories[WEB].tags["stable"].digest
    moved = seen.digest(REGISTRY, f"{WEB}:stable") != before
    yield never(
        moved, "stable moved", "it is not what it was", "others pull stable: leave it, and use a tag of its own"
    )
    changed = seen.tags(REGISTRY).get("pinned") != PINNED
    yield never(
        changed, "another digest pinned", "the deployment was changed", "1.0 was tested, what stable is now was not"
    )


@check(
    "It cannot be deleted again",
    points=1,
    hints=(
        "Whoever cleaned up did not know that a deployment needs it. How can a manifest say so itself?",
        "Switch off delete of the manifest, by digest, or of the tag you gave it: a locked tag keeps its manifest.",
        'registry.lock("shop/web:1.0", "delete")',
    ),
)
def protected(seen: Evidence) -> Iterator[Finding]:
    entry, repository = seen.manifest(REGISTRY, WEB, PINNED), seen.repository(REGISTRY, WEB)
    tags = [repository.tags[tag] for tag in entry.tags] if entry is not None and repository is not None else []
    kept = entry is not None and any(not each.attributes.delete for each in (entry, *tags))
    actual = "it is not there" if entry is None else "locked" if kept else "anybody who may delete may delete it"
    yield expect(kept, "delete switched off for the pinned manifest, or for a tag of it", actual)
