"""Base images without internet: assembled at first use, and served as their registries would serve them.

A tag is an index of what the machine's own programs give, and stays it. What is made of packages for another machine
is made when that platform is first asked for; the index would change under those who watch it if it were added.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from acrlab.agents.archive import packed
from acrlab.agents.bases import foreign, recipes
from acrlab.agents.bases.catalogue import RECIPES
from acrlab.agents.bases.labels import LABEL
from acrlab.agents.bases.made import VARIANTS, Made, Recipe, architecture
from acrlab.agents.images import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Platform, sha256
from acrlab.agents.protocol import EngineFailed
from acrlab.agents.references import HUB
from acrlab.engine.upstream import Unready

INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_HUBS = frozenset({HUB, "registry-1.docker.io", "index.docker.io", "registry.hub.docker.com"})
Key = tuple[str, str]  # host and repository; the architecture where it is not for this machine's own
_EPOCH = "1970-01-01T00:00:00Z"


class StandIn(msgspec.Struct, frozen=True):
    """A stand-in, for all the platforms it is there for."""

    index: bytes
    manifests: Mapping[str, bytes]  # by digest

    def manifest(self, digest: str) -> tuple[str, bytes] | None:
        """Media type and bytes, of the index when no digest is given."""
        if digest in ("", sha256(self.index)):
            return INDEX, self.index
        raw = self.manifests.get(digest)
        return (DOCKER_MANIFEST, raw) if raw else None


class StandIns:
    """Assembles them at first use and keeps them in a folder. Used by several threads at once."""

    def __init__(self, folder: Path, *, sealed: bool = False) -> None:
        self._folder, self._blobs, self._sealed = folder, folder / "blobs" / "sha256", sealed
        self._made: dict[Key, StandIn] = {}
        self._lock = threading.Lock()
        self._making: dict[Key, threading.Lock] = {}

    def ready(self, name: str) -> bool:
        """Whether `find` has its answer at hand."""
        recipe = RECIPES.get(name)
        return recipe is None or recipes.missing(recipe) != "" or (name, "") in self._made

    def find(self, name: str) -> StandIn | None:
        """Of a host and repository; None where there is none. Raises: EngineFailed when it cannot be put together."""
        recipe = RECIPES.get(name)
        if recipe is None or recipes.missing(recipe):
            return None
        try:
            return self._once((name, ""), recipe)
        except EngineFailed as failure:
            raise EngineFailed(f"acrlab: no stand-in for {name}: {failure.text}") from failure

    def foreign(self, name: str, machine: str) -> StandIn | None:
        """Of a host and repository, for another machine; None where its own index has that, or there is none at all.

        Raises: EngineFailed with why it cannot be put together.
        """
        recipe = RECIPES.get(name)
        if recipe is None or machine == architecture():
            return None
        if why := foreign.missing(recipe, machine):
            raise EngineFailed(why)
        return self._once((name, machine), recipe)

    def _once(self, key: Key, recipe: Recipe) -> StandIn:
        """Nobody waits for another stand-in than their own."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._made:
                self._made[key] = self._kept(key) or self._assembled(key, recipe)
            return self._made[key]

    def blob(self, digest: str) -> Path | None:
        """Where a blob lies, if it is of a stand-in."""
        path = self._blobs / digest.removeprefix("sha256:").replace("/", "_")
        return path if path.is_file() else None

    def __call__(self, host: str) -> "StandInUpstream | None":
        """The registry of a host, as far as there are stand-ins for it: for World(upstreams=...)."""
        host = HUB if host in _HUBS else host
        return StandInUpstream(self, host) if any(name.startswith(f"{host}/") for name in RECIPES) else None

    def _kept(self, key: Key) -> StandIn | None:
        """As it was assembled earlier for this folder: what changed on the machine since does not change an image."""
        file = self._place(key)
        return msgspec.json.decode(file.read_bytes(), type=StandIn) if file.is_file() else None

    def _place(self, key: Key) -> Path:
        return self._folder / f"{'@'.join(filter(None, key)).replace('/', '_')}.json"

    def _assembled(self, key: Key, recipe: Recipe) -> StandIn:
        name, machine = key
        if self._sealed and (machine or recipe is recipes.debian):
            raise EngineFailed("its packages would have to be fetched, and a sealed emulator fetches nothing")
        self._blobs.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            files = folder / "files"
            made = ([foreign.make(recipe, files, self._blobs, name, machine)] if machine
                    else recipe(files, self._blobs, name))  # fmt: skip
        except (OSError, subprocess.SubprocessError) as failure:
            raise EngineFailed(str(failure)) from failure
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        label = foreign.says(recipe, machine) if machine else recipes.says(recipe)
        described = [self._described(each, label) for each in made]
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry for entry, _ in described]}
        made_of = StandIn(msgspec.json.encode(document), {entry["digest"]: raw for entry, raw in described})
        part = self._place(key).with_suffix(".part")
        part.write_bytes(msgspec.json.encode(made_of))
        os.replace(part, self._place(key))
        return made_of

    def _described(self, made: Made, label: str) -> tuple[dict[str, Any], bytes]:
        """The entry of an index, and the manifest it describes."""
        platform = {"architecture": made.architecture, "os": made.os}
        if made.architecture in VARIANTS:
            platform["variant"] = VARIANTS[made.architecture]
        config = msgspec.json.encode({
            **platform, "created": _EPOCH,
            "config": {**made.config, "Labels": {LABEL: label}},
            "history": [{"created": _EPOCH, "created_by": label}],
            "rootfs": {"type": "layers", "diff_ids": [made.layer.diff]},
        })  # fmt: skip
        (self._blobs / sha256(config)[7:]).write_bytes(config)
        layer, size = packed(self._blobs / made.layer.diff[7:], self._blobs)
        (self._blobs / made.layer.diff[7:]).unlink(missing_ok=True)
        raw = msgspec.json.encode({
            "schemaVersion": 2, "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": DOCKER_CONFIG, "size": len(config), "digest": sha256(config)},
            "layers": [{"mediaType": DOCKER_LAYER, "size": size, "digest": layer}],
        })  # fmt: skip
        return {"mediaType": DOCKER_MANIFEST, "size": len(raw), "digest": sha256(raw), "platform": platform}, raw


class StandInUpstream:
    """A public registry of which only the stand-ins exist, as the engine's Upstream."""

    def __init__(self, stand_ins: StandIns, host: str) -> None:
        self._stand_ins, self._host = stand_ins, host

    def prepare(self, repository: str) -> None:
        """Put the stand-in together. Raises: OSError."""
        try:
            self._find(repository)
        except EngineFailed as failure:
            raise OSError(str(failure)) from failure

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str] | None:
        if not self._stand_ins.ready(f"{self._host}/{repository}"):
            raise Unready(lambda: self.prepare(repository))
        found = self._find(repository)
        manifest = found.manifest(reference if ":" in reference else "") if found else None
        return (manifest[1], manifest[0]) if manifest else None

    def foreign(self, repository: str, platform: str) -> tuple[bytes, str] | None:
        """The manifest for a platform that the index does not list. Raises: OSError."""
        wanted = Platform.read(platform)
        if wanted.os != "linux" or wanted.variant not in ("", VARIANTS.get(wanted.architecture)):
            return None
        try:
            found = self._stand_ins.foreign(f"{self._host}/{repository}", wanted.architecture)
        except EngineFailed as failure:
            raise OSError(failure.text) from failure
        return next(((raw, DOCKER_MANIFEST) for raw in found.manifests.values()), None) if found else None

    def blob(self, repository: str, digest: str) -> Iterable[bytes] | None:
        path = self._stand_ins.blob(digest) if self._find(repository) else None
        return _pieces(path) if path else None

    def _find(self, repository: str) -> StandIn | None:
        return self._stand_ins.find(f"{self._host}/{repository}")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
