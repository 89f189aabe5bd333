"""The command line of a step as the agent's shell reads it: `/bin/sh -c "docker run … <cmd>"`.

Source: recorded ($HOME is the agent's, backticks and && run on the agent); spec (POSIX shell: quoting, lists,
pipelines, redirections). What needs more than that (subshells, loops, here-documents) is refused; nothing is globbed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Union

import msgspec

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*|[0-9?#@*!$-])(?:(:?[-+=?])([^{}$`\"'\\]*))?\}")
OPERATORS = ("&&", "||", ";;", ";", "|", "&", "\n", "(", ")")
REDIRECTION = re.compile(r"(\d?)(>>|>&|>\||>|<<|<&|<)")
RESERVED = frozenset((
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!", "in",
))  # fmt: skip
LONGEST, DEEPEST = 1 << 20, 20


class ShellInvalid(ValueError):
    """A line that the shell does not take, in its words; or that is not emulated."""


class Literal(msgspec.Struct, frozen=True):
    """Text as it is. Quoted text is a word even when it is empty."""

    text: str
    quoted: bool = False


class Parameter(msgspec.Struct, frozen=True):
    """`$name`, or `${name:-word}`."""

    name: str
    quoted: bool
    rule: str = ""
    word: str = ""


class Substitution(msgspec.Struct, frozen=True):
    """`$(command)`."""

    script: "Script"
    quoted: bool


Part = Union[Literal, Parameter, Substitution]  # noqa: UP007 (names a class below)
Word = tuple[Part, ...]


class Redirection(msgspec.Struct, frozen=True):
    """`2> file`: which stream, how, and the file or the stream it goes to."""

    stream: str
    operator: str
    target: Word


class Simple(msgspec.Struct, frozen=True):
    """One command."""

    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...] = ()


class Pipeline(msgspec.Struct, frozen=True):
    """Commands, each reading what the one before writes. `after` is the operator before it: ;, && or ||."""

    after: str
    commands: tuple[Simple, ...]


Script = tuple[Pipeline, ...]


def parse(text: str, depth: int = 0) -> Script:
    """The pipelines of a line. Raises: ShellInvalid."""
    if len(text) > LONGEST or depth > DEEPEST:
        raise ShellInvalid("/bin/sh: 1: Argument list too long")
    return _Parser(text, depth).script()


def expand(word: Word, variables: Mapping[str, str], run: Callable[[Script], str]) -> list[str]:
    """The fields of a word: what is not quoted is split at white space. `run` gives a command's output."""
    fields: list[str] = []
    current: str | None = None
    for part in word:
        text = _text(part, variables, run)
        if isinstance(part, Literal) or part.quoted:
            current = (current or "") + text
            continue
        pieces = text.split()
        if text[:1].isspace() and current is not None:
            fields, current = [*fields, current], None
        for place, piece in enumerate(pieces):
            if place and current is not None:
                fields, current = [*fields, current], None
            current = (current or "") + piece
        if pieces and text[-1:].isspace() and current is not None:
            fields, current = [*fields, current], None
    return fields if current is None else [*fields, current]


def _text(part: Part, variables: Mapping[str, str], run: Callable[[Script], str]) -> str:
    if isinstance(part, Literal):
        return part.text
    if isinstance(part, Substitution):
        return run(part.script).rstrip("\n")
    value = variables.get(part.name)
    unset = value is None or (part.rule.startswith(":") and not value)
    if part.rule.endswith("+"):
        return "" if unset else part.word
    if unset and part.rule.endswith(("-", "=")):
        return part.word
    if unset and part.rule.endswith("?"):
        raise ShellInvalid(f"/bin/sh: 1: {part.name}: {part.word or 'parameter not set or null'}")
    return value or ""


class _Parser:
    def __init__(self, text: str, depth: int) -> None:
        self.text, self.at, self.depth = text.replace("\r\n", "\n"), 0, depth

    def script(self) -> Script:
        found: list[Pipeline] = []
        after, commands = ";", list[Simple]()
        while True:
            simple = self._simple()
            operator = self._operator()
            if simple:
                commands.append(simple)
            elif operator not in ("", "\n") or commands or (after in ("&&", "||") and not operator):
                self._unexpected(operator)
            if operator == "|":
                continue
            if commands:
                found.append(Pipeline(after, tuple(commands)))
                commands = []
                after = ";"
            if operator in ("&&", "||"):
                after = operator
            if not operator:
                return tuple(found)

    def _unexpected(self, operator: str) -> None:
        told = {"": "end of file", "\n": "newline"}.get(operator, f'"{operator}"')
        raise ShellInvalid(f"/bin/sh: 1: Syntax error: {told} unexpected")

    def _blank(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t") or self.text.startswith("\\\n", self.at):
            self.at += 2 if self.text[self.at] == "\\" else 1

    def _operator(self) -> str:
        self._blank()
        for operator in OPERATORS:
            if self.text.startswith(operator, self.at):
                if operator in ("(", ")", "&", ";;"):
                    raise ShellInvalid(f"acrlab: the agent's shell does not take {operator} here: put it in bash -c")
                self.at += len(operator)
                return operator
        return ""

    def _simple(self) -> Simple | None:
        words: list[Word] = []
        redirections: list[Redirection] = []
        while True:
            self._blank()
            rest = self.text[self.at : self.at + 2]
            if not rest or rest.startswith(OPERATORS):
                break
            if rest[0] == "#":
                self.at = (self.text.find("\n", self.at) + 1 or len(self.text) + 1) - 1
                continue
            found = REDIRECTION.match(self.text, self.at)
            if found:
                redirections.append(self._redirection(found))
                continue
            words.append(self._word())
        self._check(words)
        return Simple(tuple(words), tuple(redirections)) if words or redirections else None

    def _check(self, words: list[Word]) -> None:
        first = words[0][0] if words and len(words[0]) == 1 else None
        if isinstance(first, Literal) and not first.quoted and first.text in RESERVED:
            raise ShellInvalid(f"acrlab: the agent's shell does not take {first.text} here: put it in bash -c")

    def _redirection(self, found: re.Match[str]) -> Redirection:
        if found[2] in ("<<", "<&"):
            raise ShellInvalid(f"acrlab: the agent's shell does not take {found[2]} here: put it in bash -c")
        self.at = found.end()
        self._blank()
        if self.text[self.at : self.at + 1] in ("", "\n", ";", "&", "|", "<", ">", "(", ")"):
            self._unexpected(self.text[self.at : self.at + 1])
        return Redirection(found[1], found[2], self._word())

    def _word(self) -> Word:
        parts: list[Part] = []
        plain = ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t\n;&|()<>":
                break
            reader = _READERS.get(char)
            if reader is None:
                plain += char
                self.at += 1
                continue
            if plain:
                parts, plain = [*parts, Literal(plain)], ""
            parts += reader(self)
        return tuple([*parts, Literal(plain)] if plain else parts)

    def _backslash(self) -> list[Part]:
        char = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        return [] if char == "\n" else [Literal(char or "\\", True)]

    def _single(self) -> list[Part]:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ShellInvalid("/bin/sh: 1: Syntax error: Unterminated quoted string")
        text, self.at = self.text[self.at + 1 : end], end + 1
        return [Literal(text, True)]

    def _double(self) -> list[Part]:
        self.at += 1
        parts: list[Part] = []
        plain = ""
        while self.at < len(self.text) and self.text[self.at] != '"':
            char = self.text[self.at]
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in ("$", "`", '"', "\\", "\n"):
                plain += self.text[self.at + 1].replace("\n", "")
                self.at += 2
            elif char in "$`":
                parts += [Literal(plain, True)] if plain else []
                plain = ""
                parts += self._dollar(True) if char == "$" else self._backtick(True)
            else:
                plain += char
                self.at += 1
        if self.at >= len(self.text):
            raise ShellInvalid("/bin/sh: 1: Syntax error: Unterminated quoted string")
        self.at += 1
        return [*parts, Literal(plain, True)]

    def _dollar(self, quoted: bool = False) -> list[Part]:
        self.at += 1
        if self.text.startswith("((", self.at):
            raise ShellInvalid("acrlab: the agent's shell does not take $(( here: put it in bash -c")
        if self.text.startswith("(", self.at):
            return self._parenthesis(quoted)
        if self.text.startswith("{", self.at):
            found = BRACED.match(self.text, self.at)
            if not found:
                raise ShellInvalid("/bin/sh: 1: Bad substitution")
            self.at = found.end()
            return [Parameter(found[1], quoted, found[2] or "", found[3] or "")]
        name = NAME.match(self.text, self.at)
        text = name[0] if name else self.text[self.at : self.at + 1]
        if not name and (not text or text not in "0123456789?#@*!$-"):
            return [Literal("$", quoted)]
        self.at += len(text)
        return [Parameter(text, quoted)]

    def _parenthesis(self, quoted: bool) -> list[Part]:
        start, level, at = self.at + 1, 0, self.at
        quote = ""
        while at < len(self.text):
            char = self.text[at]
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            elif char == "\\":
                at += 1
            elif char in "()":
                level += 1 if char == "(" else -1
                if not level:
                    self.at = at + 1
                    return [Substitution(parse(self.text[start:at], self.depth + 1), quoted)]
            at += 1
        raise ShellInvalid('/bin/sh: 1: Syntax error: end of file unexpected (expecting ")")')

    def _backtick(self, quoted: bool = False) -> list[Part]:
        text, at = "", self.at + 1
        while at < len(self.text) and self.text[at] != "`":
            if self.text[at] == "\\" and self.text[at + 1 : at + 2] in ("`", "\\", "$"):
                at += 1
            text += self.text[at]
            at += 1
        if at >= len(self.text):
            raise ShellInvalid("/bin/sh: 1: Syntax error: EOF in backquote substitution")
        self.at = at + 1
        return [Substitution(parse(text, self.depth + 1), quoted)]


_READERS: dict[str, Callable[[_Parser], list[Part]]] = {
    "\\": _Parser._backslash, "'": _Parser._single, '"': _Parser._double, "$": _Parser._dollar,
    "`": _Parser._backtick,
}  # fmt: skip
