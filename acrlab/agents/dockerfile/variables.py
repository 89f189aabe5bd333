"""The variables in the words of an instruction, as a shell would put them in."""

import re
from collections.abc import Mapping

from acrlab.agents.protocol import EngineFailed

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?]")
_DEPTH = 20  # defaults within defaults; deeper is no Dockerfile anybody wrote


def expanded(text: str, values: Mapping[str, str], escape: str = "\\", *, quotes: bool = True) -> str:
    """The text with $NAME, ${NAME}, ${NAME:-x}, ${NAME:+x}, ${NAME:?x} put in; `quotes` removes them as well.

    Raises: EngineFailed.
    Source: Dockerfile reference, "Environment replacement".
    """
    return _Words(text, values, escape, quotes).text("")


class _Words:
    def __init__(self, text: str, values: Mapping[str, str], escape: str, quotes: bool, depth: int = 0) -> None:
        self._text, self._values, self._escape, self._quotes = text, values, escape, quotes
        self._at, self._depth = 0, depth
        if depth > _DEPTH:
            raise EngineFailed("unsupported modifier in substitution")

    def text(self, stop: str) -> str:
        out, double = "", False
        while self._at < len(self._text):
            char = self._text[self._at]
            if stop and char == stop and not double:
                return out
            if char == '"':
                double = not double
            out += self._next(char, double)
        if stop:
            raise EngineFailed("syntax error: missing '}'")
        if double:
            raise EngineFailed("unexpected end of statement while looking for matching double-quote")
        return out

    def _next(self, char: str, double: bool) -> str:
        self._at += 1
        if char == "$":
            return self._variable()
        if char == self._escape:
            return self._escaped(double)
        if char == "'" and not double:
            return self._single()
        return "" if char == '"' and self._quotes else char

    def _escaped(self, double: bool) -> str:
        following = self._text[self._at : self._at + 1]
        self._at += 1
        plain = double and following not in ('"', "$", self._escape)
        return self._escape + following if plain or not self._quotes else following

    def _single(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise EngineFailed("unexpected end of statement while looking for matching single-quote")
        inside, self._at = self._text[self._at : end], end + 1
        return inside if self._quotes else f"'{inside}'"

    def _variable(self) -> str:
        braced = self._text.startswith("{", self._at)
        self._at += braced
        found = _NAME.match(self._text, self._at)
        if not found:
            if braced:
                raise EngineFailed("syntax error: bad substitution")
            return "$"
        self._at = found.end()
        return self._modified(found[0]) if braced else self._values.get(found[0], "")

    def _modified(self, name: str) -> str:
        empty_counts = self._text.startswith(":", self._at)
        self._at += empty_counts
        modifier = self._text[self._at : self._at + 1]
        self._at += 1
        value = self._values.get(name)
        if modifier == "}" and not empty_counts:
            return value or ""
        if not modifier or modifier not in "-+?":
            raise EngineFailed(f"unsupported modifier ({modifier}) in substitution")
        word = self._word()
        present = bool(value) if empty_counts else value is not None
        if modifier == "+":
            return word if present else ""
        if modifier == "?" and not present:
            raise EngineFailed(f"{name}: {word or 'not allowed to be unset'}")
        return (value or "") if present else word

    def _word(self) -> str:
        inner = _Words(self._text, self._values, self._escape, self._quotes, self._depth + 1)
        inner._at = self._at
        word = inner.text("}")
        self._at = inner._at + 1
        return word
