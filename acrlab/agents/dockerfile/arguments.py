"""Build arguments: which exist where, and what they are worth."""

from collections.abc import Iterator, Mapping

from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.settings import Expand
from acrlab.agents.dockerfile.words import split
from acrlab.agents.images import Platform

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
PREDEFINED = frozenset({*_PROXIES, *(name.lower() for name in _PROXIES)})


class Arguments:
    """Those given to a build, and those that its FROM lines may use.

    Source: Dockerfile reference, "Understand how ARG and FROM interact" and "Predefined ARGs".
    """

    def __init__(self, given: Mapping[str, str], platforms: Mapping[str, str]) -> None:
        self._given, self._platforms = given, platforms
        self._everywhere: dict[str, str] = dict(platforms)
        self._asked: set[str] = set()

    def declare(self, instruction: Instruction, expand: Expand, escape: str) -> None:
        """ARG before the first FROM."""
        for name, default in named(instruction, expand, escape):
            self._asked.add(name)
            value = self._given.get(name, default)
            if value is not None:
                self._everywhere[name] = value

    @property
    def everywhere(self) -> dict[str, str]:
        """What FROM may use."""
        return self._everywhere

    def value(self, name: str, default: str | None) -> str | None:
        """What an ARG of a stage is worth; None when it has no value."""
        self._asked.add(name)
        if name in self._given:
            return self._given[name]
        return default if default is not None else self._everywhere.get(name)

    def predefined(self) -> dict[str, str]:
        """Those that need no ARG, as far as they were given."""
        return {name: value for name, value in self._given.items() if name in PREDEFINED}

    def unused(self) -> list[str]:
        """Those that were given and asked for by nothing."""
        return sorted(set(self._given) - self._asked - PREDEFINED)


def named(instruction: Instruction, expand: Expand, escape: str) -> Iterator[tuple[str, str | None]]:
    """The names of an ARG with their defaults, in which those before them may be used."""
    for word in split(instruction.arguments, escape):
        name, equals, default = word.partition("=")
        yield expand(name), expand(default) if equals else None


def of_platforms(target: Platform, machine: Platform) -> dict[str, str]:
    """The arguments in which BuildKit tells what is built for and on."""
    told: dict[str, str] = {}
    for prefix, each in (("TARGET", target), ("BUILD", machine)):
        told |= {f"{prefix}PLATFORM": str(each), f"{prefix}OS": each.os, f"{prefix}ARCH": each.architecture}
        told[f"{prefix}VARIANT"] = each.variant
    return told
