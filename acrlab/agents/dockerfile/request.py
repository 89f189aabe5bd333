"""One --mount of RUN as it is written.

Source: buildkit, instructions/commands_runmount.go, beside which it is tested (tests/peers); units of go-units.
"""

import re
from collections.abc import Mapping

import msgspec

from acrlab.agents.protocol import EngineFailed
from acrlab.domain.tasks.gotemplate.lexer import quoted

_KINDS = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARING = ("shared", "private", "locked")
_NAMES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
_KNOWN = frozenset({
    "type", "from", "source", "target", "readonly", "readwrite", "id", "sharing", "required", "mode", "uid", "gid",
    "size", "env",
})  # fmt: skip
_YES, _NO = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
_OWNED = ("secret", "ssh", "cache")  # kinds that may say whose they are
_SIZE = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?(?:[kmgtp]i?b?|b)?", re.IGNORECASE)
_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^",][^,]*|)(?=,|\Z)')


class Request(msgspec.Struct, frozen=True):
    """A mount. Of a value given twice the last one counts."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> "Request":
        """Raises: EngineFailed in docker's words."""
        values: dict[str, str] = {}
        for field in fields(text):
            written, equals, value = field.partition("=")
            name = _NAMES.get(written.lower(), written.lower())
            if not equals and name not in ("readonly", "readwrite", "required"):
                raise EngineFailed(f"invalid field '{field}' must be a key=value pair")
            if name not in _KNOWN:
                raise EngineFailed(f"unexpected key '{name}' in '{field}'")
            values[name] = _checked(written.lower(), name, value if equals else "true", values.get("type", "bind"))
            if name in ("readonly", "readwrite"):
                values.pop("readwrite" if name == "readonly" else "readonly", None)
        request = cls(values)
        request._allowed()
        return request

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    @property
    def kind(self) -> str:
        return self.get("type", "bind")

    def yes(self, name: str) -> bool:
        return self.get(name) in _YES

    @property
    def readonly(self) -> bool:
        """As it says, else as its kind has it."""
        if "readonly" in self.values or "readwrite" in self.values:
            return self.yes("readonly") or self.get("readwrite") in _NO
        return self.kind not in ("cache", "tmpfs")

    def number(self, name: str, default: int, base: int = 10) -> int:
        return int(self.get(name), base) if name in self.values else default

    def _allowed(self) -> None:
        for name in ("mode", "uid", "gid"):
            if name in self.values and self.kind not in _OWNED:
                raise EngineFailed(f"{name} not allowed for {quoted(self.kind)} type mounts")
        if self.kind == "secret":
            self._secret()
        if self.get("sharing") and self.kind != "cache":
            raise EngineFailed(f"invalid cache sharing set for {self.kind} mount")

    def _secret(self) -> None:
        if self.get("from"):
            raise EngineFailed("secret mount should not have a from")
        if self.get("sharing"):
            raise EngineFailed("secret mount should not define sharing")
        if not (self.get("source") or self.get("target") or self.get("id")):
            raise EngineFailed("invalid secret mount. one of source, target required")
        if self.get("source") and self.get("id"):
            raise EngineFailed("both source and id can't be set")


def check(text: str) -> None:
    """What is refused before variables are put in. Raises: EngineFailed."""
    for field in fields(text):
        name, equals, value = field.partition("=")
        if equals and name.lower() == "from" and "$" in value[:-1]:
            text = f"'{name.lower()}' doesn't support variable expansion, define alias stage instead"
            raise EngineFailed(text)


def fields(text: str) -> list[str]:
    """What commas separate; a quoted field may hold them. Raises: EngineFailed."""
    text = re.sub(r"\r?\n\Z", "", text)
    if not text:
        raise EngineFailed("failed to parse csv mounts: EOF")
    found, at = [], 0
    while True:
        field = _FIELD.match(text, at)
        if not field or '"' in (field[2] or ""):
            raise _broken(text, at)
        found.append(field[2] if field[1] is None else field[1].replace('""', '"'))
        at = field.end() + 1
        if at > len(text):
            return found


def _broken(text: str, at: int) -> EngineFailed:
    what = 'bare " in non-quoted-field'
    column = text.index('"', at)
    if column == at:
        what, column = 'extraneous or missing " in quoted-field', _quote(text, at + 1)
    place = f"parse error on line 1, column {len(text[:column].encode()) + 1}"
    return EngineFailed(f"failed to parse csv mounts: {place}: {what}")


def _quote(text: str, at: int) -> int:
    """Where a quoted field goes wrong: at a quote that should have ended it, or after the last one."""
    while (end := text.find('"', at)) >= 0:
        if not text.startswith('"', end + 1):
            return end
        at = end + 2
    return at


def _checked(written: str, name: str, value: str, kind: str) -> str:
    """The value as it is kept. What depends on the kind is asked of the one that was told before."""
    if name == "type":
        if value.lower() not in _KINDS:
            raise EngineFailed(f"unsupported mount type {quoted(value)}")
        return value.lower()
    if name == "sharing":
        if value.lower() not in _SHARING:
            raise EngineFailed(f"unsupported sharing value {quoted(value)}")
        return value.lower()
    if (name == "required" and kind not in ("secret", "ssh")) or (name == "size" and kind != "tmpfs"):
        raise EngineFailed(f"unexpected key '{name}' for mount type '{kind}'")
    if name in ("readonly", "readwrite", "required") and value not in (*_YES, *_NO):
        raise EngineFailed(f"invalid value for {written}: {value}")
    if name == "size" and not _SIZE.fullmatch(value):
        raise EngineFailed(f"invalid value for size: {value}")
    if name in ("mode", "uid", "gid") and not _is_number(value, 8 if name == "mode" else 10):
        raise EngineFailed(f"invalid value {value} for {name}")
    return value


def _is_number(text: str, base: int) -> bool:
    digits = "[0-7]{1,40}" if base == 8 else "[0-9]{1,40}"
    return bool(re.fullmatch(digits, text)) and int(text, base) < 2**32
