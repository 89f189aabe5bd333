"""The instructions of a Dockerfile, each with its line, flags, words and here-documents."""

import json
import re
from collections.abc import Iterator

import msgspec

from acrlab.agents.protocol import EngineFailed

# fmt: off
KEYWORDS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})
# fmt: on
_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|$)")
_HEREDOC = re.compile(r"(?<![<\d])<<(-?)(['\"]?)([A-Za-z_][A-Za-z0-9_.]*)\2")
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_JSON_ONLY = frozenset({"SHELL"})
_JSON = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})


class Heredoc(msgspec.Struct, frozen=True):
    """A here-document; `expand` unless its delimiter was quoted."""

    name: str
    text: str
    expand: bool


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction. `words` is set when its arguments are a JSON list."""

    keyword: str
    arguments: str
    line: int
    flags: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()

    @property
    def text(self) -> str:
        """As a build's log shows it."""
        flags = "".join(f"--{name}={value} " if value else f"--{name} " for name, value in self.flags)
        return f"{self.keyword} {flags}{self.arguments}"


class Dockerfile(msgspec.Struct, frozen=True):
    """What a Dockerfile says."""

    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    syntax: str = ""


def parsed(text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises: EngineFailed in docker's words, with the line.
    Source: Dockerfile reference; buildkit's parser for the wording of errors.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    directives = _directives(lines)
    escape = directives.get("escape", "\\")
    if escape not in ("\\", "`"):
        raise _failed(1, f"invalid ESCAPE '{escape}' does not match ` or \\")
    instructions = tuple(_instructions(lines, escape))
    if not instructions:
        raise EngineFailed("the Dockerfile cannot be empty" if not text.strip() else "file with no instructions")
    return Dockerfile(instructions, escape, directives.get("syntax", ""))


def _directives(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _DIRECTIVE.fullmatch(line.strip())
        if not match or (name := match[1].lower()) not in ("escape", "syntax", "check"):
            break
        if name in found:
            raise _failed(number, f"only one {name} parser directive can be used")
        found[name] = match[2]
    return found


def _instructions(lines: list[str], escape: str) -> Iterator[Instruction]:
    at = 0
    while at < len(lines):
        first, (text, at) = at + 1, _logical(lines, at, escape)
        if not text.strip():
            continue
        keyword, _, rest = text.strip().replace("\t", " ", 1).partition(" ")
        keyword = keyword.upper()
        if keyword not in KEYWORDS:
            raise _failed(first, f"unknown instruction: {keyword}")
        heredocs: list[Heredoc] = []
        if keyword in _WITH_HEREDOCS:
            for dash, quote, name in _HEREDOC.findall(rest):
                body, at = _body(lines, at, name, tabs=bool(dash), line=first)
                heredocs.append(Heredoc(name, body, not quote))
        yield _instruction(keyword, rest.strip(), first, tuple(heredocs))


def _logical(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """A line with those that continue it; comments and empty lines between them do not end it."""
    ends = re.compile(re.escape(escape) + r"[ \t]*$")
    text = ""
    while at < len(lines):
        line, at = lines[at], at + 1
        if line.lstrip().startswith("#") or (text and not line.strip()):
            if not text:
                return "", at
            continue
        if not ends.search(line):
            return text + line, at
        text += ends.sub("", line)
    return text, at


def _body(lines: list[str], at: int, name: str, *, tabs: bool, line: int) -> tuple[str, int]:
    taken: list[str] = []
    while at < len(lines):
        text, at = lines[at].lstrip("\t") if tabs else lines[at], at + 1
        if text == name:
            return "".join(f"{each}\n" for each in taken), at
        taken.append(text)
    raise _failed(line, "unterminated heredoc")


def _instruction(keyword: str, rest: str, line: int, heredocs: tuple[Heredoc, ...]) -> Instruction:
    flags: list[tuple[str, str]] = []
    while keyword != "ONBUILD" and (flag := _FLAG.match(rest)):
        flags.append((flag[1], flag[2] or ""))
        rest = rest[flag.end() :]
    if not rest and keyword not in ("CMD", "ENTRYPOINT"):
        raise _failed(line, f"{keyword} requires at least one argument")
    if keyword == "ONBUILD":
        _check_trigger(rest, line)
    words = json_words(rest) if keyword in _JSON else None
    if keyword in _JSON_ONLY and words is None:
        raise _failed(line, f"{keyword} requires the arguments to be in JSON form")
    return Instruction(keyword=keyword, arguments=rest, line=line, flags=tuple(flags), words=words, heredocs=heredocs)


def _check_trigger(rest: str, line: int) -> None:
    trigger = rest.split(maxsplit=1)[0].upper()
    if trigger == "ONBUILD":
        raise _failed(line, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("FROM", "MAINTAINER"):
        raise _failed(line, f"{trigger} isn't allowed as an ONBUILD trigger")
    if trigger not in KEYWORDS:
        raise _failed(line, f"unknown instruction: {trigger}")


def json_words(text: str) -> tuple[str, ...] | None:
    """The words of a JSON list; anything else is for the shell, as docker has it."""
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)


def _failed(line: int, text: str) -> EngineFailed:
    return EngineFailed(f"dockerfile parse error line {line}: {text}")
