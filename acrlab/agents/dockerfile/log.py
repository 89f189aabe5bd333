"""The log of a build, as docker's legacy builder writes it.

Source: recorded (acr-tasks-logs); moby, builder/dockerfile, for what the recordings do not show.
"""

from typing import Protocol

from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.protocol import EngineFailed, Sink


class Log(Protocol):
    """What is told of a build while it goes on."""

    def context(self, size: int, dockerfile: int) -> None:
        """The context was taken. Units: bytes."""
        ...

    def parse_failed(self, failure: EngineFailed) -> EngineFailed:
        """The Dockerfile cannot be built at all."""
        ...

    def step(self, instruction: Instruction, stage: str) -> None:
        """An instruction begins."""
        ...

    def container(self, id: str) -> None:
        """A container was made for it."""
        ...

    def output(self, data: bytes) -> None:
        """What it prints."""
        ...

    def removed(self, id: str) -> None:
        """Its container is gone."""
        ...

    def note(self, text: str) -> None:
        """A line of the builder's own."""
        ...

    def cached(self) -> None:
        """The instruction is not done again."""
        ...

    def done(self, image: str) -> None:
        """The instruction has made an image."""
        ...

    def failed(self, failure: EngineFailed, instruction: Instruction | None) -> EngineFailed:
        """The build ends here; the error as it is to be raised."""
        ...

    def finished(self, image: str, tags: list[str]) -> None:
        """All is built."""
        ...


class Legacy:
    """Steps, and an id after each."""

    def __init__(self, sink: Sink, steps: int = 0) -> None:
        self._sink, self.steps, self._step = sink, steps, 0

    def context(self, size: int, dockerfile: int) -> None:
        self.note(f"Sending build context to Docker daemon  {human(size)}")

    def parse_failed(self, failure: EngineFailed) -> EngineFailed:
        return EngineFailed(f"Error response from daemon: {failure.text}")

    def step(self, instruction: Instruction, stage: str) -> None:
        self._step += 1
        self.note(f"Step {self._step}/{self.steps} : {instruction.text}")

    def container(self, id: str) -> None:
        self.note(f" ---> Running in {id[:12]}")

    def output(self, data: bytes) -> None:
        self._sink(data)

    def removed(self, id: str) -> None:
        self.note(f"Removing intermediate container {id[:12]}")

    def note(self, text: str) -> None:
        self._sink(f"{text}\n".encode())

    def cached(self) -> None:
        self.note(" ---> Using cache")

    def done(self, image: str) -> None:
        self.note(f" ---> {short(image)}")

    def failed(self, failure: EngineFailed, instruction: Instruction | None) -> EngineFailed:
        return failure

    def finished(self, image: str, tags: list[str]) -> None:
        self.note(f"Successfully built {short(image)}")
        for tag in tags:
            self.note(f"Successfully tagged {tag}")


def short(digest: str) -> str:
    """The twelve digits that docker shows of an id."""
    return digest.removeprefix("sha256:")[:12]


def human(size: float) -> str:
    """As docker writes sizes: four digits, thousands."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.4g}{unit}"
