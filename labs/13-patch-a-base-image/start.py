"""A base image, ten tasks that are built from it, and one that is built from another."""

from typing import Any

from acrlab.course.builds import Builds
from acrlab.course.rest import Rest

REGISTRY = "contosolab13"
APPS = tuple(f"app{number:02}" for number in range(1, 11))
BASES = {"base/os:1": "os 1.0.0\n", "base/tools:1": "tools 1.0.0\n"}
TRIGGER = {"name": "base", "baseImageTriggerType": "Runtime"}


def begin(rest: Rest, group: str) -> None:
    """Build everything once: a task knows its base image after its first run. What is built so far is released."""
    builds, door = Builds(rest, group, REGISTRY), rest.door(f"{REGISTRY}.azurecr.io")
    for image, text in BASES.items():
        builds.build({"Dockerfile": "FROM scratch\nCOPY release /etc/\n", "release": text}, image)
    for name, base in {**dict.fromkeys(APPS, "base/os:1"), "report": "base/tools:1"}.items():
        builds.task(name, step=_step(builds, name, base), trigger={"baseImageTrigger": TRIGGER})
        builds.start(name)
        door.tag(f"apps/{name}", "1", "stable")


def _step(builds: Builds, name: str, base: str) -> dict[str, Any]:
    dockerfile = f"FROM {REGISTRY}.azurecr.io/{base}\nCOPY app /\n"
    place = builds.upload({"Dockerfile": dockerfile, "app": f"{name}\n"})
    names = [f"apps/{name}:1"]
    return {"type": "Docker", "contextPath": place, "dockerFilePath": "Dockerfile", "imageNames": names}
