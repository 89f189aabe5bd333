"""The instructions of a Dockerfile, each with its line, flags, words and here-documents."""

import itertools
import re
from collections.abc import Callable, Iterator

import msgspec

from acrlab.agents.dockerfile.heredocs import announced
from acrlab.agents.dockerfile.instruction import KEYWORDS, Instruction, failed
from acrlab.agents.dockerfile.options import separated
from acrlab.agents.dockerfile.words import SPACE, halves, json_words, kind_and_rest, pairs
from acrlab.agents.protocol import EngineFailed

_DIRECTIVE = re.compile(rf"#[{SPACE}]*([A-Za-z][A-Za-z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+?)[\t\n\f\r ]*")
_DIRECTIVES = frozenset({"check", "escape", "syntax"})
_LONGEST = 65535  # bytes of a line
_ONBUILD = re.compile(r"[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*", re.IGNORECASE)
_NESTED = 8  # triggers of triggers that are looked into; none is allowed
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"})


class Dockerfile(msgspec.Struct, frozen=True):
    """What a Dockerfile says."""

    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    syntax: str = ""


def parsed(text: str) -> Dockerfile:
    """Read a Dockerfile; whether its instructions can be carried out is not asked here.

    Raises: EngineFailed in docker's words, with the line.
    Source: Dockerfile reference; buildkit's parser, beside which it is tested (tests/peers).
    """
    lines = text.removeprefix("\ufeff").split("\n")
    lines = lines if lines[-1] else lines[:-1]
    short = list(itertools.takewhile(lambda line: len(line.encode()) < _LONGEST, lines))
    directives = _directives(short)
    escape = directives.get("escape", "\\")
    instructions = tuple(_Lines(short, escape).instructions())
    if not instructions:
        raise EngineFailed("the Dockerfile cannot be empty" if not text.strip() else "file with no instructions")
    if len(short) < len(lines):
        raise EngineFailed(f"dockerfile line greater than max allowed size of {_LONGEST}")
    return Dockerfile(instructions, escape, directives.get("syntax", ""))


def _directives(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _DIRECTIVE.fullmatch(line.rstrip("\r").lstrip(SPACE))
        if not match or (name := match[1].lower()) not in _DIRECTIVES:
            break
        if name in found:
            raise failed(number, f"only one {name} parser directive can be used")
        found[name] = match[2]
        if name == "escape" and match[2] not in ("\\", "`"):
            raise failed(number, f"invalid ESCAPE '{match[2]}' does not match ` or \\")
    return found


class _Lines:
    """Reads instructions from the lines of a file."""

    def __init__(self, lines: list[str], escape: str) -> None:
        self._lines, self._escape, self._at = lines, escape, 0
        token = re.escape(escape)
        self._continued = re.compile(rf"(?:(?<=[^{token}])|^){token}[ \t]*\Z")

    def instructions(self) -> Iterator[Instruction]:
        while self._at < len(self._lines):
            first = self._at + 1
            text = self._logical()
            if text is None:
                continue
            try:
                yield self._instruction(text, first)
            except EngineFailed as failure:
                raise failed(first, failure.text) from None

    def _next(self) -> str:
        self._at += 1
        return self._lines[self._at - 1].rstrip("\r")

    def _logical(self) -> str | None:
        """A line with those that continue it; comments and empty lines between them do not end it."""
        text = self._next().lstrip(SPACE)
        text = "" if text.startswith("#") else text
        if not text:
            return None
        text, more = self._shortened(text)
        while more and self._at < len(self._lines):
            line = self._next()
            if (shown := line.lstrip(SPACE)) and not shown.startswith("#"):
                line, more = self._shortened(line)
                text += line
        return text

    def _shortened(self, line: str) -> tuple[str, bool]:
        shorter, count = self._continued.subn("", line)
        return shorter, bool(count)

    def _instruction(self, text: str, line: int) -> Instruction:
        read = _read(text, line, self._escape)
        inner = self._triggered(read) if read.keyword == "ONBUILD" else read
        markers, bodies = [], []
        if inner.keyword in _WITH_HEREDOCS and inner.words is None:
            markers = announced(text)
            bodies = [self._body(each.ends) for each in markers]
        if read.keyword == "ONBUILD" and read.arguments:
            ends = [f"\n{body}{each.name}" for each, body in zip(markers, bodies, strict=True)]
            return msgspec.structs.replace(read, arguments=_ONBUILD.sub("", text, count=1) + "".join(ends))
        heredocs = tuple(each.holding(body) for each, body in zip(markers, bodies, strict=True))
        return msgspec.structs.replace(read, heredocs=heredocs)

    def _triggered(self, read: Instruction) -> Instruction:
        """What ONBUILD keeps for later is read at once."""
        chain = [read]
        while chain[-1].keyword == "ONBUILD" and chain[-1].arguments and len(chain) < _NESTED:
            chain.append(_read(chain[-1].arguments, read.line, self._escape))
        return chain[1] if len(chain) > 1 else read

    def _body(self, ends: Callable[[str], bool]) -> str:
        start = self._at
        while self._at < len(self._lines):
            if ends(self._next()):
                return "".join(f"{line}\n" for line in self._lines[start : self._at - 1])
        raise EngineFailed("unterminated heredoc")


def _read(text: str, line: int, escape: str) -> Instruction:
    name, rest = halves(text.strip(SPACE))
    keyword = name.lower().upper() if name.lower().upper() in KEYWORDS else name
    options, arguments = separated(rest or "", escape)
    arguments = arguments.strip(SPACE)
    if keyword in ("ENV", "LABEL"):
        _check_pairs(keyword, arguments, escape)
    listed = kind_and_rest(arguments)[1] if keyword == "HEALTHCHECK" else arguments
    words = json_words(listed) if keyword in _JSON else None
    return Instruction(keyword=keyword, arguments=arguments, line=line, options=options, words=words)


def _check_pairs(keyword: str, arguments: str, escape: str) -> None:
    try:
        pairs(arguments, escape)
    except EngineFailed as failure:
        raise EngineFailed(failure.text.replace("KEYWORD", keyword, 1)) from None
