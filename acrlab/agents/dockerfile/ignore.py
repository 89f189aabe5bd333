"""Which files of a context a `.dockerignore` leaves out."""

import posixpath
import re


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
            if out != exclude and any(pattern.fullmatch(name) for name in names):
                out = exclude
        return out

    @property
    def exceptions(self) -> bool:
        """Whether a folder that is left out may still hold files that are not."""
        return any(not exclude for exclude, _ in self._rules)


def _rule(line: str) -> tuple[bool, re.Pattern[str]] | None:
    if line.startswith("#") or not (text := line.strip()):
        return None
    exclude = not text.startswith("!")
    text = text.removeprefix("!").strip()
    text = posixpath.normpath("/" + text).strip("/") if text else ""
    return (exclude, translated(text)) if text else None


def translated(pattern: str) -> re.Pattern[str]:
    """A pattern of Go's filepath.Match, with `**` for any number of folders."""
    out, index = "", 0
    while index < len(pattern):
        piece, index = _piece(pattern, index)
        out += piece
    return re.compile(out, re.DOTALL)


def _piece(pattern: str, index: int) -> tuple[str, int]:
    char = pattern[index]
    if pattern.startswith("**", index):
        end = index + 2
        return (r"(?:.*/)?", end + 1) if pattern.startswith("/", end) else (r".*", end)
    if char == "*":
        return r"[^/]*", index + 1
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
