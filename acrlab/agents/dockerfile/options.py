"""The flags of an instruction: --name=value before its arguments."""

from collections.abc import Mapping

from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.protocol import EngineFailed

_SPACE = "\t\n\v\f\r \x85\xa0"
_SWITCH, _VALUE, _VALUES = "true or false", "a value", "values"
_TRANSFER = {"chown": _VALUE, "chmod": _VALUE, "link": _SWITCH, "exclude": _VALUES}
_KNOWN: Mapping[str, Mapping[str, str]] = {
    "ADD": {**_TRANSFER, "keep-git-dir": _SWITCH, "checksum": _VALUE, "unpack": _SWITCH},
    "COPY": {**_TRANSFER, "from": _VALUE, "parents": _SWITCH},
    "FROM": {"platform": _VALUE},
    "HEALTHCHECK": dict.fromkeys(("interval", "timeout", "start-period", "start-interval", "retries"), _VALUE),
    "RUN": {"mount": _VALUES, "network": _VALUE, "security": _VALUE},
}


def separated(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The flags, without quotes and escapes, and all that follows them.

    Source: buildkit, extractBuilderFlags, which reads them byte by byte.
    """
    data, found, at = text.encode().decode("latin-1"), [], 0
    while (at := _after_space(data, at)) < len(data):
        if not data.startswith("--", at):
            return tuple(found), data[at:].encode("latin-1").decode(errors="replace")
        word, at = _option(data, at, escape)
        if word == "--":
            return tuple(found), data[at:].encode("latin-1").decode(errors="replace")
        found.append(word)
    return tuple(found), ""


def _after_space(data: str, at: int) -> int:
    return len(data) - len(data[at:].lstrip(_SPACE))


def _option(data: str, at: int, escape: str) -> tuple[str, int]:
    """One flag, and where it ends."""
    word = quote = ""
    while at < len(data):
        char, at = data[at], at + 1
        if quote and char == quote:
            quote = ""
        elif not quote and char in _SPACE:
            return word, at - 1
        elif not quote and char in "'\"":
            quote = char
        elif char == escape:
            word, at = word + data[at : at + 1], at + 1
        else:
            word += char
    return word, at


def check(each: Instruction) -> None:
    """Raises: EngineFailed for a flag that the instruction does not have, or not so."""
    known, seen = _KNOWN.get(each.keyword, {}), set()
    for option in each.options:
        name, equals, value = option[2:].partition("=")
        kind = known.get(name)
        if kind is None:
            raise EngineFailed(f"unknown flag: {name}")
        if name in seen and kind != _VALUES:
            raise EngineFailed(f"duplicate flag specified: {name}")
        seen.add(name)
        if (kind != _SWITCH and not equals) or (kind == _SWITCH and equals and not value):
            raise EngineFailed(f"missing a value on flag: {name}")
        if kind == _SWITCH and value.lower() not in ("true", "false", ""):
            raise EngineFailed(f"expecting boolean value for flag {name}, not: {value}")


def on(flags: Mapping[str, str], name: str, default: bool = False) -> bool:
    """Whether a flag that is true or false is true."""
    return flags[name].lower() in ("true", "") if name in flags else default
