"""The patterns of ${name#x}, ${name%x} and ${name/x/y}; no text makes them slow.

Source: Dockerfile reference, "Environment replacement"; buildkit's shell.Lex, which has no classes in brackets.
"""

import re

from acrlab.agents.protocol import EngineFailed

_MANY, _ONE = "*", "?"
_GROUP = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


def without_prefix(pattern: str, value: str, *, greedy: bool) -> str:
    """The value without what the pattern matches at its start. Raises: EngineFailed."""
    return value[_length(_pieces(pattern, pattern), value, greedy) or 0 :]


def without_suffix(pattern: str, value: str, *, greedy: bool) -> str:
    """The value without what the pattern matches at its end. Raises: EngineFailed."""
    backwards = _backwards(pattern)
    length = _length(_pieces(backwards, backwards), value[::-1], greedy)
    return value[: len(value) - (length or 0)]


def replaced(pattern: str, value: str, new: str, *, every: bool) -> str:
    """The value with something else for the longest first match, or for every one. Raises: EngineFailed."""
    pieces = _pieces(pattern, pattern)
    out, at, last = "", 0, -1
    while at <= len(value):
        length = _length(pieces, value[at:], True)
        if length is not None and (length or at != last):
            found = value[at : at + length]
            if not every:
                return value[:at] + new + value[at + length :]
            out, last = out + _templated(new, found), at + length
        if length:
            at += length
            continue
        out += value[at : at + 1]
        at += 1
    return out


def _templated(new: str, found: str) -> str:
    """Go takes a dollar in what replaces every match for the match itself ($0), or for groups, which do not exist."""

    def told(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        return found if (match[2] or match[3]) == "0" else ""

    return _GROUP.sub(told, new)


def _length(pieces: list[tuple[str, bool]], value: str, greedy: bool) -> int | None:
    """How much of the start of the value matches; no star or question mark crosses a line."""
    ends = {0}
    for piece, wild in pieces:
        if not ends:
            return None
        ends = _ends(piece, wild, value, ends)
    return (max if greedy else min)(ends, default=None)


def _ends(piece: str, wild: bool, value: str, starts: set[int]) -> set[int]:
    if not wild:
        return {at + 1 for at in starts if value[at : at + 1] == piece}
    if piece == _ONE:
        return {at + 1 for at in starts if at < len(value) and value[at] != "\n"}
    found, open_ = set(), False
    for at in range(min(starts), len(value) + 1):
        open_ = at in starts or (open_ and value[at - 1] != "\n")
        if open_:
            found.add(at)
    return found


def _pieces(pattern: str, shown: str) -> list[tuple[str, bool]]:
    """Characters, and whether each is wild."""
    found: list[tuple[str, bool]] = []
    at = 0
    pattern = pattern.removeprefix("\ufeff")
    while at < len(pattern):
        char, at = pattern[at], at + 1
        following = pattern[at : at + 1]
        if char == "\\" and (not following or following not in "}/"):
            if not following or following not in "*?\\":
                bad = f"invalid escape '\\{following or chr(0xFFFD)}'"
                raise EngineFailed(f"invalid pattern ({shown}) in substitution: {bad}")
            found.append((following, False))
            at += 1
        elif char != "\\":
            found.append((char, char in "*?"))
    return found


def _backwards(pattern: str) -> str:
    """A pattern for a text that is read from its end; what escapes stays before what it escapes."""
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(reversed(pieces))
