"""A stage while it is built: its image so far, its files, the arguments it has declared."""

import tempfile
from pathlib import Path

from acrlab.agents.archive import Layer
from acrlab.agents.dockerfile.arguments import Arguments
from acrlab.agents.dockerfile.draft import Draft
from acrlab.agents.dockerfile.variables import expanded
from acrlab.agents.images import Images
from acrlab.agents.snapshot import Changes
from acrlab.agents.tree import Tree, discard


class Work:
    """The state that instructions of one stage change. Its files are unpacked when first they are needed."""

    def __init__(
        self, draft: Draft, name: str, arguments: Arguments, images: Images, scratch: Path, escape: str
    ) -> None:
        self.draft, self.name = draft, name
        self._arguments, self._images, self._scratch, self._escape = arguments, images, scratch, escape
        self.declared: dict[str, str] = {}
        self._tree: Tree | None = None

    @property
    def blobs(self) -> Path:
        """Where layers go."""
        return self._images.blobs

    @property
    def tree(self) -> Tree:
        """Its files. Raises: EngineFailed."""
        if self._tree is None:
            root = Path(tempfile.mkdtemp(dir=self._scratch, prefix="stage-"))
            root.chmod(0o755)
            tree = Tree(root, windows=self.draft.platform.os == "windows")
            for layer in self.draft.layers:
                tree.apply(self._images.blob(layer.digest))
            self._tree = tree
        return self._tree

    @property
    def variables(self) -> dict[str, str]:
        """What its instructions may use: ENV before ARG."""
        return {**self.declared, **self.draft.environment}

    def expand(self, text: str) -> str:
        """Raises: EngineFailed."""
        return expanded(text, self.variables, self._escape)

    def declare(self, name: str, default: str | None) -> None:
        """ARG."""
        value = self._arguments.value(name, default)
        if value is not None:
            self.declared[name] = value

    @property
    def arguments(self) -> dict[str, str]:
        """What RUN finds in its environment besides ENV."""
        known = self.draft.environment
        every = {**self._arguments.predefined(), **self.declared}
        return {name: value for name, value in sorted(every.items()) if name not in known}

    def become(self, draft: Draft) -> None:
        """Go on from an image that an instruction has made before."""
        self.draft = draft
        self.close()

    def layer(self, changes: Changes) -> Layer | None:
        """Write what changed, if anything did."""
        if not changes.written and not changes.deleted:
            return None
        return self.tree.layer(changes, self.blobs)

    def close(self) -> None:
        if self._tree is not None:
            discard(self._tree.root)
            self._tree = None
