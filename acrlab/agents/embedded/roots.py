"""Unpacked images for containers: one that a container left as it found it serves the next."""

import tempfile
import threading
from pathlib import Path

from acrlab.agents.images import Image, Images
from acrlab.agents.protocol import EngineFailed
from acrlab.agents.snapshot import Changes
from acrlab.agents.tree import Tree, discard

_UNCHANGED = Changes(())


class Roots:
    """Those of one agent. Used by several threads at once."""

    def __init__(self, images: Images, folder: Path, *, gathered: bool) -> None:
        self._images, self._folder, self._gathered = images, folder, gathered
        self._free: dict[str, list[Tree]] = {}  # by image id
        self._lock = threading.Lock()

    def take(self, image: Image) -> Tree:
        """The files of an image, for one container. Raises: EngineFailed."""
        with self._lock:
            free = self._free.get(image.id)
            tree = free.pop() if free else None
        if tree:
            tree.mark()
            return tree
        self._folder.mkdir(parents=True, exist_ok=True)
        root = Path(tempfile.mkdtemp(dir=self._folder))
        root.chmod(0o755)
        tree = Tree(root)
        try:
            for layer in image.layers:
                tree.apply(self._images.blob(layer.digest))
            tree.mark()
        except BaseException:
            discard(root)
            raise
        return tree

    def give(self, image: Image, tree: Tree, restored: frozenset[str] = frozenset()) -> None:
        """Back from a container that has ended; `restored` is what its process says was."""
        tree.restored(restored)
        try:
            clean = tree.changed(gathered=self._gathered) == _UNCHANGED
        except EngineFailed:
            clean = False
        if not clean:
            discard(tree.root)
            return
        with self._lock:
            self._free.setdefault(image.id, []).append(tree)
