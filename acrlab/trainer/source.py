"""YAML as authors write it: every value is text, nothing is guessed, and a mistake is named with its line."""

import re
from typing import Any

import msgspec
import yaml
from yaml.events import AliasEvent, NodeEvent

LARGEST = 64 * 1024  # characters of one file
# What the parser says, and what that usually means to somebody who writes questions.
_ADVICE = (
    (re.compile(r"mapping values are not allowed"), "a text that holds a colon and a blank needs quotes around it"),
    (re.compile(r"cannot start any token.*|found character '\\t'"), "indent with blanks, never with tabs; "
     "a text that begins with @ ` % or a tab needs quotes"),
    (re.compile(r"expected <block end>, but found '?<?(scalar|,|\}|flow)"), "a text that begins with { [ or a quote "
     "needs quotes around all of it"),
    (re.compile(r"expected <block end>"), "the lines of one list or one group must begin in the same column"),
    (re.compile(r"could not find expected ':'"), "a key needs a colon and a blank after it"),
    (re.compile(r"unexpected end of stream|while scanning a quoted scalar"), "a quote was opened and not closed"),
)  # fmt: skip


class Mistake(msgspec.Struct, frozen=True):
    """Something an author has to mend: in which file, where in it, and what is wrong."""

    path: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}, {self.where}: {self.text}" if self.where else f"{self.path}: {self.text}"


class Unreadable(Exception):
    """A file that is no YAML, or more than a question needs. `where` is its line."""

    def __init__(self, text: str, where: str = "") -> None:
        super().__init__(text)
        self.text, self.where = text, where


class _Loader(yaml.BaseLoader):
    """All scalars are text, no tags, no anchors, no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise Unreadable("anchors (&) and aliases (*) are not used here; a text that begins with * or & "
                             "needs quotes", _line(event.start_mark))  # fmt: skip
        if getattr(event, "tag", None):
            raise Unreadable("tags (!) are not used here; a text that begins with ! needs quotes",
                             _line(event.start_mark))  # fmt: skip
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Unreadable("a text that begins with { or [ needs quotes around it", _line(key.start_mark))
            if key.value in seen:
                raise Unreadable(f"the key {key.value} stands twice", _line(key.start_mark))
            seen.add(key.value)
        return super().construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", lambda loader, node: loader.construct_sequence(node, deep=True))  # type: ignore[arg-type]
_Loader.add_constructor("tag:yaml.org,2002:str", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type]


def read(text: str) -> Any:
    """The lists, groups and texts of a YAML document. Raises: Unreadable."""
    if len(text) > LARGEST:
        raise Unreadable(f"{len(text)} characters; a question has at most {LARGEST}")
    try:
        return yaml.load(text, Loader=_Loader)  # a BaseLoader: it makes texts, lists and dicts only
    except yaml.MarkedYAMLError as error:
        problem = " ".join(filter(None, (error.context, error.problem)))
        raise Unreadable(_told(problem), _line(error.problem_mark or error.context_mark)) from None
    except yaml.YAMLError as error:
        raise Unreadable(f"not a text file in UTF-8: {error}") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def _told(problem: str) -> str:
    advice = next((advice for pattern, advice in _ADVICE if pattern.search(problem)), "")
    return f"{advice} (YAML says: {problem})" if advice else problem


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}" if mark is not None else ""
