"""Lab 14 solved with `az`, and over plain HTTP."""

import tempfile
from pathlib import Path

from acrlab.client import running
from acrlab.course.ways import Az, Way

REGISTRY = "contosolab14"
REASONS = {"front": "stage", "orders": "trigger", "worker": "unknown", "sweep": "task"}
PATCH = {"Dockerfile": "FROM scratch\nCOPY release /etc/\n", "release": "os 1.0.2\n"}


def az(az: Az) -> None:
    """`az acr task update` mends; the clock is acrlab's own."""
    az("acr", "update", "--name", REGISTRY, "--tags", *(f"{task}={reason}" for task, reason in REASONS.items()))
    update = ("acr", "task", "update", "--registry", REGISTRY)
    az(*update, "--name", "front", "--base-image-trigger-type", "All")
    az(*update, "--name", "orders", "--base-image-trigger-enabled", "true")
    az(*update, "--name", "sweep", "--status", "Enabled")
    az("acr", "task", "run", "--registry", REGISTRY, "--name", "worker", "--no-logs")
    with tempfile.TemporaryDirectory() as place:
        for name, text in PATCH.items():
            Path(place, name).write_text(text, encoding="utf-8")
        az("acr", "build", "--registry", REGISTRY, "--image", "base/os:1", "--no-logs", place)
    running.control().advance(600)
    az.builds(REGISTRY).settle()


def http(way: Way) -> None:
    """Requests and nothing else."""
    builds, base = way.builds(REGISTRY), {"name": "base", "baseImageTriggerType": "Runtime", "status": "Enabled"}
    way.change(REGISTRY, {"tags": REASONS})
    builds.change("front", trigger={"baseImageTrigger": {**base, "baseImageTriggerType": "All"}})
    builds.change("orders", trigger={"baseImageTrigger": base})
    builds.change("sweep", status="Enabled")
    builds.start("worker")
    builds.build(PATCH, "base/os:1")
    running.control().advance(600)
    builds.settle()
