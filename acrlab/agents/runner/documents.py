"""YAML text made into nodes that know their lines, and what is wrong with text that is none.

Source: the messages are libyaml's, which yaml.v2 shares; their frame is yaml.v2's (decode.go).
"""

from typing import Any

import msgspec
import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML has it
DEEPEST, MOST = 200, 200_000  # levels, nodes
STANDARD = "tag:yaml.org,2002:"


class YamlInvalid(ValueError):
    """Text that is no YAML, or does not say what is asked for; the text begins with `yaml: `."""


class Node(msgspec.Struct):
    """A scalar (`value`), a sequence or a mapping (`children`: key, value, key, ...). `line` counts from one.

    A `loop` is an alias of what it stands in; it is refused when somebody looks at it.
    """

    kind: str
    line: int
    tag: str = ""
    value: str = ""
    plain: bool = False
    children: list["Node"] = []


def parse(text: str) -> Node | None:
    """The first document's root, or None when there is nothing. Raises: YamlInvalid."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise YamlInvalid(f"yaml: {_where(error)}{error.problem or 'unknown problem parsing YAML content'}") from None
    except yaml.YAMLError as error:
        raise YamlInvalid(f"yaml: {getattr(error, 'reason', None) or error}") from None
    except UnicodeError:
        raise YamlInvalid("yaml: invalid leading UTF-8 octet") from None
    return builder.root


def _where(error: yaml.MarkedYAMLError) -> str:
    line = error.problem_mark.line if error.problem_mark else 0
    if line:
        line += isinstance(error, yaml.scanner.ScannerError)
    elif error.context_mark:
        line = error.context_mark.line
    return f"line {line}: " if line else ""


class _Builder:
    """Builds without recursion: a document may be as deep as it likes, and is refused."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[tuple[Node, str]] = []
        self.anchors: dict[str, Node] = {}
        self.count = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            self._add(Node("scalar", event.start_mark.line + 1, _tag(event.tag), event.value, plain), event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
            node = Node(kind, event.start_mark.line + 1, _tag(event.tag))
            self._add(node, None)
            self.open.append((node, event.anchor or ""))
            if len(self.open) > DEEPEST:
                raise YamlInvalid(f"yaml: exceeded max depth of {DEEPEST}")
        elif isinstance(event, yaml.CollectionEndEvent):
            node, anchor = self.open.pop()
            if anchor:
                self.anchors[anchor] = node

    def _alias(self, event: Any) -> None:
        if any(anchor == event.anchor for _, anchor in self.open):
            self._add(Node("loop", event.start_mark.line + 1, value=event.anchor), None)
            return
        node = self.anchors.get(event.anchor)
        if node is None:
            raise YamlInvalid(f"yaml: unknown anchor '{event.anchor}' referenced")
        self._add(node, None)

    def _add(self, node: Node, anchor: str | None) -> None:
        self.count += 1
        if self.count > MOST:
            raise YamlInvalid("yaml: document is too large")
        if anchor:
            self.anchors[anchor] = node
        if self.open:
            self.open[-1][0].children.append(node)
        else:
            self.root = node


def _tag(tag: str | None) -> str:
    if not tag or tag == "!":
        return ""
    return f"!!{tag.removeprefix(STANDARD)}" if tag.startswith(STANDARD) else tag
