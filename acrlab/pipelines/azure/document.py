"""YAML of which every text knows its line."""

from collections.abc import Iterator
from typing import Any

import yaml

from acrlab.pipelines.refusals import PipelineRefused, not_in_subset

LARGEST = 1024 * 1024  # characters
TRUE, FALSE = ("true", "yes", "on", "y"), ("false", "no", "off", "n")


class Text(str):
    """A scalar."""

    line: int = 0

    def __new__(cls, value: str, line: int) -> "Text":
        found = super().__new__(cls, value)
        found.line = line
        return found


class Block(dict[str, Any]):
    """A mapping."""

    line: int = 0

    def key(self, name: str) -> Text:
        """The key as it stands there, with its line."""
        return next(each for each in self if each == name and isinstance(each, Text))


class Listing(list[Any]):
    """A sequence."""

    line: int = 0


def read(text: str) -> Block:
    """The document. Raises: PipelineRefused."""
    if len(text) > LARGEST:
        raise PipelineRefused(f"the file has more than {LARGEST} characters")
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if getattr(event, "anchor", None):  # of an alias, too
                line = event.start_mark.line + 1 if event.start_mark is not None else 0
                raise PipelineRefused("Anchors are not currently supported. Remove the anchor", line)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise PipelineRefused(f"this is no YAML: {error.problem}", line) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise PipelineRefused(f"this is no YAML: {str(error)[:200]}") from None
    found = _value(node) if node is not None else None
    if not isinstance(found, Block):
        raise PipelineRefused("a pipeline is a mapping: trigger, variables, steps …", 1)
    return found


def _value(node: Any) -> Any:
    line = node.start_mark.line + 1
    found: Any
    if isinstance(node, yaml.MappingNode):
        found = Block()
        for key, value in node.value:
            name = _value(key)
            if not isinstance(name, Text) or name in found:
                raise PipelineRefused(f"{str(name)[:60]!r} is a key twice, or no text", key.start_mark.line + 1)
            found[name] = _value(value)
    elif isinstance(node, yaml.SequenceNode):
        found = Listing(_value(each) for each in node.value)
    else:
        return Text("" if node.tag.endswith(":null") else node.value, line)
    found.line = line
    return found


# Reading with an eye on the schema


def known(block: Block, names: Iterator[str] | tuple[str, ...], what: str) -> None:
    """Raises: PipelineRefused for the first key that is not among them."""
    allowed = set(names)
    for key in block:
        if key not in allowed:
            raise not_in_subset(f"`{key}` of {what}", block.key(key).line)


def block(value: Any, what: str) -> Block:
    """Raises: PipelineRefused."""
    if not isinstance(value, Block):
        raise PipelineRefused(f"{what} is a mapping", getattr(value, "line", 0))
    return value


def text(value: Any, what: str) -> Text:
    """Raises: PipelineRefused."""
    if not isinstance(value, Text):
        raise PipelineRefused(f"{what} is a text", getattr(value, "line", 0))
    return value


def listing(value: Any, what: str) -> Listing:
    """Raises: PipelineRefused."""
    if not isinstance(value, Listing):
        raise PipelineRefused(f"{what} is a list", getattr(value, "line", 0))
    return value


def texts(value: Any, what: str) -> list[Text]:
    """One text, or a list of them. Raises: PipelineRefused."""
    if isinstance(value, Text):
        return [value] if value else []
    return [text(each, what) for each in listing(value, what)]


def truth(value: Any, what: str) -> bool:
    """Raises: PipelineRefused."""
    word = text(value, what).lower()
    if word not in (*TRUE, *FALSE):
        raise PipelineRefused(f"{what} is true or false", value.line)
    return word in TRUE


def number(value: Any, what: str) -> int:
    """Raises: PipelineRefused."""
    word = text(value, what)
    if not word.isascii() or not word.isdecimal() or len(word) > 9:
        raise PipelineRefused(f"{what} is a number", word.line)
    return int(word)
