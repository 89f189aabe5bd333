"""Which files of a context a `.dockerignore` leaves out."""

import posixpath
import re

_STAR, _DEEP, _FOLDERS = "*", "**", "**/"  # the pieces of a pattern that are not one character
_PLAIN = re.compile(r"[^*?\[\]/]*$")  # the end of a pattern that means itself


class Ignored:
    """Rooted patterns, the last that matches decides; `!` takes a file in again.

    Source: documentation of `docker build`, section .dockerignore; moby/patternmatcher (inferred where it is silent).
    """

    def __init__(self, text: str) -> None:
        self._rules = [rule for line in text.removeprefix("\ufeff").splitlines() if (rule := _rule(line))]

    def __call__(self, path: str) -> bool:
        """Whether the file or folder, or one of the folders above it, is left out."""
        parts = path.strip("/").split("/")
        names = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        out = False
        for exclude, pattern in self._rules:
            if out != exclude and any(pattern.matches(name) for name in names):
                out = exclude
        return out

    @property
    def exceptions(self) -> bool:
        """Whether a folder that is left out may still hold files that are not."""
        return any(not exclude for exclude, _ in self._rules)


def _rule(line: str) -> "tuple[bool, Pattern] | None":
    if line.startswith("#") or not (text := line.strip()):
        return None
    exclude = not text.startswith("!")
    text = text.removeprefix("!").strip()
    text = posixpath.normpath("/" + text).strip("/") if text else ""
    return (exclude, Pattern(text)) if text else None


class Pattern:
    """A pattern of Go's filepath.Match, with `**` for any number of folders; no text makes it slow."""

    def __init__(self, pattern: str) -> None:
        self._pieces: list[str] = []
        index = 0
        while index < len(pattern):
            piece, index = _piece(pattern, index)
            self._pieces.append(piece)
        # What a name has to end with, whatever else: most names of a context differ there already.
        self._tail = _PLAIN.findall(pattern)[0] if "\\" not in pattern else ""

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
    if piece != _STAR:
        return {at + 1 for at in starts if at < size and re.fullmatch(piece, name[at], re.DOTALL)}
    found, open_ = set(), False
    for at in range(first, size + 1):
        open_ = at in starts or (open_ and name[at - 1] != "/")
        if open_:
            found.add(at)
    return found


def _piece(pattern: str, index: int) -> tuple[str, int]:
    char = pattern[index]
    if pattern.startswith("**", index):
        end = index + 2
        return (_FOLDERS, end + 1) if pattern.startswith("/", end) else (_DEEP, end)
    if char == "*":
        return _STAR, index + 1
    if char == "?":
        return r"[^/]", index + 1
    if char == "\\" and index + 1 < len(pattern):
        return re.escape(pattern[index + 1]), index + 2
    if char == "[" and (end := pattern.find("]", index + 2)) > 0:
        return _class(pattern[index + 1 : end]), end + 1
    return re.escape(char), index + 1


def _class(inside: str) -> str:
    negated = inside.startswith("^")
    members = re.sub(r"([\[\]&~|^\\])", r"\\\1", inside.removeprefix("^"))
    try:
        re.compile(f"[{members}]")
    except re.error:
        return r"(?!)"  # a malformed class matches nothing
    return f"(?!/)[{'^' if negated else ''}{members}]"
