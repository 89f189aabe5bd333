"""Tokens made into a tree, and the messages about those that make none. Source: spec (Go text/template/parse)."""

import re
from collections.abc import Collection, Sequence

from acrlab.domain.tasks.gotemplate.lexer import Token, quoted, tokens
from acrlab.domain.tasks.gotemplate.nodes import (
    Action,
    Branch,
    Call,
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Identifier,
    Jump,
    Nil,
    Node,
    Operand,
    Pipe,
    Template,
    TemplateFailed,
    Text,
    Variable,
)

DEEPEST = 50  # pipelines and branches within each other
STARTS = frozenset(
    ("bool", "character", "dot", "field", "identifier", "number", "raw", "string", "variable", "lparen")
)  # fmt: skip
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "'": "'"}


def parse(name: str, text: str, functions: Collection[str]) -> Template:
    """A template of that name; `functions` are those it may call. Raises: TemplateFailed."""
    return _Parser(name, text, functions).all()


class _Parser:
    def __init__(self, name: str, text: str, functions: Collection[str]) -> None:
        self.name, self.text, self.functions = name, text, functions
        self.tokens, self.at = tokens(text), 0
        self.variables, self.ranges, self.depth, self.action = ["$"], 0, 0, 0
        self.trees: dict[str, tuple[Node, ...]] = {}

    def all(self) -> Template:
        found: list[Node] = []
        while self.peek().kind != "eof":
            if self.peek().kind == "left" and self._after_left().text == "define":
                self._definition()
                continue
            node, stop = self._node()
            if stop:
                self.fail(f"unexpected {{{{{stop}}}}}")
            found += node
        self.trees[self.name] = tuple(found)
        return Template(self.name, self.text, self.trees)

    # The tokens.

    def next(self) -> Token:
        token = self.tokens[min(self.at, len(self.tokens) - 1)]
        self.at += 1
        return token

    def peek(self) -> Token:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def solid(self) -> Token:
        """The next one that is no space."""
        while self.peek().kind == "space":
            self.at += 1
        return self.next()

    def ahead(self) -> Token:
        while self.peek().kind == "space":
            self.at += 1
        return self.peek()

    def _after_left(self) -> Token:
        at = self.at + 1
        while at < len(self.tokens) and self.tokens[at].kind == "space":
            at += 1
        return self.tokens[min(at, len(self.tokens) - 1)]

    def fail(self, text: str) -> None:
        line = self.tokens[min(max(self.at - 1, 0), len(self.tokens) - 1)].line
        raise TemplateFailed(f"template: {self.name}:{line}: {text}")

    def unexpected(self, token: Token, context: str) -> None:
        if token.kind != "error":
            self.fail(f"unexpected {token} in {context}")
        extra = ""
        if self.action and self.action != token.line:
            word = "" if token.text.endswith(" action") else " in action"
            extra = f"{word} started at {self.name}:{self.action}"
        self.fail(f"{token}{extra}")

    def expect(self, kind: str, context: str) -> Token:
        token = self.solid()
        if token.kind != kind:
            self.unexpected(token, context)
        return token

    def deeper(self, by: int) -> None:
        self.depth += by
        if self.depth > DEEPEST:
            self.fail("max expression depth exceeded")

    # What stands between {{ and }}.

    def _node(self) -> tuple[list[Node], str]:
        """Nodes, or the end or else that stops a list."""
        token = self.solid() if self.peek().kind == "space" else self.next()
        if token.kind == "text":
            return [Text(token.pos, token.text)], ""
        if token.kind != "left":
            self.unexpected(token, "input")
        self.action = token.line
        try:
            return self._action()
        finally:
            self.action = 0

    def _action(self) -> tuple[list[Node], str]:
        token = self.solid()
        if token.kind == "keyword" and token.text in ("else", "end"):
            return [], self._stop(token.text)
        if token.kind == "keyword" and token.text in ("if", "range", "with"):
            return [self._branch(token)], ""
        if token.kind == "keyword" and token.text in ("break", "continue"):
            return [self._jump(token)], ""
        if token.kind == "keyword" and token.text in ("template", "block"):
            return [self._call(token)], ""
        self.at -= 1
        pos = self.peek().pos
        return [Action(pos, self.pipeline("command", "right"))], ""

    def _stop(self, word: str) -> str:
        follows = self.ahead()
        if word == "else" and follows.kind == "keyword" and follows.text in ("if", "with"):
            return "else"
        self.expect("right", word)
        return word

    def _jump(self, token: Token) -> Jump:
        if self.ahead().kind != "right":
            self.unexpected(self.solid(), "{{" + token.text + "}}")
        if not self.ranges:
            self.fail(f"{{{{{token.text}}}}} outside {{{{range}}}}")
        self.solid()
        return Jump(token.pos, token.text)

    def _list(self) -> tuple[tuple[Node, ...], str]:
        found: list[Node] = []
        while self.peek().kind != "eof":
            nodes, stop = self._node()
            if stop:
                return tuple(found), stop
            found += nodes
        self.next()
        self.fail("unexpected EOF")
        return (), ""

    def _branch(self, token: Token) -> Branch:
        self.deeper(1)
        kept = len(self.variables)
        pipe = self.pipeline(token.text, "right")
        self.ranges += token.text == "range"
        body, stop = self._list()
        self.ranges -= token.text == "range"
        otherwise: tuple[Node, ...] = ()
        follows = self.peek()
        if stop == "else" and follows.kind == "keyword" and follows.text == token.text and token.text != "range":
            otherwise = (self._branch(self.next()),)
        elif stop == "else":
            otherwise, stop = self._list()
            if stop != "end":
                self.fail("expected end; found {{else}}")
        del self.variables[kept:]
        self.deeper(-1)
        return Branch(token.pos, token.text, pipe, body, otherwise)

    def _called(self, context: str) -> str:
        token = self.solid()
        if token.kind not in ("string", "raw"):
            self.unexpected(token, context)
        return str(self._constant(token).value)

    def _call(self, token: Token) -> Call:
        context = "template clause" if token.text == "template" else "block clause"
        pos = self.ahead().pos
        name = self._called(context)
        pipe = None
        if token.text == "block" or self.ahead().kind != "right":
            pipe = self.pipeline(context, "right")
        else:
            self.solid()
        if token.text == "block":
            self.trees[name] = self._inner()
        return Call(pos, name, pipe)

    def _inner(self) -> tuple[Node, ...]:
        kept, self.variables = self.variables, ["$"]
        body, stop = self._list()
        if stop != "end":
            self.fail("unexpected {{else}} in block clause")
        self.variables = kept
        return body

    def _definition(self) -> None:
        self.next()
        self.solid()
        name = self._called("define clause")
        self.expect("right", "define clause")
        self.trees[name] = self._inner()

    # Pipelines.

    def pipeline(self, context: str, end: str) -> Pipe:
        self.deeper(1)
        pos = self.ahead().pos
        declared, assigns = self._declared(context)
        commands: list[Command] = []
        while (token := self.solid()).kind != end:
            if token.kind not in STARTS and not (token.kind == "keyword" and token.text == "nil"):
                self.unexpected(token, context)
            self.at -= 1
            commands.append(self._command())
        self._check(commands, context)
        self.deeper(-1)
        return Pipe(pos, declared, assigns, tuple(commands))

    def _declared(self, context: str) -> tuple[tuple[str, ...], bool]:
        found: list[str] = []
        while self.ahead().kind == "variable":
            start = self.at
            name = self.next().text
            token = self.ahead()
            if token.kind in ("assign", "declare"):
                self.next()
                self.variables.append(name)
                return (*found, name), token.kind == "assign"
            if token.text != ",":
                self.at = start
                break
            self.next()
            self.variables.append(name)
            found.append(name)
            if context != "range" or len(found) > 1:
                self.fail(f"too many declarations in {context}")
            if self.ahead().kind not in ("variable", "right", "rparen"):
                self.fail("range can only initialize variables")
        return tuple(found), False

    def _check(self, commands: Sequence[Command], context: str) -> None:
        if not commands:
            self.fail(f"missing value for {context}")
        for number, command in enumerate(commands[1:], 2):
            if isinstance(command.args[0], Constant | Dot | Nil):
                self.fail(f"non executable command in pipeline stage {number}")

    def _command(self) -> Command:
        pos = self.ahead().pos
        args: list[Operand] = []
        while True:
            self.ahead()
            operand = self._operand()
            if operand is not None:
                args.append(operand)
            token = self.next()
            if token.kind in ("right", "rparen"):
                self.at -= 1
            elif token.kind == "space":
                continue
            elif token.kind != "pipe":
                self.unexpected(token, "operand")
            break
        if not args:
            self.fail("empty command")
        return Command(pos, tuple(args))

    def _operand(self) -> Operand | None:
        node = self._term()
        if node is None or self.peek().kind != "field":
            return node
        pos, names = self.peek().pos, list[str]()
        while self.peek().kind == "field":
            names.append(self.next().text[1:])
        if isinstance(node, Field):
            return Field(pos, (*node.names, *names))
        if isinstance(node, Variable):
            return Variable(pos, (*node.names, *names))
        if isinstance(node, Constant | Dot | Nil):
            self.fail(f"unexpected . after term {quoted(str(node))}")
        if not isinstance(node, Pipe):
            node = Pipe(node.pos, (), False, (Command(node.pos, (node,)),))
        return Chain(pos, node, tuple(names))

    def _term(self) -> Operand | None:
        token = self.solid()
        if token.kind == "identifier":
            if token.text not in self.functions:
                self.fail(f"function {quoted(token.text)} not defined")
            return Identifier(token.pos, token.text)
        if token.kind == "dot":
            return Dot(token.pos)
        if token.kind == "keyword" and token.text == "nil":
            return Nil(token.pos)
        if token.kind == "variable":
            if token.text not in self.variables:
                self.fail(f"undefined variable {quoted(token.text)}")
            return Variable(token.pos, (token.text,))
        if token.kind == "field":
            return Field(token.pos, (token.text[1:],))
        if token.kind == "lparen":
            return self.pipeline("parenthesized pipeline", "rparen")
        if token.kind in ("bool", "character", "number", "string", "raw"):
            return self._constant(token)
        self.at -= 1
        return None

    def _constant(self, token: Token) -> Constant:
        if token.kind == "bool":
            return Constant(token.pos, token.text == "true", token.text)
        if token.kind == "raw":
            return Constant(token.pos, token.text[1:-1], token.text)
        try:
            return Constant(token.pos, _number(token.text) if token.kind == "number" else _unquoted(token), token.text)
        except ValueError:
            what = "invalid syntax" if token.kind == "string" else f"illegal number syntax: {quoted(token.text)}"
            self.fail(what)
            raise


def _number(text: str) -> int | float:
    plain = text.replace("_", "")
    digits = plain.lstrip("+-")
    if digits[:2].lower() in ("0x", "0o", "0b"):
        return int(plain, 0)
    if digits.isdigit():
        value = int(plain, 8 if digits.startswith("0") and len(digits) > 1 else 10)
        if not -(1 << 63) <= value < 1 << 64:
            raise ValueError(text)
        return value
    real = float(plain)
    if real in (float("inf"), float("-inf")):
        raise ValueError(text)
    return real


def _unquoted(token: Token) -> str | int:
    def meant(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        if code:
            return chr(int(code, 16))
        if found[4]:
            return chr(int(found[4], 8))
        return SIMPLE[found[5]]

    try:
        text = ESCAPE.sub(meant, token.text[1:-1])
    except (KeyError, OverflowError):
        raise ValueError(token.text) from None
    if token.kind == "string":
        return text
    if len(text) != 1:
        raise ValueError(token.text)
    return ord(text)
