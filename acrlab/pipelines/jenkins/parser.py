"""Tokens as statements: the part of Groovy that pipelines are written in."""

from collections.abc import Callable

from acrlab.pipelines.jenkins import lexer
from acrlab.pipelines.jenkins.lexer import Token
from acrlab.pipelines.jenkins.syntax import (
    Assign,
    Binary,
    Call,
    Closure,
    Define,
    Expression,
    If,
    Index,
    Literal,
    Member,
    Name,
    Not,
    Pairs,
    Several,
    Statement,
    Template,
    Try,
)
from acrlab.pipelines.refusals import PipelineRefused, not_in_subset

DEEPEST = 100
NOT_HERE = ("for", "while", "switch", "class", "import", "return", "throw", "new", "do", "enum", "interface", "static")
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
LEVELS = (("||",), ("&&",), ("==", "!="), ("+",))


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    # Tokens

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def looks(self, *marks: str) -> bool:
        return self.now.kind == "mark" and self.now.value in marks

    def take(self, mark: str = "") -> Token:
        token = self.now
        if mark and not self.looks(mark):
            seen = token.value.strip() or "the end of a line"
            raise PipelineRefused(f"expecting {mark!r}, found {seen!r}", token.line)
        self.at += 1
        return token

    def lines(self) -> None:
        while self.now.kind == "line" or self.looks(";"):
            self.at += 1

    def named(self) -> Token:
        token = self.take()
        if token.kind != "name":
            raise PipelineRefused(f"expecting a name, found {token.value!r}", token.line)
        return token

    # Statements

    def statements(self, end: str) -> tuple[Statement, ...]:
        found: list[Statement] = []
        self.lines()
        while not (self.looks(end) if end else self.now.kind == "end"):
            if self.now.kind == "end":
                raise PipelineRefused(f"expecting {end!r}, found the end of the file", self.now.line)
            found.append(self.statement())
            if not (self.now.kind in ("line", "end") or self.looks(";", "}")):
                raise PipelineRefused(f"unexpected token: {self.now.value or 'a text'!r}", self.now.line)
            self.lines()
        return tuple(found)

    def block(self) -> tuple[Statement, ...]:
        self.take("{")
        self.depth += 1
        if self.depth > DEEPEST:
            raise PipelineRefused("the blocks are too deep", self.now.line)
        found = self.statements("}")
        self.take("}")
        self.depth -= 1
        return found

    def statement(self) -> Statement:
        token = self.now
        if token.kind == "name" and token.value in NOT_HERE:
            raise not_in_subset(f"`{token.value}`", token.line)
        special: dict[str, Callable[[], Statement]] = {
            "def": self.define, "if": self.condition, "try": self.attempt
        }  # fmt: skip
        if token.kind == "name" and token.value in special:
            return special[token.value]()
        if token.kind == "name" and token.value == "String" and self.tokens[self.at + 1].kind == "name":
            return self.define()
        found = self.command()
        if not self.looks("="):
            return found
        self.take("=")
        self.lines()
        return Assign(found, self.command(), token.line)

    def define(self) -> Define:
        line = self.take().line
        name = self.named().value
        if not self.looks("="):
            return Define(name, None, line)
        self.take("=")
        self.lines()
        return Define(name, self.command(), line)

    def condition(self) -> If:
        line = self.take().line
        self.take("(")
        test = self.expression()
        self.take(")")
        then = self.block() if self.looks("{") else (self.statement(),)
        other: tuple[Statement, ...] = ()
        if self._follows("else"):
            other = self.block() if self.looks("{") else (self.statement(),)
        return If(test, then, other, line)

    def _follows(self, word: str) -> bool:
        """Whether a word comes next, on this line or a later one; then it is taken."""
        before = self.at
        self.lines()
        if self.now.kind == "name" and self.now.value == word:
            self.at += 1
            return True
        self.at = before
        return False

    def attempt(self) -> Try:
        line = self.take().line
        body, caught = self.block(), ""
        rescue: tuple[Statement, ...] = ()
        last: tuple[Statement, ...] = ()
        if self._follows("catch"):
            self.take("(")
            names = [self.named().value]
            while not self.looks(")"):
                names.append(self.named().value)
            self.take(")")
            caught, rescue = names[-1], self.block()
        if self._follows("finally"):
            last = self.block()
        return Try(body, caught, rescue, last, line)

    # Expressions

    def command(self) -> Expression:
        """An expression, or a call without parentheses: sh 'ls', image.push 'latest'."""
        found = self.expression()
        if isinstance(found, Name | Member) and self._begins():
            given, named = self.arguments("")
            target, name = (None, found.name) if isinstance(found, Name) else (found.target, found.name)
            closure = self.closure() if self.looks("{") else None
            return Call(target, name, given, named, closure, found.line)
        return found

    def _begins(self) -> bool:
        token = self.now
        return token.kind in ("text", "number", "name") or (self.looks("[") and token.spaced) or self.looks("!")

    def expression(self, level: int = 0) -> Expression:
        if level == len(LEVELS):
            return self.unary()
        left = self.expression(level + 1)
        while self.looks(*LEVELS[level]):
            token = self.take()
            self.lines()
            left = Binary(token.value, left, self.expression(level + 1), token.line)
        return left

    def unary(self) -> Expression:
        if self.looks("!"):
            line = self.take().line
            return Not(self.unary(), line)
        return self.postfix(self.primary())

    def postfix(self, found: Expression) -> Expression:
        while True:
            if self.looks(".", "?."):
                self.take()
                token = self.named()
                found = Member(found, token.value, token.line)
            elif self.looks("[") and not self.now.spaced:
                line = self.take().line
                found = Index(found, self.expression(), line)
                self.take("]")
            elif (self.looks("(") or self.looks("{")) and isinstance(found, Name | Member):
                found = self.call(found)
            else:
                return found

    def call(self, found: Name | Member) -> Call:
        given: tuple[Expression, ...] = ()
        named: dict[str, Expression] = {}
        if self.looks("("):
            self.take("(")
            given, named = self.arguments(")")
            self.take(")")
        closure = self.closure() if self.looks("{") else None
        target, name = (None, found.name) if isinstance(found, Name) else (found.target, found.name)
        return Call(target, name, given, named, closure, found.line)

    def closure(self) -> Closure:
        line = self.now.line
        return Closure(self.block(), line)

    def arguments(self, end: str) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
        given: list[Expression] = []
        named: dict[str, Expression] = {}
        while not (end and self._ends(end)):
            following = self.tokens[self.at + 1]
            if self.now.kind == "name" and following.kind == "mark" and following.value == ":":
                name = self.take().value
                self.take(":")
                self.lines()
                named[name] = self.expression()
            else:
                given.append(self.expression())
            if end:
                self.lines()
            if not self.looks(","):
                break
            self.take(",")
            self.lines()
        return tuple(given), named

    def _ends(self, end: str) -> bool:
        self.lines()
        return self.looks(end)

    def primary(self) -> Expression:
        token = self.take()
        if token.kind == "text":
            return _template(token)
        if token.kind == "number":
            return Literal(int(token.value), token.line)
        if token.kind == "name":
            return Literal(WORDS[token.value], token.line) if token.value in WORDS else Name(token.value, token.line)
        if token.kind == "mark" and token.value == "(":
            found = self.expression()
            self.take(")")
            return found
        if token.kind == "mark" and token.value == "[":
            return self.listing(token.line)
        if token.kind == "mark" and token.value == "{":
            self.at -= 1
            return self.closure()
        raise PipelineRefused(f"unexpected token: {token.value.strip() or 'the end of a line'!r}", token.line)

    def listing(self, line: int) -> Several | Pairs:
        if self.looks(":"):
            self.take(":")
            self.take("]")
            return Pairs({}, line)
        given, named = self.arguments("]")
        self.take("]")
        return Pairs(named, line) if named else Several(given, line)


def _template(token: Token) -> Template:
    pieces: list[str | Expression] = []
    for piece in token.pieces:
        if not piece.code:
            pieces.append(piece.text)
            continue
        inner = _Parser(lexer.tokens(piece.text, piece.line))
        pieces.append(inner.expression())
        if inner.now.kind != "end":
            raise not_in_subset(f"${{{piece.text}}}", piece.line)
    return Template(tuple(each for each in pieces if each != ""), token.line)


def parse(source: str) -> tuple[Statement, ...]:
    """Read a file. Raises: PipelineRefused."""
    try:
        return _Parser(lexer.tokens(source)).statements("")
    except RecursionError:
        raise PipelineRefused("the expressions are too deep") from None
