"""One platform of a stand-in, as recipes make it."""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from acrlab.agents.archive import Layer

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
VARIANTS = {"arm64": "v8", "arm": "v7"}  # as the official images say it of theirs


class Made(msgspec.Struct, frozen=True):
    """One platform of a stand-in."""

    os: str
    architecture: str
    config: dict[str, Any]
    layer: Layer


Recipe = Callable[[Path, Path, str], list[Made]]  # an empty folder, the blobs, the name that is stood in for


def architecture() -> str:
    """Of this machine, as images call it."""
    return {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
