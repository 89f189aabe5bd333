"""`docker images` and `docker inspect`."""

import json
from typing import Any

from acrlab.agents.runner.flags import Arguments
from acrlab.agents.runner.machine import Machine, Scene, complete
from acrlab.domain.tasks.gotemplate.engine import rendered
from acrlab.domain.tasks.gotemplate.nodes import TemplateFailed
from acrlab.domain.tasks.gotemplate.signatures import of
from acrlab.domain.tasks.gotemplate.strings import strings
from acrlab.domain.tasks.gotemplate.values import to_json

HEADS = ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")
JSON = {
    "json": of(to_json, "any"),
    "upper": of(str.upper, "string"),
    "join": of(lambda value, between: between.join(strings(value)), "any string"),
}


def images(machine: Machine, arguments: Arguments, scene: Scene) -> int:
    """The table. When an image was made is not known here."""
    rows = [(name.rpartition(":")[0], name.rpartition(":")[2], id[7:19], "N/A", size_shown(size))
            for name, id, size in machine.agent.images()]  # fmt: skip
    wanted = arguments.words[0] if arguments.words else ""
    rows = [row for row in rows if not wanted or wanted in (row[0], f"{row[0]}:{row[1]}")]
    if arguments.on("quiet"):
        for row in rows:
            scene.say(row[2])
        return 0
    widths = [max(len(row[place]) for row in [HEADS, *rows]) for place in range(len(HEADS))]
    for row in [HEADS, *rows]:
        scene.say("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def inspect(machine: Machine, arguments: Arguments, scene: Scene) -> int:
    """What an agent tells of its images."""
    found: list[dict[str, Any]] = []
    code = 0
    for name in arguments.words:
        one = _inspected(machine, name)
        if one is None:
            code = 1
            scene.say(f"Error: No such object: {name}")
        else:
            found.append(one)
    if not arguments.one("format"):
        scene.say(json.dumps(found, indent=4))
        return code
    for one in found:
        try:
            scene.say(rendered("", arguments.one("format"), one, JSON))
        except TemplateFailed as failure:
            scene.say(f"template parsing error: {failure}")
            return 1
    return code


def _inspected(machine: Machine, name: str) -> dict[str, Any] | None:
    wanted = complete(name)
    for reference, id, size in machine.agent.images():
        if complete(reference) == wanted or name in (id, id[7:], id[7:19]):
            digest = machine.agent.digest(reference)
            digests = [f"{reference.rpartition(':')[0]}@{digest}"] if digest else []
            return {"Id": id, "RepoTags": [reference], "RepoDigests": digests, "Size": size}
    return None


def size_shown(size: float) -> str:
    """As docker writes it. Units: bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.3g}{unit}"
        size /= 1000
    return ""
