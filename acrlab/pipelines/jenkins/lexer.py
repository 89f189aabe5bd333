"""A Jenkinsfile as tokens. Line ends count: they end statements."""

import re
from typing import NamedTuple

from acrlab.pipelines.refusals import PipelineRefused, not_in_subset

MARKS = ("==", "!=", "&&", "||", "?.", "->", *"{}()[],:.=+!;?*-<>")
_NUMBER, _NAME = re.compile(r"\d+"), re.compile(r"[A-Za-z_$][\w$]*")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "$": "$", "\n": ""}
_SPACE = re.compile(r"(?:[ \t\r]|//[^\n]*|/\*.*?\*/)+", re.DOTALL)


class Piece(NamedTuple):
    """Part of a text in double quotes: as it stands, or code whose value it is."""

    code: bool
    text: str
    line: int


class Token(NamedTuple):
    """`kind` is name, number, text, mark, line or end. `spaced`: blanks stand before it."""

    kind: str
    value: str
    line: int
    spaced: bool = False
    pieces: tuple[Piece, ...] = ()


class _Lexer:
    def __init__(self, source: str, line: int) -> None:
        self.source, self.at, self.line = source, 0, line
        self.found: list[Token] = []

    def tokens(self) -> list[Token]:
        if self.source.startswith("#!"):
            self.at = self.source.find("\n") if "\n" in self.source else len(self.source)
        while True:
            spaced = self._skip()
            if self.at >= len(self.source):
                break
            self._next(spaced)
        self.found.append(Token("end", "", self.line))
        return self.found

    def _skip(self) -> bool:
        match = _SPACE.match(self.source, self.at)
        if match is None:
            return False
        self.line += match[0].count("\n")
        self.at = match.end()
        return True

    def _next(self, spaced: bool) -> None:
        character = self.source[self.at]
        if character == "\n":
            self.found.append(Token("line", "\n", self.line))
            self.at, self.line = self.at + 1, self.line + 1
        elif character in "'\"":
            self._text(character, spaced)
        elif match := _NAME.match(self.source, self.at) or _NUMBER.match(self.source, self.at):
            self._add("number" if match[0][0].isdecimal() else "name", match[0], spaced)
        else:
            mark = next((each for each in MARKS if self.source.startswith(each, self.at)), "")
            if not mark:
                raise not_in_subset(f"`{character}`", self.line)
            self._add("mark", mark, spaced)

    def _add(self, kind: str, value: str, spaced: bool) -> None:
        self.found.append(Token(kind, value, self.line, spaced))
        self.at += len(value)

    def _text(self, quote: str, spaced: bool) -> None:
        start = self.line
        long = self.source.startswith(quote * 3, self.at)
        end = quote * 3 if long else quote
        self.at += len(end)
        pieces: list[Piece] = []
        plain = ""
        while not self.source.startswith(end, self.at):
            if self.at >= len(self.source) or (not long and self.source[self.at] == "\n"):
                raise PipelineRefused("a text has no end", start)
            character = self.source[self.at]
            if character == "\\":
                plain += self._escape()
            elif character == "$" and quote == '"' and (code := self._code()):
                pieces += [Piece(False, plain, self.line), Piece(True, code, self.line)]
                plain = ""
            else:
                plain += character
                self.line += character == "\n"
                self.at += 1
        self.at += len(end)
        pieces.append(Piece(False, plain, start))
        self.found.append(Token("text", "", start, spaced, tuple(pieces)))

    def _escape(self) -> str:
        following = self.source[self.at + 1 : self.at + 2]
        self.at += 2
        self.line += following == "\n"
        if following not in _ESCAPES:
            raise PipelineRefused(f"unexpected char: '\\{following}'", self.line)
        return _ESCAPES[following]

    def _code(self) -> str:
        """The code of ${…} or $name.name; empty for a dollar that is only one."""
        if not self.source.startswith("${", self.at):
            match = _REFERENCE.match(self.source, self.at + 1)
            self.at += 1 + len(match[0]) if match else 0
            return match[0] if match else ""
        depth, start = 1, self.at + 2
        end = start
        while end < len(self.source) and depth:
            depth += {"{": 1, "}": -1}.get(self.source[end], 0)
            end += 1
        if depth:
            raise PipelineRefused("${ has no end", self.line)
        self.at = end
        return self.source[start : end - 1].strip() or "null"


def tokens(source: str, line: int = 1) -> list[Token]:
    """Raises: PipelineRefused."""
    return _Lexer(source, line).tokens()
