"""Lab 11 solved with `az`, and over plain HTTP."""

import base64
import tempfile
from pathlib import Path

from acrlab.course.ways import Az, AzRefused, Way

REGISTRY, TASK = "contosolab11", "release-shop"
TEXT = """\
version: v1.1.0
steps:
  - id: build
    build: -t $Registry/shop/app:$ID https://github.com/contoso/lab11.git#main:good
  - id: unit
    cmd: $Registry/shop/app:$ID sh /unit.sh
    when: [build]
  - id: smoke
    cmd: $Registry/shop/app:$ID sh /smoke.sh
    when: [build]
  - id: style
    cmd: $Registry/shop/app:$ID sh /style.sh
    when: [build]
  - id: push
    push: ["$Registry/shop/app:$ID"]
    when: [unit, smoke, style]
"""


def az(az: Az) -> None:
    """`az acr task create` without a context keeps the file in the task."""
    named = ("--registry", REGISTRY, "--name", TASK)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "acb.yaml")
        for folder in ("broken", "good"):
            file.write_text(TEXT.replace(":good", f":{folder}"), encoding="utf-8")
            az("acr", "task", "create", *named, "--file", str(file), "--context", "/dev/null")
            try:
                az("acr", "task", "run", *named, "--no-logs")
            except AzRefused:
                if folder == "good":
                    raise
            az.builds(REGISTRY).settle()


def http(way: Way) -> None:
    """Requests and nothing else."""
    builds = way.builds(REGISTRY)
    for folder in ("broken", "good"):
        content = base64.b64encode(TEXT.replace(":good", f":{folder}").encode()).decode()
        builds.task(TASK, step={"type": "EncodedTask", "encodedTaskContent": content})
        builds.start(TASK)
