"""The here-documents that a line announces."""

import re

import msgspec

from acrlab.agents.dockerfile.variables import Lexer
from acrlab.agents.protocol import EngineFailed

_MARKER = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")
_TABS = re.compile(r"^\t+", re.MULTILINE)


class Heredoc(msgspec.Struct, frozen=True):
    """A here-document; `expand` unless its delimiter was quoted."""

    name: str
    text: str
    expand: bool


class Marker(msgspec.Struct, frozen=True):
    """What announces one: its delimiter, whether variables are put in, whether tabs at the starts of lines go."""

    name: str
    expand: bool
    tabs: bool

    def ends(self, line: str) -> bool:
        return (line.lstrip("\t") if self.tabs else line) == self.name

    def holding(self, text: str) -> Heredoc:
        return Heredoc(self.name, _TABS.sub("", text) if self.tabs else text, self.expand)


def announced(line: str) -> list[Marker]:
    """Raises: EngineFailed for a delimiter whose quotes do not end."""
    if "<<" not in line:
        return []
    try:
        words = Lexer(line, {}, kept=True, raw=True, lenient=True).read()[1]
    except EngineFailed:
        return []
    return [found for word in words if (found := marker(word))]


def marker(word: str) -> Marker | None:
    """The word as one that announces a here-document.

    Source: buildkit, heredocFromMatch.
    """
    match = _MARKER.fullmatch(word)
    if not match or not match[3]:
        return None
    plain = Lexer(match[3], {}, lenient=True).read()[1]
    if len(plain) != 1:
        return None
    quoted = Lexer(match[3], {}, kept=True, lenient=True).read()[1]
    return Marker(plain[0], _quotes(plain[0]) == _quotes(quoted[0]), bool(match[2]))


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')
