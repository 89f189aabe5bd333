"""Patterns of `.dockerignore`: those of Go's filepath.Match, with `**` for any number of folders.

No text makes them slow. What differs from moby/patternmatcher, which hands most of a pattern to Go's regular
expressions: a letter or digit after a backslash means itself, and so do what is in brackets, `|` and `{`; a pattern
that is malformed is refused wherever it is; and a line's end in a name is a character like any other.
"""

import re

from acrlab.agents.protocol import EngineFailed

_STAR, _DEEP, _FOLDERS, _START = "*", "**", "**/", "^"  # the pieces of a pattern that are not one character
_ONE = r"[^/]"
_PLAIN = re.compile(r"[^*?\[\]/]*\Z")  # the end of a pattern that means itself
_EXACT = re.compile(r"[^*?\[\]\\]*")


class Pattern:
    """One pattern. Raises: EngineFailed for one that is malformed."""

    def __init__(self, pattern: str) -> None:
        self._pieces = _pieces(pattern)
        # What a name has to end with, whatever else: most names of a context differ there already.
        self._tail = _PLAIN.findall(pattern)[0] if not set("\\^") & set(pattern) else ""

    def matches(self, name: str) -> bool:
        if not name.endswith(self._tail):
            return False
        ends = {0}
        for piece in self._pieces:
            if not ends:
                return False
            ends = _ends(piece, name, ends)
        return len(name) in ends


def _ends(piece: str, name: str, starts: set[int]) -> set[int]:
    """Where a match of the piece may end, if it begins at one of the starts."""
    first, size = min(starts), len(name)
    if piece == _DEEP:
        return set(range(first, size + 1))
    if piece == _FOLDERS:
        return starts | {at + 1 for at in range(first, size) if name[at] == "/"}
    if piece == _START:
        return starts & {0}
    if piece != _STAR:
        return {at + 1 for at in starts if at < size and re.fullmatch(piece, name[at], re.DOTALL)}
    found, open_ = set(), False
    for at in range(first, size + 1):
        open_ = at in starts or (open_ and name[at - 1] != "/")
        if open_:
            found.add(at)
    return found


def _pieces(pattern: str) -> list[str]:
    """What is compared, piece by piece. Two stars at a pattern's start that only characters follow are an end."""
    if _EXACT.fullmatch(pattern):
        return [re.escape(char) for char in pattern]
    if pattern.startswith("**") and _EXACT.fullmatch(pattern, 2):
        rest = [re.escape(char) for char in pattern[2:].removeprefix("/")]
        return [_FOLDERS if pattern.startswith("**/") else _DEEP, *rest]
    if pattern.endswith("**") and _EXACT.fullmatch(pattern, 0, len(pattern) - 2):
        return [*(re.escape(char) for char in pattern[:-2]), _DEEP]
    found, index = [], 0
    while index < len(pattern):
        piece, index = _piece(pattern, index)
        found.append(piece)
    return found


def _piece(pattern: str, index: int) -> tuple[str, int]:
    char = pattern[index]
    if pattern.startswith("**", index):
        end = index + (3 if pattern.startswith("/", index + 2) else 2)
        return (_DEEP if end == len(pattern) else _FOLDERS), end
    if char == "*":
        return _STAR, index + 1
    if char == "?":
        return _ONE, index + 1
    if char == "^":
        return _START, index + 1
    if char == "[":
        return _class(pattern, index + 1)
    member, end = _member(pattern, index) if char == "\\" else (char, index + 1)
    return re.escape(member), end


def _class(pattern: str, index: int) -> tuple[str, int]:
    negated = pattern.startswith("^", index)
    index += negated
    members = ""
    while not (members and pattern.startswith("]", index)):
        first, index = _bracketed(pattern, index)
        last = first
        if pattern.startswith("-", index):
            last, index = _bracketed(pattern, index + 1)
        if first > last:
            raise EngineFailed("syntax error in pattern")
        members += f"{re.escape(first)}-{re.escape(last)}"
    return f"[{'^' if negated else ''}{members}]", index + 1


def _bracketed(pattern: str, index: int) -> tuple[str, int]:
    if pattern[index : index + 1] in ("", "-", "]"):
        raise EngineFailed("syntax error in pattern")
    return _member(pattern, index)


def _member(pattern: str, index: int) -> tuple[str, int]:
    """One character, which a backslash may have kept from meaning anything else."""
    if pattern[index] != "\\":
        return pattern[index], index + 1
    if index + 1 == len(pattern) or not pattern[index + 1].isascii():
        raise EngineFailed("syntax error in pattern")
    return pattern[index + 1], index + 2
