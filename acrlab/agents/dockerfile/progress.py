"""The log of a build, as BuildKit writes it with --progress=plain.

Source: inferred (buildkit, util/progress/progressui; the text of BuildKit's errors: solver/errdefs).
"""

import time

from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.log import human
from acrlab.agents.protocol import EngineFailed, Sink

SHOWN = frozenset({"ADD", "COPY", "FROM", "RUN", "WORKDIR"})
_AROUND = 3  # lines of the Dockerfile shown before and after the one that failed


class Progress:
    """Numbered vertices, each with its lines and its time."""

    def __init__(self, sink: Sink, text: str, name: str) -> None:
        self._sink, self._text, self._name = sink, text, name
        self.totals: dict[str, int] = {}  # stage -> its shown instructions
        self._counts: dict[str, int] = {}
        self._vertex, self._title, self._open = 0, "", False
        self._since, self._said, self._rest = 0.0, bytearray(), b""

    def context(self, size: int, dockerfile: int) -> None:
        self._begin(f"[internal] load build definition from {self._name}")
        self.note(f"transferring dockerfile: {human(dockerfile)} done")
        self.done("")
        self._begin("[internal] load build context")
        self.note(f"transferring context: {human(size)} done")
        self.done("")

    def parse_failed(self, failure: EngineFailed) -> EngineFailed:
        text = failure.text.replace("dockerfile parse error line", "dockerfile parse error on line")
        return EngineFailed(f"ERROR: failed to solve: {text}", failure.code)

    def step(self, instruction: Instruction, stage: str) -> None:
        if instruction.keyword not in SHOWN:
            return
        number = self._counts[stage] = self._counts.get(stage, 0) + 1
        name = "" if stage.isdigit() and len(self.totals) == 1 else f"{'stage-' if stage.isdigit() else ''}{stage} "
        self._begin(f"[{name}{number}/{self.totals.get(stage, number)}] {instruction.text}")

    def container(self, id: str) -> None:
        self._since = time.monotonic()

    def output(self, data: bytes) -> None:
        self._said = (self._said + data)[-4096:]
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(f"{time.monotonic() - self._since:.3f} ".encode() + line)

    def removed(self, id: str) -> None:
        if self._rest:
            self.output(b"\n")

    def note(self, text: str) -> None:
        self._line(text.encode())

    def cached(self) -> None:
        if self._open:
            self._line(b"CACHED\n")
            self._open = False

    def done(self, image: str) -> None:
        if self._open:
            self._line(f"DONE {time.monotonic() - self._since:.1f}s\n".encode())
            self._open = False

    def failed(self, failure: EngineFailed, instruction: Instruction | None) -> EngineFailed:
        if self._open:
            self.removed("")
            self._line(f"ERROR: {failure.text}".encode())
            self._sink(f"------\n > {self._title}:\n".encode() + bytes(self._said) + b"------\n")
        if instruction:
            self._sink(self._excerpt(instruction.line).encode())
        return EngineFailed(f"ERROR: failed to solve: {failure.text}", failure.code)

    def finished(self, image: str, tags: list[str]) -> None:
        self._begin("exporting to image")
        self.note("exporting layers done")
        self.note(f"writing image {image} done")
        for tag in tags:
            self.note(f"naming to {tag} done")
        self.done("")

    def _begin(self, title: str) -> None:
        self._vertex += 1
        self._title, self._open, self._since, self._said, self._rest = title, True, time.monotonic(), bytearray(), b""
        self._line(title.encode())

    def _line(self, text: bytes) -> None:
        self._sink(f"#{self._vertex} ".encode() + text + b"\n")

    def _excerpt(self, line: int) -> str:
        lines = self._text.replace("\r\n", "\n").split("\n")
        first = max(1, line - _AROUND)
        rows = [
            f"{number:4} | {'>>>' if number == line else '   '} {text}"
            for number, text in enumerate(lines[first - 1 : line + _AROUND], first)
        ]
        return "\n".join([f"{self._name}:{line}", "-" * 20, *rows, "-" * 20, ""])
