"""What a Jenkinsfile is made of, once it is read."""

from typing import NamedTuple, Union

Expression = Union[
    "Literal", "Template", "Name", "Member", "Index", "Call", "Several", "Pairs", "Binary", "Not", "Closure"
]
Statement = Union["Define", "Assign", "If", "Try", Expression]


class Literal(NamedTuple):
    """A number, true, false or null."""

    value: int | bool | str | None
    line: int


class Template(NamedTuple):
    """A text, of pieces that are texts or have values."""

    pieces: tuple["str | Expression", ...]
    line: int


class Name(NamedTuple):
    """Something by its name."""

    name: str
    line: int


class Member(NamedTuple):
    """target.name"""

    target: "Expression"
    name: str
    line: int


class Index(NamedTuple):
    """target[key]"""

    target: "Expression"
    key: "Expression"
    line: int


class Closure(NamedTuple):
    """{ statements }"""

    body: tuple["Statement", ...]
    line: int


class Call(NamedTuple):
    """name arguments, target.name(arguments) { … }"""

    target: "Expression | None"
    name: str
    given: tuple["Expression", ...]
    named: dict[str, "Expression"]
    closure: Closure | None
    line: int


class Several(NamedTuple):
    """[a, b]"""

    items: tuple["Expression", ...]
    line: int


class Pairs(NamedTuple):
    """[a: b]"""

    items: dict[str, "Expression"]
    line: int


class Binary(NamedTuple):
    """left sign right"""

    sign: str
    left: "Expression"
    right: "Expression"
    line: int


class Not(NamedTuple):
    """!value"""

    value: "Expression"
    line: int


class Define(NamedTuple):
    """def name = value"""

    name: str
    value: Expression | None
    line: int


class Assign(NamedTuple):
    """target = value"""

    target: Expression
    value: Expression
    line: int


class If(NamedTuple):
    """if (test) { … } else { … }"""

    test: Expression
    then: tuple["Statement", ...]
    other: tuple["Statement", ...]
    line: int


class Try(NamedTuple):
    """try { … } catch (e) { … } finally { … }"""

    body: tuple["Statement", ...]
    caught: str
    rescue: tuple["Statement", ...]
    last: tuple["Statement", ...]
    line: int
