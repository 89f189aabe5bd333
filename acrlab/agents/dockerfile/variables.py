"""The variables in the words of an instruction, as a shell would put them in."""

from collections.abc import Callable, Mapping

from acrlab.agents.dockerfile.shellpattern import replaced, without_prefix, without_suffix
from acrlab.agents.dockerfile.words import SPACE
from acrlab.agents.protocol import EngineFailed
from acrlab.domain.tasks.gotemplate.lexer import quoted

_DEPTH = 20  # defaults within defaults; deeper is no Dockerfile anybody wrote
_SPECIAL = "@*#?-$!0"


def expanded(text: str, values: Mapping[str, str], escape: str = "\\", *, quotes: bool = True) -> str:
    """The text with its variables put in and, where `quotes` mean anything, without quotes.

    Raises: EngineFailed.
    Source: Dockerfile reference, "Environment replacement"; buildkit's shell.Lex for everything it does not say.
    """
    return Lexer(text, values, escape, quotes=quotes).read()[0]


class Lexer:
    """One text, read once. `kept` are quotes that stay, `raw` escapes that stay, `lenient` leaves what is not set."""

    def __init__(
        self, text: str, values: Mapping[str, str], escape: str = "\\", *, quotes: bool = True, kept: bool = False,
        raw: bool = False, lenient: bool = False,
    ) -> None:  # fmt: skip
        self._source, self._text = text, text.removeprefix("\ufeff")
        self._values, self._escape = values, escape
        self._kept, self._raw, self._lenient = kept, raw, lenient
        self._at = self._depth = 0
        self._word = ""  # of the words under way; as in buildkit, a word within a word takes it away
        self._special: dict[str, Callable[[bool], str]] = {"$": self._variable, "<": self._heredoc}
        if quotes:
            self._special |= {"'": self._single, '"': self._double}

    def read(self) -> tuple[str, list[str]]:
        """All of it, and its words. Raises: EngineFailed."""
        try:
            return self._until("", raw=self._raw)
        except EngineFailed as failure:
            raise EngineFailed(f"failed to process {quoted(self._source)}: {failure.text}") from None

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        self._at += len(char)
        return char

    def _until(self, stop: str, *, raw: bool, pattern: bool = False) -> tuple[str, list[str]]:
        before, self._raw, self._depth = self._raw, raw, self._depth + 1
        if self._depth > _DEPTH:
            raise EngineFailed("unsupported modifier in substitution")
        out, words, self._word = "", [], ""
        try:
            while (char := self._peek()) and char != stop:
                out += self._piece(char, words, pattern)
        finally:
            self._raw, self._depth = before, self._depth - 1
        if stop and not self._next():
            raise EngineFailed(f"unexpected end of statement while looking for matching {stop}")
        self._add(" ", words)
        return out, words

    def _piece(self, char: str, words: list[str], pattern: bool) -> str:
        if make := self._special.get(char):
            text = make(pattern)
            if char == "$":
                self._add(text, words)
            else:
                self._word += text
            return text
        self._at += 1
        if char != self._escape:
            self._add(char, words)
            return char
        text = (char if self._raw else "") + self._next()
        self._word += text
        return text

    def _add(self, text: str, words: list[str]) -> None:
        """White space that is neither quoted nor escaped ends a word."""
        for char in text:
            if char not in SPACE:
                self._word += char
            elif self._word:
                words.append(self._word)
                self._word = ""

    def _single(self, pattern: bool) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            self._at = len(self._text)
            raise EngineFailed("unexpected end of statement while looking for matching single-quote")
        inside, self._at = self._text[self._at + 1 : end], end + 1
        inside = inside.replace(self._escape, self._escape * 2) if pattern else inside
        return f"'{inside}'" if self._kept else inside

    def _double(self, pattern: bool) -> str:
        self._at += 1
        out = ""
        while (char := self._peek()) != '"':
            if not char:
                raise EngineFailed("unexpected end of statement while looking for matching double-quote")
            out += self._variable(pattern) if char == "$" else self._quoted(pattern)
        self._at += 1
        return f'"{out}"' if self._kept else out

    def _quoted(self, pattern: bool) -> str:
        char = self._next()
        if char != self._escape:
            return char
        following = self._peek()
        if following and following in ('"', "$", self._escape):
            return (char if self._raw else "") + self._next()
        if not following:
            return ""
        return char * 2 if self._raw and (pattern or not self._kept) else char

    def _heredoc(self, _: bool) -> str:
        self._at += 1
        if self._peek() != "<":
            return "<"
        start = self._at
        self._at += 1
        while (char := self._peek()) and char in "\t\r ":
            self._at += 1
        return "<" + self._text[start : self._at]

    def _variable(self, _: bool) -> str:
        self._at += 1
        if self._peek() == "{":
            self._at += 1
            return self._braced()
        name = self._name()
        if not name:
            return "$"
        return f"${name}" if self._lenient and name not in self._values else self._values.get(name, "")

    def _name(self) -> str:
        start, first = self._at, self._peek()
        if first and first in _SPECIAL and not first.isdecimal():
            return self._next()
        letters = str.isdecimal if first.isdecimal() else _in_name
        while (char := self._peek()) and letters(char):
            self._at += 1
        return self._text[start : self._at]

    def _braced(self) -> str:
        first = self._peek()
        if not first:
            raise EngineFailed("syntax error: missing '}'")
        if first in "{}:":
            raise EngineFailed("syntax error: bad substitution")
        name, modifier = self._name(), self._next()
        if modifier == "}":
            return f"${{{name}}}" if self._lenient and name not in self._values else self._values.get(name, "")
        if modifier == "/":
            return self._exchanged(name)
        if modifier == ":":
            return self._modified(name, ":", self._next())
        if modifier and modifier in "+-?#%":
            return self._modified(name, "", modifier)
        raise EngineFailed(f"unsupported modifier ({modifier or chr(0xFFFD)}) in substitution")

    def _modified(self, name: str, colon: str, modifier: str) -> str:
        cut = bool(modifier) and modifier in "#%"
        shown = f"{colon}{modifier or chr(0xFFFD)}"
        if colon and cut:
            raise EngineFailed(f"unsupported modifier ({shown}) in substitution")
        word = self._inner("}", "syntax error: missing '}'", raw=cut, pattern=cut)
        value = self._values.get(name)
        if self._lenient and value is None:
            return f"${{{name}{shown}{word}}}"
        if make := _MODIFIERS.get(modifier):
            return make(name, value, word, bool(colon))
        raise EngineFailed(f"unsupported modifier ({shown}) in substitution")

    def _exchanged(self, name: str) -> str:
        every = self._peek() == "/"
        self._at += every
        pattern = self._inner("/", "syntax error: missing '/' in ${}", raw=True, pattern=True)
        new = self._inner("}", "syntax error: missing '}'", raw=True)
        value = self._values.get(name)
        if self._lenient and value is None:
            return f"${{{name}/{pattern}/{new}}}"
        return replaced(pattern, value or "", new, every=every)

    def _inner(self, stop: str, missing: str, *, raw: bool, pattern: bool = False) -> str:
        try:
            return self._until(stop, raw=raw, pattern=pattern)[0]
        except EngineFailed as failure:
            raise failure if self._peek() else EngineFailed(missing) from None


def _in_name(char: str) -> bool:
    return char.isalpha() or char.isdecimal() or char == "_"


def _default(name: str, value: str | None, word: str, colon: bool) -> str:
    return word if value is None or (colon and not value) else value


def _instead(name: str, value: str | None, word: str, colon: bool) -> str:
    return "" if value is None or (colon and not value) else word


def _demanded(name: str, value: str | None, word: str, colon: bool) -> str:
    if value is None:
        raise EngineFailed(f"{name}: {word or 'is not allowed to be unset'}")
    if colon and not value:
        raise EngineFailed(f"{name}: {word or 'is not allowed to be empty'}")
    return value


def _without_prefix(name: str, value: str | None, word: str, colon: bool) -> str:
    return without_prefix(word.removeprefix("#"), value or "", greedy=word.startswith("#"))


def _without_suffix(name: str, value: str | None, word: str, colon: bool) -> str:
    return without_suffix(word.removeprefix("%"), value or "", greedy=word.startswith("%"))


_MODIFIERS: Mapping[str, Callable[[str, str | None, str, bool], str]] = {
    "-": _default, "+": _instead, "?": _demanded, "#": _without_prefix, "%": _without_suffix,
}  # fmt: skip
