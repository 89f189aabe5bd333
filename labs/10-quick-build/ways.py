"""Lab 10 solved with `az`, and over plain HTTP."""

import tempfile
from pathlib import Path

from acrlab.course.ways import Az, AzRefused, Way

REGISTRY = "contosolab10"
WEB = {"Dockerfile": "FROM scratch\nCOPY page.html /\n", "page.html": "hello\n"}
API = {"Dockerfile": "FROM scratch\nCOPY app.conf /\n", "api.conf": "port = 80\n"}
MENDED = API | {"Dockerfile": "FROM scratch\nCOPY api.conf /\n"}


def az(az: Az) -> None:
    """`az acr build`, with folders as they lie on a disk."""
    with tempfile.TemporaryDirectory() as place:
        build(az, place, WEB, "--image", "shop/web:1.0")
        build(az, place, WEB | {"page.html": "hello again\n"}, "--image", "shop/web:1.1", "--image", "shop/web:latest")
        try:
            build(az, place, API, "--image", "shop/api:1.0")
        except AzRefused:
            failed = az("acr", "task", "list-runs", "--registry", REGISTRY, "--run-status", "Failed", "--top", "1")
            az("acr", "update", "--name", REGISTRY, "--tags", f"failed={failed[0]['runId']}")
        build(az, place, MENDED, "--image", "shop/api:1.0")
        build(az, place, WEB, "--image", "shop/web:2.0", "--no-push")


def build(az: Az, place: str, files: dict[str, str], *words: str) -> None:
    for name, text in files.items():
        Path(place, name).write_text(text, encoding="utf-8")
    az("acr", "build", "--registry", REGISTRY, *words, "--no-logs", place)


def http(way: Way) -> None:
    """Requests and nothing else."""
    builds = way.builds(REGISTRY)
    builds.build(WEB, "shop/web:1.0")
    builds.build(WEB | {"page.html": "hello again\n"}, "shop/web:1.1", "shop/web:latest")
    failed = builds.build(API, "shop/api:1.0")["properties"]["runId"]
    way.change(REGISTRY, {"tags": {"failed": failed}})
    builds.build(MENDED, "shop/api:1.0")
    builds.build(WEB, "shop/web:2.0", push=False)
