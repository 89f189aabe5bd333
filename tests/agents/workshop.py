"""Contexts and agents for the tests of engines."""

import functools
import re
import subprocess
import threading
from pathlib import Path

import pytest

from acrlab.agents.confine.probe import probe
from acrlab.agents.engines import engine
from acrlab.agents.protocol import Build, EngineFailed
from acrlab.agents.tree import Tree
from tests.agents.doubles import Kept

TAG = "r.azurecr.io/app:1"
PROGRAMS = ("sh", "cat", "ls", "rm", "mkdir", "id", "chmod", "chown", "ln", "mv", "touch", "env", "sleep", "cp", "test")
CONFINES = probe().run
ENGINES = ("none", "embedded") if CONFINES else ("none",)
confines = pytest.mark.skipif(not CONFINES, reason=f"NOT PROBED: {'; '.join(probe().reasons)}")
users = pytest.mark.skipif(not probe().users, reason="NOT PROBED: nobody but root exists where processes are confined")
NOW = 1795443426.0


class Workshop:
    """A context, an agent and registries; `build` gives the lines of the log."""

    def __init__(self, folder: Path, name: str, upstreams=lambda host: None):
        self.context, self.registries = folder / "context", Kept(upstreams)
        self.context.mkdir()
        self.agent = engine(name, lambda: NOW).agent(folder / "agent", self.registries)
        self.said = bytearray()
        self.built = None

    def files(self, **files):
        """Two underscores stand for a slash, and _DOT_ for a dot."""
        return self.place({name.replace("__", "/").replace("_DOT_", "."): content for name, content in files.items()})

    def place(self, files):
        for name, content in files.items():
            path = self.context / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return self

    def build(self, dockerfile, **options):
        (self.context / "Dockerfile").write_text(dockerfile)
        self.said.clear()
        given = {"context": self.context, "dockerfile": "Dockerfile", "tags": (TAG,)} | options
        self.built = self.agent.build(Build(**given), self.said.extend, threading.Event())
        return self.lines

    def fails(self, dockerfile, **options):
        try:
            self.build(dockerfile, **options)
        except EngineFailed as failure:
            return failure.text
        raise AssertionError("it was built")

    @property
    def lines(self):
        """Without the digits that are different each time."""
        text = self.said.decode()
        text = re.sub(r"(--->|Running in|container|built) [0-9a-f]{12}$", r"\1 ID", text, flags=re.MULTILINE)
        return text.splitlines()

    @property
    def images(self):
        return self.agent._images

    @property
    def image(self):
        return self.images.find(TAG)

    @property
    def config(self):
        return self.images.config(self.image)

    def unpacked(self, folder):
        """The files of the image."""
        folder.mkdir()
        tree = Tree(folder, windows=self.config["os"] == "windows")
        for layer in self.image.layers:
            tree.apply(self.images.blob(layer.digest))
        return tree

    def shell(self):
        """Put enough of this machine into the context to run a shell: COPY host /"""
        for path in closure():
            target = self.context / "host" / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(path).read_bytes())
            target.chmod(0o755)
        return self


def names(tree):
    return sorted(path.relative_to(tree.root).as_posix() for path in tree.root.rglob("*"))


@functools.cache
def closure():
    found = {f"/bin/{name}" for name in PROGRAMS}
    for name in tuple(found):
        said = subprocess.run(["ldd", name], capture_output=True, text=True, check=True).stdout
        found.update(re.findall(r"(/\S+)", said))
    return sorted(found)
