"""Api-versions: which ones are served, and how a body looks in each."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

import msgspec

from acrlab.data import load

_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(-preview)?")


class Resolution(msgspec.Struct, frozen=True):
    """What becomes of an asked api-version: `served` is the one that answers, "" when none does.

    `newer`: later than every known one, so the newest known one answers; say so in a header.
    """

    version: str
    served: str
    supported: bool
    newer: bool


class _Node(msgspec.Struct, frozen=True):
    """One level of a body: the keys in wire order, and those the version does not have."""

    keys: dict[str, "_Node"]
    absent: set[str]


@cache
def versions() -> tuple[str, ...]:
    """List the api-versions that are known, oldest first."""
    return tuple(load("api_versions")["versions"]["names"])


@cache
def resolve(version: str) -> Resolution:
    """Find the api-version that answers for the asked one; case does not matter.

    Not supported: older than the oldest known, between known ones but none of them, malformed.
    """
    asked = version.lower()
    if asked in versions():
        return Resolution(version, asked, supported=True, newer=False)
    newest = versions()[-1]
    if (day := _day(asked)) and day > newest[:10]:
        return Resolution(version, newest, supported=True, newer=True)
    return Resolution(version, "", supported=False, newer=False)


def project(body: Mapping[str, Any], version: str, kind: str = "") -> dict[str, Any]:
    """Show a body as a known api-version has it: only what that version knows, in wire order.

    The rows are those of the body's `type`, or of `kind` for a body without one. A list answer
    (`value`) is projected item by item. Keys without a row keep their place behind the others.
    Source: api_versions.toml.
    """
    if isinstance(items := body.get("value"), list) and "type" not in body:
        return {**body, "value": [_item(item, version, kind) for item in items]}
    node = _tree(str(body.get("type", kind)).lower(), version)
    fitted: dict[str, Any] = _fit(body, node)
    return fitted


def has(kind: str, path: str, version: str) -> bool:
    """Say whether a known api-version has the property with this dotted path.

    Raises: KeyError for a property without a row.
    """
    row = _rows(kind.lower())[path]
    return all(_in(_rows(kind.lower())[part], version) for part in _ancestors(path)) and _in(row, version)


def _item(item: Any, version: str, kind: str) -> Any:
    return project(item, version, kind) if isinstance(item, Mapping) else item


def _fit(value: Any, node: _Node) -> Any:
    if isinstance(value, list):
        return [_fit(item, node) for item in value]
    if not isinstance(value, Mapping) or not (node.keys or node.absent):
        return value
    known = {key: _fit(value[key], below) for key, below in node.keys.items() if key in value}
    return known | {key: item for key, item in value.items() if key not in known and key not in node.absent}


@cache
def _tree(kind: str, version: str) -> _Node:
    root = _Node({}, set())
    for path, row in _rows(kind).items():
        *above, name = path.split(".")
        node = _descend(root, above)
        if node is None:
            continue
        if _in(row, version):
            node.keys[name] = _Node({}, set())
        else:
            node.absent.add(name)
    return root


def _descend(root: _Node, names: Iterable[str]) -> _Node | None:
    """Find the level below; None when the version lacks one of the levels above."""
    node: _Node | None = root
    for name in names:
        node = node.keys.get(name) if node else None
    return node


@cache
def _rows(kind: str) -> dict[str, dict[str, Any]]:
    types = load("api_versions")["type"]
    found = next((each for each in types if each["name"].lower() == kind), None)
    return {row["path"]: row for row in found["properties"]} if found else {}


def _ancestors(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _in(row: Mapping[str, Any], version: str) -> bool:
    """Judge a version by the windows of its own track: stable and preview are two lines."""
    track = "preview" if version.endswith("-preview") else "stable"
    if track not in row:
        return "stable" not in row and "preview" not in row
    windows = row[track] if isinstance(row[track], list) else [row[track]]
    return any(_within(window, version) for window in windows)


def _within(window: str, version: str) -> bool:
    since, _, until = window.partition("..")
    return since <= version and (not until or version <= until)


def _day(version: str) -> str:
    """Take the date of a well-formed api-version, "" of any other."""
    match = _VERSION.fullmatch(version)
    if not match:
        return ""
    try:
        return date.fromisoformat(match[1]).isoformat()
    except ValueError:
        return ""
