"""What an image is made from, as the Tasks engine reads it from a Dockerfile: line by line, without parsing it.

Source: the engine's open source (scan/dependencies.go); base image triggers follow from what it finds.
"""

import re

from acrlab.domain.tasks.run import Image

HUB = "registry.hub.docker.com"
VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))", re.ASCII)


class ScanFailed(ValueError):
    """A Dockerfile that the scanner does not understand."""


def normalised(reference: str) -> str:
    """With `:latest` where neither tag nor digest is given (as the engine tells: by any colon or @)."""
    return reference if ":" in reference or "@" in reference else f"{reference}:latest"


def image(reference: str) -> Image:
    """By its parts. A host without a dot is taken for a user of Docker Hub.

    Source: recorded (localhost:5543/hw is registry.hub.docker.com, localhost:5543/hw).
    """
    name, _, digest = reference.partition("@")
    path, tag = name, ""
    if ":" in name.rpartition("/")[2]:
        path, _, tag = name.rpartition(":")
    host, slash, rest = path.partition("/")
    if not slash:
        return Image(HUB, f"library/{path}", tag, digest)
    if "." in host:
        return Image(host, rest, tag, digest)
    return Image(HUB, path, tag, digest)


def scan(dockerfile: str, arguments: dict[str, str], target: str = "") -> tuple[str, tuple[str, ...]]:
    """The runtime image of the last stage (or of `target`) and all others, as written. Raises: ScanFailed."""
    known, origins, stages = dict(arguments), dict[str, None](), dict[str, str]()
    origin = ""
    for line in dockerfile.removeprefix("\ufeff").splitlines():
        words = line.split()
        keyword = words[0].upper() if words else ""
        if keyword == "ARG":
            _argument(line, words, known)
        if keyword == "FROM":
            name, stage = _from(line, words, known)
            origin = stages.get(name, name)
            if name not in stages:
                origins[name] = None
            if stage:
                stages[stage] = origin
            if target and stage == target:
                break
    if not origins:
        raise ScanFailed("unexpected dockerfile format")
    return origin, tuple(name for name in origins if name != origin)


def _from(line: str, words: list[str], known: dict[str, str]) -> tuple[str, str]:
    if len(words) < 2 or (len(words) > 2 and (len(words) < 4 or words[2].lower() != "as")):
        raise ScanFailed(f"unable to understand line {line}")
    name = VARIABLE.sub(lambda found: known.get(found[1] or found[2] or "", ""), words[1])
    return name, words[3] if len(words) > 3 else ""


def _argument(line: str, words: list[str], known: dict[str, str]) -> None:
    if len(words) < 2:
        raise ScanFailed(f"dockerfile syntax requires ARG directive to have exactly 1 argument. LINE: {line}")
    name, equals, value = words[1].partition("=")
    if equals:
        known.setdefault(name, value.strip('"').strip("'"))
