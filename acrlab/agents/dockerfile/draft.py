"""An image while it is built: configuration, layers, history."""

import copy
import hashlib
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from acrlab.agents.archive import Layer
from acrlab.agents.images import DOCKER_LAYER, Image, Platform, Stacked

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHELL, _SHELLS = ("/bin/sh", "-c"), {"windows": ("cmd", "/S", "/C")}
_GZIPPED = ("+gzip", ".tar.gzip")


class Draft:
    """What an instruction changes. `image` is the image as it was found, while nothing has changed."""

    def __init__(self, platform: Platform, workdir: str = "") -> None:
        self.platform = platform
        self.config: dict[str, Any] = {"WorkingDir": workdir} if workdir else {}
        self.layers: list[Stacked] = []
        self.diffs: list[str] = []
        self.history: list[dict[str, Any]] = []
        self.rest: dict[str, Any] = {}  # of the base's document: author, os.version and the like
        self.image: Image | None = None
        self.command_set = False
        self.created = ""

    @classmethod
    def of(cls, image: Image, document: dict[str, Any], asked: Platform) -> Self:
        """On top of an image."""
        draft = cls(Platform(document.get("os") or asked.os, document.get("architecture") or asked.architecture,
                             document.get("variant") or ""))  # fmt: skip
        draft.config = copy.deepcopy(document.get("config") or {})
        draft.layers = [_redescribed(layer) for layer in image.layers]
        draft.diffs = list((document.get("rootfs") or {}).get("diff_ids") or [])
        draft.history = list(document.get("history") or [])
        draft.created = str(document.get("created") or "")
        draft.rest = {key: document[key] for key in ("author", "os.version", "os.features") if document.get(key)}
        draft.image = image
        return draft

    def copied(self) -> "Draft":
        """For the next stage, which begins where this one ends."""
        again = copy.deepcopy(self)
        again.command_set = False
        return again

    @property
    def environment(self) -> dict[str, str]:
        """What ENV has set."""
        return dict(_pair(each) for each in self.config.get("Env") or [])

    @property
    def shell(self) -> tuple[str, ...]:
        """What runs the shell form of an instruction."""
        return tuple(self.config["Shell"]) if self.config.get("Shell") else _SHELLS.get(self.platform.os, _SHELL)

    @property
    def workdir(self) -> str:
        return str(self.config.get("WorkingDir") or "/")

    def default_path(self) -> None:
        """PATH is set from the first instruction on, except on Windows."""
        if self.platform.os != "windows" and "PATH" not in self.environment:
            self.config["Env"] = [*(self.config.get("Env") or []), f"PATH={PATH}"]

    def commit(self, made_by: str, moment: float, layer: Layer | None = None, comment: str = "") -> None:
        """Write an instruction into the history, with its layer if it has one; without words it is left out."""
        self.image, self.created = None, _moment(moment)
        if not made_by:
            return
        entry: dict[str, Any] = {"created": self.created, "created_by": made_by}
        if comment:
            entry["comment"] = comment
        if layer:
            self.diffs.append(layer.diff)
            self.layers.append(Stacked(layer.diff, layer.size))
        else:
            entry["empty_layer"] = True
        self.history.append(entry)

    def document(self) -> bytes:
        """The configuration as it is kept."""
        platform = {"architecture": self.platform.architecture, "os": self.platform.os}
        if self.platform.variant:
            platform["variant"] = self.platform.variant
        whole = {
            **self.rest, **platform, "config": self.config, "created": self.created, "history": self.history,
            "rootfs": {"type": "layers", "diff_ids": self.diffs},
        }  # fmt: skip
        return msgspec.json.encode(whole, order="deterministic")

    @property
    def id(self) -> str:
        """Of the image this would be now; nothing as long as there is none."""
        if self.image:
            return self.image.id
        return f"sha256:{hashlib.sha256(self.document()).hexdigest()}" if self.history else ""


def _redescribed(layer: Stacked) -> Stacked:
    """As manifests of docker's kind describe it; layers that are not distributed stay what they are."""
    described = layer.descriptor or {}
    media_type = str(described.get("mediaType", ""))
    plain = media_type.endswith(_GZIPPED) and "foreign" not in media_type and "nondistributable" not in media_type
    return Stacked(layer.digest, layer.size, {**described, "mediaType": DOCKER_LAYER}) if plain else layer


def _moment(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"


def _pair(text: str) -> tuple[str, str]:
    name, _, value = str(text).partition("=")
    return name, value
