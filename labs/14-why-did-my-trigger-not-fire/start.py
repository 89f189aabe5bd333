"""Four tasks whose triggers had an occasion to fire, and did not."""

from typing import Any

from acrlab.client import running
from acrlab.course.builds import Builds
from acrlab.course.rest import Rest

REGISTRY = "contosolab14"
BASE = {"name": "base", "baseImageTriggerType": "Runtime"}
TIMER = {"name": "often", "schedule": "*/10 * * * *"}
DOCKERFILES = {
    "front": f"FROM {REGISTRY}.azurecr.io/base/os:1 AS os\nFROM scratch\nCOPY --from=os /etc/release /\n",
    "orders": f"FROM {REGISTRY}.azurecr.io/base/os:1\nCOPY app /\n",
    "worker": f"FROM {REGISTRY}.azurecr.io/base/os:1\nCOPY app /\n",
    "sweep": "FROM scratch\nCOPY app /\n",
}
SPAN = 11 * 60  # seconds: a timer of ten minutes is due once


def begin(rest: Rest, group: str) -> None:
    """Make the tasks, break them, and let the occasion come: a patch of the base image, and ten minutes."""
    builds = Builds(rest, group, REGISTRY)
    patch(builds, "os 1.0.0\n")
    for name in ("front", "orders", "worker"):
        builds.task(name, step=_step(builds, name), trigger={"baseImageTrigger": BASE})
    for name in ("front", "orders"):
        builds.start(name)
    builds.change("orders", trigger={"baseImageTrigger": {**BASE, "status": "Disabled"}})
    builds.task("sweep", step=_step(builds, "sweep"), trigger={"timerTriggers": [TIMER]}, status="Disabled")
    patch(builds, "os 1.0.1\n")
    running.control().advance(SPAN)


def patch(builds: Builds, text: str) -> None:
    """Another base image under the same tag."""
    builds.build({"Dockerfile": "FROM scratch\nCOPY release /etc/\n", "release": text}, "base/os:1")
    builds.settle()


def _step(builds: Builds, name: str) -> dict[str, Any]:
    place = builds.upload({"Dockerfile": DOCKERFILES[name], "app": f"{name}\n"})
    names = [f"apps/{name}:1"]
    return {"type": "Docker", "contextPath": place, "dockerFilePath": "Dockerfile", "imageNames": names}
