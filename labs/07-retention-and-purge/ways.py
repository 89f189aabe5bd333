"""Lab 07 solved with `az`, and over plain HTTP."""

import base64
import tempfile
from pathlib import Path

from acrlab.client import running
from acrlab.client.image import Image
from acrlab.course.rest import Rest
from acrlab.course.ways import Az, Way

REGISTRY, TASK, DAY = "contosolab07", "clean", 86400
FILE = "version: v1.1.0\nsteps:\n  - cmd: acr purge --filter 'ci/pr:^[0-9]+$' --ago 3d --untagged\n"
NIGHT = Image.hello(text="night 2\n", format="docker")
PREVIEW = "2025-06-01-preview"


def az(az: Az) -> None:
    """`az acr config`, `az acr manifest` and `az acr task`; whoever turns the clock signs in again."""
    on = ("--registry", REGISTRY, "--status", "enabled", "--days", "7")
    az("acr", "config", "retention", "update", *on, "--type", "UntaggedManifests")
    az.docker(REGISTRY).push("ci/nightly:latest", NIGHT)
    running.control().advance(8 * DAY)
    with tempfile.TemporaryDirectory() as place:
        later = Az(az.lab, Path(place))
        later("acr", "config", "soft-delete", "update", *on, "--yes")
        later("acr", "repository", "delete", "--name", REGISTRY, "--image", "shop/web:1.0", "--yes")
        later("acr", "manifest", "restore", "--registry", REGISTRY, "--name", "shop/web:1.0", "--yes")
        file = Path(place, "clean.yaml")
        file.write_text(FILE, encoding="utf-8")
        later(
            "acr", "task", "create", "--registry", REGISTRY, "--name", TASK, "--file", str(file),
            "--context", "/dev/null", "--schedule", "0 4 * * *",
        )  # fmt: skip
    pass_days(az, 1)
    az.builds(REGISTRY).settle()


def pass_days(way: Way, days: int) -> None:
    """Turn the clock; tokens of before are over then."""
    running.control().advance(days * DAY)
    way.rest = Rest()


def http(way: Way) -> None:
    """Requests and nothing else."""
    way.change(REGISTRY, {"properties": {"policies": {"retentionPolicy": {"status": "enabled", "days": 7}}}})
    way.door(REGISTRY).push("ci/nightly:latest", NIGHT)
    pass_days(way, 8)
    restore(way)
    step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(FILE.encode()).decode()}
    daily = {"timerTriggers": [{"name": "daily", "schedule": "0 4 * * *"}]}
    way.builds(REGISTRY).task(TASK, step=step, trigger=daily)
    pass_days(way, 1)
    way.builds(REGISTRY).settle()


def restore(way: Way) -> None:
    """Delete shop/web:1.0 while soft delete is on, and bring it back."""
    on = {"policies": {"softDeletePolicy": {"status": "enabled", "retentionDays": 7}}}
    way.rest.arm("PATCH", way.rest.registry_path(way.lab.group, REGISTRY), {"properties": on}, version=PREVIEW)
    door = way.door(REGISTRY)
    digest = door.manifest("shop/web", "1.0").headers["docker-content-digest"]
    door.delete_manifest("shop/web", digest)
    path = f"/acr/v1/_deleted/shop/web/_manifests/{digest}"
    door.send("POST", path, "shop/web", json={"tag": "1.0"}, actions="deleted_read,deleted_restore")
