"""Aliases of a task file: `$name` in its text. Source: the engine's open source (graph/preprocessor.go), recorded."""

import re
from collections.abc import Mapping

COMMENT = re.compile(r"\s*#")
ALIAS = re.compile(r"alias\s*:.*")
TOP_LEVEL = re.compile(r"[^\s:]+[^:]*:.*")
NAME = re.compile(r"[a-zA-Z0-9]+")
MOST = 8 << 20  # characters of a text with its aliases replaced

RUN = ("ID", "SharedVolume", "Registry", "RegistryName", "Date", "OS", "Architecture", "Commit", "Branch")
BUILT_IN = {name: f"{{{{.Run.{name}}}}}" for name in RUN}


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
    """With every known `$name` replaced once, `$$` one `$`, and unknown names left. Raises: AliasInvalid."""
    directive = directive or "$"
    if len(directive) != 1:
        raise AliasInvalid("$ directive can only be overwritten by a single character")
    if NAME.fullmatch(directive):
        raise AliasInvalid("overwritten directives may not be alphanumeric characters")
    if not all(NAME.fullmatch(key) for key in values):
        raise AliasInvalid("alias key names only support alphanumeric characters")
    mark, size, parts, end = re.escape(directive), 0, list[str](), 0
    for found in re.finditer(rf"{mark}({mark}|[a-zA-Z0-9]+)", text):
        new = directive if found[1] == directive else values.get(found[1], found[0])
        parts += [text[end : found.start()], new]
        end, size = found.end(), size + len(new)
        if size > MOST:
            raise AliasInvalid("the task is too large with its aliases replaced")
    return "".join([*parts, text[end:]])
