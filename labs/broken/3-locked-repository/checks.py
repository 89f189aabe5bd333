"""What the third broken registry expects."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never

REGISTRY, WEB = "contosobroken3", "shop/web"


@check(
    "1.1 is pushed, and what was protected still is",
    points=2,
    hints=(
        "405 is not 401: the registry knows who you are, and the role is not the point. lab.why() says what is.",
        "The repository has two of its four switches off, write and delete. Only one of them is in the way of a "
        "push. Switch "
        "that one on, push 1.1, and leave the other.",
        'registry = cloud.registry("contosobroken3", group=lab.group)\n'
        'registry.unlock("shop/web", "write")\n'
        'registry.push("shop/web:1.1", acrlab.Image.hello(text="web 1.1\\n"))',
    ),
)
def released(seen: Evidence) -> Iterator[Finding]:
    repository = seen.repository(REGISTRY, WEB)
    write = repository is not None and repository.attributes.write
    yield expect(write, f"{WEB} writable", "writable" if write else "still locked against writing")
    there = bool(seen.digest(REGISTRY, f"{WEB}:1.1"))
    yield expect(there, f"{WEB}:1.1 pushed", "pushed" if there else "no such tag")
    bare = repository is None or repository.attributes.delete
    yield never(
        bare, "the protection against deletion lifted", "it was lifted", "unlock what is in the way, and only that"
    )
    before = seen.before.registries[REGISTRY].repositories[WEB].tags["1.0"].digest
    moved = seen.digest(REGISTRY, f"{WEB}:1.0") != before
    yield never(moved, f"{WEB}:1.0 touched", "it is not what it was", "push 1.1, not 1.0")
