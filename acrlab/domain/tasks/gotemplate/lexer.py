"""Template text cut into tokens. Source: spec (Go text/template, actions and lexical rules)."""

import re
from collections.abc import Callable

import msgspec

SPACES = " \t\r\n"
KEYWORDS = frozenset(
    ("block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with")
)  # fmt: skip
NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?"
    r"|\.[0-9][0-9_]*(?:[eE][+-]?[0-9_]+)?)|[+-]"
)
QUOTED = re.compile(r'"(?:\\[^\n]|[^"\\\n])*"')
CHARACTER = re.compile(r"'(?:\\[^\n]|[^'\\\n])*'")
SINGLE = {"=": "assign", "|": "pipe"}


class Token(msgspec.Struct, frozen=True):
    """A piece of the text; `line` counts from one."""

    kind: str
    pos: int
    text: str
    line: int

    def __str__(self) -> str:
        if self.kind == "eof":
            return "EOF"
        if self.kind == "error":
            return self.text
        if self.kind in ("keyword", "dot"):
            return f"<{self.text}>"
        if len(self.text) > 10:
            return quoted(self.text[:10]) + "..."
        return quoted(self.text)


def quoted(text: str) -> str:
    """As Go's %q writes a string."""
    short = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
    short |= {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(short.get(char) or (char if char.isprintable() else _escaped(char)) for char in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def tokens(text: str) -> list[Token]:
    """All tokens; the last one is the end or an error."""
    return _Lexer(text).all()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text, self.pos, self.line, self.parens = text, 0, 1, 0
        self.found: list[Token] = []
        self.ended = False

    def all(self) -> list[Token]:
        trim = False
        while not self.ended:
            trim = self._between(trim)
        return self.found

    def emit(self, kind: str, end: int) -> None:
        text = self.text[self.pos : end]
        self.found.append(Token(kind, self.pos, text, self.line))
        self.skip(end)

    def skip(self, end: int) -> None:
        self.line += self.text.count("\n", self.pos, end)
        self.pos = end

    def error(self, text: str, at: int | None = None) -> None:
        self.found.append(Token("error", self.pos if at is None else at, text, self.line))
        self.ended = True

    def _between(self, trim: bool) -> bool:
        """Text up to the next action, and the action; whether it trims what follows it."""
        if trim:
            self.skip(len(self.text) - len(self.text[self.pos :].lstrip(SPACES)))
        start = self.text.find("{{", self.pos)
        end = len(self.text) if start < 0 else start
        trims = start >= 0 and self.text[start + 2 : start + 3] == "-" and self.text[start + 3 : start + 4] in SPACES
        trims = trims and start + 3 < len(self.text)
        kept = self.pos + len(self.text[self.pos : end].rstrip(SPACES)) if trims else end
        if kept > self.pos:
            self.emit("text", kept)
        self.skip(end)
        if start < 0:
            self.emit("eof", end)
            self.ended = True
            return False
        inner = start + (3 if trims else 2)
        ahead = inner + 1 if trims else inner
        if self.text.startswith("/*", ahead):
            return self._comment(ahead)
        self.found.append(Token("left", self.pos, "{{", self.line))
        self.skip(inner)
        self.parens = 0
        return self._action()

    def _comment(self, start: int) -> bool:
        self.skip(start)
        end = self.text.find("*/", start)
        if end < 0:
            self.error("unclosed comment")
            return False
        after, trims = self._right(end + 2)
        if not after:
            self.error("comment ends before closing delimiter")
            return False
        self.skip(after)
        return trims

    def _right(self, at: int) -> tuple[int, bool]:
        """Where an action that closes here ends, or 0; and whether it trims."""
        if self.text[at : at + 1] and self.text[at] in SPACES and self.text.startswith("-}}", at + 1):
            return at + 4, True
        return (at + 2, False) if self.text.startswith("}}", at) else (0, False)

    def _action(self) -> bool:
        while not self.ended:
            after, trims = self._right(self.pos)
            if after:
                if self.parens:
                    self.error("unclosed left paren")
                    return False
                self.found.append(Token("right", self.pos, "}}", self.line))
                self.skip(after)
                return trims
            if self.pos >= len(self.text):
                self.error("unclosed action")
            else:
                self._one(self.text[self.pos])
        return False

    def _one(self, char: str) -> None:
        if char in SPACES:
            end = self.pos
            while end < len(self.text) and self.text[end] in SPACES and not self._right(end)[1]:
                end += 1
            self.emit("space", end)
        elif char in SINGLE:
            self.emit(SINGLE[char], self.pos + 1)
        elif reader := READERS.get(char):
            reader(self)
        elif char in "+-0123456789":
            self._number()
        elif char.isalnum() or char == "_":
            self._identifier()
        elif " " < char < "\x7f":
            self.emit("char", self.pos + 1)
        else:
            self.error(f"unrecognized character in action: {_named(char)}")

    def _declare(self) -> None:
        if self.text[self.pos + 1 : self.pos + 2] != "=":
            self.error("expected :=")
        else:
            self.emit("declare", self.pos + 2)

    def _paren(self) -> None:
        opens = self.text[self.pos] == "("
        if not opens and not self.parens:
            self.error("unexpected right paren")
            return
        self.parens += 1 if opens else -1
        self.emit("lparen" if opens else "rparen", self.pos + 1)

    def _string(self) -> None:
        found = QUOTED.match(self.text, self.pos)
        if not found:
            self.error("unterminated quoted string")
        else:
            self.emit("string", found.end())

    def _raw(self) -> None:
        end = self.text.find("`", self.pos + 1)
        if end < 0:
            self.error("unterminated raw quoted string")
        else:
            self.emit("raw", end + 1)

    def _character(self) -> None:
        found = CHARACTER.match(self.text, self.pos)
        if not found:
            self.error("unterminated character constant")
        else:
            self.emit("character", found.end())

    def _dot(self) -> None:
        if self.text[self.pos + 1 : self.pos + 2].isdigit():
            self._number()
        else:
            self._word("field", "dot")

    def _variable(self) -> None:
        self._word("variable", "variable")

    def _word(self, kind: str, alone: str) -> None:
        """A field or a variable: its first character, then letters."""
        end = self._letters(self.pos + 1)
        if end == self.pos + 1 and self._terminates(end):
            self.emit(alone, end)
        elif self._terminates(end):
            self.emit(kind, end)
        else:
            self.error(f"bad character {_named(self.text[end])}")

    def _identifier(self) -> None:
        end = self._letters(self.pos)
        if not self._terminates(end):
            self.error(f"bad character {_named(self.text[end])}")
            return
        word = self.text[self.pos : end]
        self.emit("keyword" if word in KEYWORDS else "bool" if word in ("true", "false") else "identifier", end)

    def _number(self) -> None:
        found = NUMBER.match(self.text, self.pos)
        end = found.end() if found else self.pos + 1
        if self._letters(end) > end:
            self.error(f"bad number syntax: {quoted(self.text[self.pos : end + 1])}")
        else:
            self.emit("number", end)

    def _letters(self, end: int) -> int:
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        return end

    def _terminates(self, at: int) -> bool:
        return at >= len(self.text) or self.text[at] in " \t\r\n.,|:)(" or self.text.startswith("}}", at)


def _named(char: str) -> str:
    return f"U+{ord(char):04X}" + (f" '{char}'" if char.isprintable() else "")


READERS: dict[str, Callable[[_Lexer], None]] = {
    ":": _Lexer._declare, "(": _Lexer._paren, ")": _Lexer._paren, '"': _Lexer._string, "`": _Lexer._raw,
    "'": _Lexer._character, ".": _Lexer._dot, "$": _Lexer._variable,
}  # fmt: skip
