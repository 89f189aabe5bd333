"""What a template is parsed into. `str()` of a node is how Go writes it. Source: spec (Go text/template/parse)."""

from typing import Union

import msgspec

NOTHING = object()  # no value at all, where None is a nil of some type


class Text(msgspec.Struct, frozen=True):
    """What stands between actions."""

    pos: int
    text: str


class Field(msgspec.Struct, frozen=True):
    """`.A.B`."""

    pos: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


class Variable(msgspec.Struct, frozen=True):
    """`$a.B`."""

    pos: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.names)


class Dot(msgspec.Struct, frozen=True):
    """`.`."""

    pos: int

    def __str__(self) -> str:
        return "."


class Nil(msgspec.Struct, frozen=True):
    """`nil`."""

    pos: int

    def __str__(self) -> str:
        return "nil"


class Constant(msgspec.Struct, frozen=True):
    """A boolean, a number or a string, and how it was written."""

    pos: int
    value: bool | int | float | str
    written: str

    def __str__(self) -> str:
        return self.written


class Identifier(msgspec.Struct, frozen=True):
    """The name of a function."""

    pos: int
    name: str

    def __str__(self) -> str:
        return self.name


class Chain(msgspec.Struct, frozen=True):
    """Fields of something in parentheses."""

    pos: int
    node: "Pipe"
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"({self.node})" + "".join(f".{name}" for name in self.names)


class Command(msgspec.Struct, frozen=True):
    """One stage of a pipeline."""

    pos: int
    args: tuple["Operand", ...]

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


class Pipe(msgspec.Struct, frozen=True):
    """Commands, each given what the one before made; and the variables that take the result."""

    pos: int
    declared: tuple[str, ...]
    assigns: bool
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        left = ", ".join(self.declared)
        if left:
            left += " = " if self.assigns else " := "
        return left + " | ".join(str(command) for command in self.commands)


class Action(msgspec.Struct, frozen=True):
    """`{{pipeline}}`."""

    pos: int
    pipe: Pipe


class Branch(msgspec.Struct, frozen=True):
    """`if`, `range` or `with`."""

    pos: int
    kind: str
    pipe: Pipe
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]


class Jump(msgspec.Struct, frozen=True):
    """`break` or `continue`."""

    pos: int
    kind: str


class Call(msgspec.Struct, frozen=True):
    """`{{template "name" pipeline}}`."""

    pos: int
    name: str
    pipe: Pipe | None


Operand = Union[Field, Variable, Dot, Nil, Constant, Identifier, Chain, Pipe]  # noqa: UP007 (names a class below)
Node = Union[Text, Action, Branch, Jump, Call]  # noqa: UP007


class Template(msgspec.Struct, frozen=True):
    """A text ready to be rendered: the trees of all templates it defines, its own under its name."""

    name: str
    text: str
    trees: dict[str, tuple[Node, ...]]


class TemplateFailed(ValueError):
    """A template that cannot be parsed or rendered, in the words of Go."""
