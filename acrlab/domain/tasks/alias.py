"""Aliases of a task file: `$name` in its text. Source: the engine's open source (graph/preprocessor.go), recorded."""

import re
from collections.abc import Mapping

COMMENT = re.compile(r"\s*#")
ALIAS = re.compile(r"alias\s*:.*")
TOP_LEVEL = re.compile(r"[^\s:]+[^:]*:.*")
NAME = re.compile(r"[a-zA-Z0-9]+")
MOST = 8 << 20  # characters of a text with its aliases replaced

RUN = ("ID", "SharedVolume", "Registry", "RegistryName", "Date", "OS", "Architecture", "Commit", "Branch")
# Source: doc (2025), and the engine's open source (graph/global-defaults-linux.yaml, 2026).
IMAGES = {
    "acr": "mcr.microsoft.com/acr/acr-cli:0.19",
    "az": "mcr.microsoft.com/acr/azure-cli:2ff604c",
    "bash": "mcr.microsoft.com/acr/bash:2ff604c",
    "curl": "mcr.microsoft.com/acr/curl:2ff604c",
    "cssc": "mcr.microsoft.com/acr/cssc:2ff604c",
}
BUILT_IN = {name: f"{{{{.Run.{name}}}}}" for name in RUN}
FIRST_VERSION = "v1.1.0"  # of task files that have aliases; compared as text


class AliasInvalid(ValueError):
    """An alias block that breaks its rules."""


def separate(text: str) -> tuple[str, str]:
    """The alias block and the rest; lines that are comments are dropped from both, also inside block scalars."""
    parts: tuple[list[str], list[str]] = ([], [])
    inside = False
    for line in text.splitlines():
        if COMMENT.match(line):
            continue
        if ALIAS.fullmatch(line):
            inside = True
        elif inside and TOP_LEVEL.fullmatch(line):
            inside = False
        parts[0 if inside else 1].append(f"{line}\n")
    return "".join(parts[0]), "".join(parts[1])


def replaced(text: str, values: Mapping[str, str], directive: str = "$") -> str:
    """With every known `$name` replaced once, `$$` one `$`, and unknown names left. Raises: AliasInvalid.

    Source: recorded ($RegistryX stays). A `$` right after an unknown name begins no other one.
    """
    directive = directive or "$"
    if len(directive) != 1:
        raise AliasInvalid("$ directive can only be overwritten by a single character")
    if NAME.fullmatch(directive):
        raise AliasInvalid("overwritten directives may not be alphanumeric characters")
    if not all(NAME.fullmatch(key) for key in values):
        raise AliasInvalid("alias key names only support alphanumeric characters")
    mark, size, parts, end = re.escape(directive), 0, list[str](), 0
    pattern = re.compile(rf"{mark}({mark}|[a-zA-Z0-9]+)")
    while found := pattern.search(text, end):
        known = directive if found[1] == directive else values.get(found[1])
        stop = found.end() if known is not None else found.end() + 1  # what ends an unknown name is never looked at
        new = known if known is not None else text[found.start() : stop]
        parts += [text[end : found.start()], new]
        end, size = stop, size + len(new)
        if size > MOST:
            raise AliasInvalid("the task is too large with its aliases replaced")
    return "".join([*parts, text[end:]])


def version(text: str) -> str:
    """What the first line with something in it says of the version, or nothing."""
    for line in text.splitlines():
        if not line.strip() or line.strip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        return value.strip().strip("\"'") if colon and key.rstrip() == "version" else ""
    return ""


def expanded(cmd: str, values: Mapping[str, str]) -> str:
    """A command whose first word is an alias, with the image that it stands for."""
    first, *rest = cmd.strip().split(" ")
    return " ".join([values[first], *rest]) if first in values else cmd
