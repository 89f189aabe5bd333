"""RUN --mount: folders and files that are there while a command runs, and not in its layer."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.dockerfile.request import Request
from acrlab.agents.dockerfile.transfer import Source, Transfer
from acrlab.agents.paths import joined, resolved
from acrlab.agents.protocol import EngineFailed, Mount
from acrlab.agents.tree import Tree, discard

_SECRETS = "/run/secrets"


class Prepared:
    """What the mounts of one RUN are made of; gone after it, except caches."""

    def __init__(
        self, scratch: Path, caches: Path, secrets: Mapping[str, bytes], workdir: str, origin: Callable[[str], Origin]
    ) -> None:
        self._scratch = Path(tempfile.mkdtemp(dir=scratch, prefix="mounts-"))
        self._caches, self._secrets, self._workdir, self._origin = caches, secrets, workdir, origin
        self.mounts: list[Mount] = []
        self.environment: dict[str, str] = {}

    def add(self, text: str) -> None:
        """Raises: EngineFailed."""
        request = Request.read(text)
        make = _KINDS.get(request.kind)
        if not make:
            raise EngineFailed(f'unsupported mount type "{request.kind}"')
        make(self, request)

    def close(self) -> None:
        discard(self._scratch)

    def _target(self, request: Request) -> str:
        if not request.get("target"):
            raise EngineFailed("invalid mount config: target is required")
        return joined(self._workdir, request.get("target")).rstrip("/") or "/"

    def _bind(self, request: Request) -> None:
        origin = self._origin(request.get("from"))
        path = resolved(origin.root, request.get("source", "/"))
        source = origin.root / path
        if not source.exists() or origin.leaves_out(path):
            raise EngineFailed(f'failed to compute cache key: "/{path}": not found')
        writable = not request.readonly
        if writable or origin.ignores:
            source = self._copied(origin, path, "bind")
        self.mounts.append(Mount(source, self._target(request), not writable))

    def _cache(self, request: Request) -> None:
        target = self._target(request)
        name = (request.get("id") or target).strip("/").replace("/", "_").replace("..", "_") or "root"
        folder = self._caches / name
        if not folder.exists():
            origin = request.get("from")
            if origin:
                shutil.copytree(self._copied(self._origin(origin), request.get("source"), "cache"), folder)
            else:
                folder.mkdir(parents=True)
            folder.chmod(request.number("mode", 0o755, 8))
            _give(folder, request)
        self.mounts.append(Mount(folder, target, request.readonly))

    def _tmpfs(self, request: Request) -> None:
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        folder.chmod(0o1777)
        self.mounts.append(Mount(folder, self._target(request)))

    def _secret(self, request: Request) -> None:
        name = request.get("id") or request.get("source") or Path(request.get("target")).name
        if not name:
            raise EngineFailed("one of source, target required")
        variable = request.get("env")
        if name not in self._secrets:
            if request.yes("required"):
                raise EngineFailed(f"secret {name}: not found")
            return
        if variable:
            self.environment[variable] = self._secrets[name].decode(errors="replace")
        if variable and not request.get("target"):
            return
        file = Path(tempfile.mkdtemp(dir=self._scratch), "secret")
        file.write_bytes(self._secrets[name])
        file.chmod(request.number("mode", 0o400, 8))
        _give(file, request)
        target = joined(self._workdir, request.get("target")) if request.get("target") else f"{_SECRETS}/{name}"
        self.mounts.append(Mount(file, target, True))

    def _copied(self, origin: Origin, path: str, name: str) -> Path:
        """What may be written to, or is not all to be seen, is a copy."""
        tree = Tree(Path(tempfile.mkdtemp(dir=self._scratch, prefix=name)))
        place = origin.root / resolved(origin.root, path)
        transfer = Transfer(tree)
        transfer.put(Source(origin, path), "/" if place.is_dir() else "/file")
        return tree.root if place.is_dir() else tree.root / "file"


def _give(path: Path, request: Request) -> None:
    owner = request.number("uid", 0), request.number("gid", 0)
    if owner != (0, 0):
        try:
            os.chown(path, *owner)
        except OSError:
            raise EngineFailed(f"{path.name}: only root gives files away, and this agent is not") from None


_KINDS: Mapping[str, Callable[[Prepared, Request], None]] = {
    "bind": Prepared._bind,
    "cache": Prepared._cache,
    "tmpfs": Prepared._tmpfs,
    "secret": Prepared._secret,
}
