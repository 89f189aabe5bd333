"""A template rendered with data. Source: spec (Go text/template, exec)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from acrlab.domain.tasks.gotemplate.lexer import quoted
from acrlab.domain.tasks.gotemplate.nodes import (
    NOTHING,
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
from acrlab.domain.tasks.gotemplate.signatures import Function, argument, lacking
from acrlab.domain.tasks.gotemplate.values import shown, true, type_name

MOST_STEPS, MOST_TEXT, DEEPEST = 500_000, 8 << 20, 50  # nodes visited, characters written, templates within each other


class _Jumped(Exception):
    """`break` or `continue` on its way to its range."""

    def __init__(self, which: str) -> None:
        super().__init__(which)
        self.which = which


class _Dot(msgspec.Struct, frozen=True):
    """What `.` is, and whether it was taken out of a list or map, where Go knows it as interface {}."""

    value: Any
    boxed: bool = False


def render(template: Template, functions: Mapping[str, Function], data: Any) -> str:
    """The text. Raises: TemplateFailed."""
    return _Run(template, functions, data).text()


class _Run:
    def __init__(self, template: Template, functions: Mapping[str, Function], data: Any) -> None:
        self.template, self.functions, self.data = template, functions, data
        self.name, self.written, self.size, self.steps, self.depth = template.name, list[str](), 0, 0, 0
        self.variables: list[tuple[str, Any]] = [("$", data)]
        self.at: Any = None  # the node that was looked at last: where Go says that an error is

    def text(self) -> str:
        self.walk(self.template.trees[self.name], _Dot(self.data))
        return "".join(self.written)

    def fail(self, node: Any, text: str) -> None:
        pos, source = node.pos, self.template.text
        line = source.count("\n", 0, pos) + 1
        column = len(source[source.rfind("\n", 0, pos) + 1 : pos].encode())
        context = str(node) if not isinstance(node, Call) else f'{{{{template "{node.name}"}}}}'
        where = f"{self.template.name}:{line}:{column}"
        raise TemplateFailed(f"template: {where}: executing {quoted(self.name)} at <{context}>: {text}")

    def write(self, node: Any, text: str) -> None:
        self.size += len(text)
        if self.size > MOST_TEXT:
            self.fail(node, "the rendered text is too large")
        self.written.append(text)

    def step(self, node: Any) -> None:
        self.at = node
        self.steps += 1
        if self.steps > MOST_STEPS:
            self.fail(node, "the template takes too many steps")

    # Nodes.

    def walk(self, nodes: Sequence[Node], dot: _Dot) -> None:
        for node in nodes:
            WALKS[type(node)](self, node, dot)

    def _text(self, node: Text, dot: _Dot) -> None:
        if self.size + len(node.text) > MOST_TEXT:
            raise TemplateFailed(f"template: {self.template.name}: the rendered text is too large")
        self.size += len(node.text)
        self.written.append(node.text)

    def _do(self, node: Action, dot: _Dot) -> None:
        value = self.pipeline(node.pipe, dot)
        if not node.pipe.declared:
            self.write(node.pipe, "<no value>" if value is NOTHING else shown(value))

    def _jump(self, node: Jump, dot: _Dot) -> None:
        raise _Jumped(node.kind)

    def _branch(self, node: Branch, dot: _Dot) -> None:
        kept = len(self.variables)
        if node.kind == "range":
            self._range(node, dot)
        else:
            value = self.pipeline(node.pipe, dot)
            if value is not NOTHING and true(value):
                self.walk(node.body, _Dot(value) if node.kind == "with" else dot)
            else:
                self.walk(node.otherwise, dot)
        del self.variables[kept:]

    def _range(self, node: Branch, dot: _Dot) -> None:
        value = self.pipeline(node.pipe, dot, declare=False)
        pairs = self._pairs(node, value)
        if not pairs:
            self.walk(node.otherwise, dot)
        names = node.pipe.declared
        for key, item in pairs:
            kept = len(self.variables)
            given = (item,) if len(names) == 1 else (key, item)
            for name, each in zip(names, given, strict=False):
                self._set(name, each, node.pipe.assigns)
            try:
                self.walk(node.body, _Dot(item, boxed=True))
            except _Jumped as jump:
                if jump.which == "break":
                    break
            finally:
                del self.variables[kept:]

    def _pairs(self, node: Branch, value: Any) -> list[tuple[Any, Any]]:
        if value is None or value is NOTHING:
            return []
        if isinstance(value, Mapping):
            return [(key, value[key]) for key in sorted(value, key=str)]
        if isinstance(value, int) and not isinstance(value, bool):
            if len(node.pipe.declared) > 1:
                self.fail(self.at, f"can't use {shown(value)} to iterate over more than one variable")
            if value > MOST_STEPS:
                self.fail(node.pipe, "the template takes too many steps")
            return [(each, each) for each in range(value)]
        if isinstance(value, Sequence) and not isinstance(value, str):
            return list(enumerate(value))
        self.fail(self.at, f"range can't iterate over {shown(value)}")
        return []

    def _call(self, node: Call, dot: _Dot) -> None:
        tree = self.template.trees.get(node.name)
        if tree is None:
            self.fail(node, f"template {quoted(node.name)} not defined")
            return
        if self.depth > DEEPEST:
            self.fail(node, f"exceeded maximum template depth ({DEEPEST})")
        value = self.pipeline(node.pipe, dot) if node.pipe else None
        kept, self.variables, name, self.name = self.variables, [("$", value)], self.name, node.name
        self.depth += 1
        self.walk(tree, _Dot(value))
        self.depth -= 1
        self.variables, self.name = kept, name

    def _set(self, name: str, value: Any, assigns: bool) -> None:
        if assigns:
            for index in range(len(self.variables) - 1, -1, -1):
                if self.variables[index][0] == name:
                    self.variables[index] = (name, value)
                    return
        self.variables.append((name, value))

    # Pipelines.

    def pipeline(self, pipe: Pipe, dot: _Dot, declare: bool = True) -> Any:
        value: Any = NOTHING
        last = False
        for command in pipe.commands:
            value = self._command(command, dot, value, last)
            last = True
        if declare:
            for name in pipe.declared:
                self._set(name, None if value is NOTHING else value, pipe.assigns)
        return value

    def _command(self, command: Command, dot: _Dot, final: Any, has_final: bool) -> Any:
        first, rest = command.args[0], command.args[1:]
        self.step(first)
        if isinstance(first, Identifier):
            return self._function(command, first, rest, dot, final, has_final)
        if isinstance(first, Field | Chain) or (isinstance(first, Variable) and len(first.names) > 1):
            if rest or has_final:
                self._value(first, dot)
                self.fail(first, f"{first.names[-1]} is not a method but has arguments")
            return self._value(first, dot)
        if rest or has_final:
            self.fail(first, f"can't give argument to non-function {first}")
        if isinstance(first, Nil):
            self.fail(first, "nil is not a command")
        return self._value(first, dot)

    def _value(self, node: Operand, dot: _Dot) -> Any:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Dot):
            return dot.value
        if isinstance(node, Nil):
            return None
        if isinstance(node, Pipe):
            return self.pipeline(node, dot)
        if isinstance(node, Identifier):
            return self._function(node, node, (), dot, NOTHING, False)
        if isinstance(node, Field):
            return self._fields(node, dot.value, node.names, dot.boxed)
        if isinstance(node, Variable):
            name, *names = node.names
            value = next(value for known, value in reversed(self.variables) if known == name)
            return self._fields(node, value, names, name != "$")
        return self._fields(node, self.pipeline(node.node, dot), node.names, False)

    def _fields(self, node: Any, value: Any, names: Sequence[str], boxed: bool) -> Any:
        for name in names:
            if value is NOTHING:
                return NOTHING
            if value is None:
                self.fail(node, f"nil pointer evaluating interface {{}}.{name}")
            if not isinstance(value, Mapping):
                known = "interface {}" if boxed else type_name(value)
                self.fail(node, f"can't evaluate field {name} in type {known}")
            value, boxed = value.get(name), True
        return value

    def _function(
        self, whole: Any, node: Identifier, rest: Sequence[Operand], dot: _Dot, final: Any, has_final: bool
    ) -> Any:
        function = self.functions[node.name]
        if node.name in ("and", "or") and (rest or has_final):
            return self._logic(node.name, rest, dot, final, has_final)
        if text := lacking(node.name, function, len(rest) + has_final):
            self.fail(node, text)
        values = [self._argument(node, function, index, arg, dot) for index, arg in enumerate(rest)]
        if has_final:
            values.append(self._last(node, function, len(rest), final))
        try:
            found = function.call(*values)
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as failure:  # or CallFailed
            self.fail(whole, f"error calling {node.name}: {failure}")
        return found

    def _logic(self, name: str, rest: Sequence[Operand], dot: _Dot, final: Any, has_final: bool) -> Any:
        """`and` and `or` look no further than they need."""
        value: Any = None
        for arg in rest:
            value = self._value(arg, dot)
            if true(value) == (name == "or"):
                return value
        return final if has_final else value

    def _argument(self, node: Identifier, function: Function, index: int, arg: Operand, dot: _Dot) -> Any:
        wanted = function.wanted(index)
        self.at = arg
        if isinstance(arg, Constant):
            value, text = argument(wanted, arg.value, str(arg))
        elif isinstance(arg, Nil) and wanted not in ("any", "map", "list"):
            value, text = None, f"cannot assign nil to {wanted}"
        else:
            value = self._value(arg, dot)
            value = None if value is NOTHING else value
            value, text = argument(wanted, value, "")
        if text:
            self.fail(arg, text)
        return value

    def _last(self, node: Identifier, function: Function, index: int, final: Any) -> Any:
        wanted = function.wanted(index)
        if final is None or final is NOTHING:
            if wanted not in ("any", "map", "list"):
                self.fail(self.at, f"invalid value; expected {wanted}")
            return None
        value, text = argument(wanted, final, "")
        if text:
            self.fail(self.at, text)
        return value


WALKS: dict[type, Any] = {
    Text: _Run._text, Action: _Run._do, Branch: _Run._branch, Jump: _Run._jump, Call: _Run._call,
}  # fmt: skip
