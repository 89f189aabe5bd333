"""A stage while it is built: its image so far, its files, the arguments it has declared."""

import tempfile
from collections.abc import Iterable
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
        self.names: dict[str, None] = {}  # of all ARGs, also of those without a value, as they came
        self._later: set[str] = set()  # ARGs that came after the ENV of their name
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
        """What its instructions may use: ENV before ARG, and with BuildKit what came last."""
        return {**self.declared, **self.draft.environment, **{name: self.declared[name] for name in self._later}}

    def expand(self, text: str) -> str:
        """Raises: EngineFailed."""
        return expanded(text, self.variables, self._escape)

    def declare(self, name: str, default: str | None, *, kit: bool = False) -> str | None:
        """ARG; what it is worth.

        Source: buildkit, dockerfile2llb (dispatchArg), tried on 0.8 and 0.25; docker's documentation has it otherwise.
        """
        self.names[name] = None
        value = self._arguments.value(name, default)
        if value is not None:
            self.declared[name] = value
            self._later |= {name} if kit else set()
        return value

    def follow(self, base: "Work") -> None:
        """Begin with the arguments of the stage that it is based on.

        Source: docs.docker.com, Build variables ("automatically inherited by child stages"), 2026-11.
        """
        self.declared, self.names, self._later = dict(base.declared), dict(base.names), set(base._later)

    def settle(self, names: Iterable[str]) -> None:
        """ENV."""
        self._later -= set(names)

    @property
    def arguments(self) -> dict[str, str]:
        """What RUN finds in its environment besides ENV."""
        known = self.draft.environment
        every = {**self._arguments.predefined(), **self.declared}
        return {name: value for name, value in sorted(every.items()) if name not in known or name in self._later}

    def told(self, *, kit: bool) -> dict[str, str]:
        """The arguments that the history of RUN shows."""
        if not kit:
            return {name: value for name, value in self.arguments.items() if name in self.declared}
        return {name: self.variables.get(name, "") for name in self.names}

    def become(self, draft: Draft) -> None:
        """Go on from an image that an instruction has made before."""
        self.draft = draft
        self.close()

    def layer(self, changes: Changes, *, always: bool = False) -> Layer | None:
        """Write what changed, if anything did, or `always`."""
        if not (always or changes.written or changes.deleted):
            return None
        return self.tree.layer(changes, self.blobs)

    def close(self) -> None:
        if self._tree is not None:
            discard(self._tree.root)
            self._tree = None
