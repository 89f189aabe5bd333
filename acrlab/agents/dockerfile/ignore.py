"""Which files of a context a `.dockerignore` leaves out."""

import posixpath

from acrlab.agents.dockerfile.filepattern import Pattern
from acrlab.agents.dockerfile.words import SPACE
from acrlab.agents.protocol import EngineFailed


class Ignored:
    """Patterns from the context's root; the last that matches decides; `!` takes a file in again.

    Raises: EngineFailed for a pattern that is none; docker finds one only when it gets there.
    Source: documentation of `docker build`, section .dockerignore; moby/patternmatcher with its reader of ignore
    files, beside which this is tested (tests/peers).
    """

    def __init__(self, text: str) -> None:
        lines = text.removeprefix("\ufeff").split("\n")
        self._rules = [rule for line in lines if (rule := _rule(line.removesuffix("\r")))]

    def __call__(self, path: str) -> bool:
        """Whether the file or folder, or one of the folders above it, is left out."""
        parts = path.strip("/").split("/")
        names = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        out = False
        for exclude, pattern in self._rules:
            if out != exclude and any(pattern.matches(name) for name in names):
                out = exclude
        return out

    @property
    def exceptions(self) -> bool:
        """Whether a folder that is left out may still hold files that are not."""
        return any(not exclude for exclude, _ in self._rules)


def _rule(line: str) -> tuple[bool, Pattern] | None:
    if line.startswith("#") or not (text := line.strip(SPACE)):
        return None
    taken_in = "!" * text.startswith("!")
    text = text.removeprefix("!").strip(SPACE)
    text = _clean(text) if text else text
    text = text[1:] if len(text) > 1 and text.startswith("/") else text
    # Who matches reads again what the reader of lines has read: a space or a `!` after a slash counts after all.
    text = (taken_in + text).strip(SPACE)
    if not text:
        return None
    text = _clean(text)
    if text == "!":
        raise EngineFailed('illegal exclusion pattern: "!"')
    return not text.startswith("!"), Pattern(text.removeprefix("!"))


def _clean(text: str) -> str:
    return posixpath.normpath("/" + text.lstrip("/") if text.startswith("/") else text)
