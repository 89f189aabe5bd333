"""The instructions that change an image's configuration and none of its files."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from acrlab.agents.dockerfile.draft import Draft
from acrlab.agents.dockerfile.health import INTERVALS, config
from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.words import SPACE, pairs
from acrlab.agents.protocol import EngineFailed

Expand = Callable[[str], str]
_SURROGATES = 0xD800  # from here on not every number is a character
_PORT = re.compile(r"(\d+)(?:-(\d+))?(?:/(tcp|udp|sctp))?", re.IGNORECASE)
# fmt: off
_SIGNALS = frozenset({
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
})
# fmt: on


def applied(draft: Draft, instruction: Instruction, expand: Expand, escape: str, *, kit: bool) -> str:
    """Change the configuration; the instruction as the history tells it. Raises: EngineFailed."""
    told = _SETTINGS[instruction.keyword](draft, instruction, expand, escape)
    differently = _WITH_KIT.get(instruction.keyword) if kit else None
    return differently(told) if differently else told


def is_setting(instruction: Instruction) -> bool:
    return instruction.keyword in _SETTINGS


def command(draft: Draft, instruction: Instruction) -> tuple[str, ...]:
    """The words to start: of the exec form, or the shell with the text."""
    if instruction.words is not None:
        return instruction.words
    return (*draft.shell, instruction.arguments) if instruction.arguments else ()


def _environment(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    known, told = draft.environment, "ENV"
    for name, value in [(expand(name), expand(value)) for name, value in pairs(each.arguments, escape)]:
        known[name] = value
        told += f" {name}={value}"
    draft.config["Env"] = [f"{name}={value}" for name, value in known.items()]
    return told


def _labels(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    found = [(expand(name), expand(value)) for name, value in pairs(each.arguments, escape)]
    draft.config["Labels"] = {**(draft.config.get("Labels") or {}), **dict(found)}
    return " ".join(["LABEL", *(f"{name}={value}" for name, value in found)])


def _command(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.config["Cmd"] = list(command(draft, each))
    draft.command_set = True
    return f"CMD {quoted(draft.config['Cmd'])}"


def _entrypoint(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.config["Entrypoint"] = list(command(draft, each))
    if not draft.command_set:
        draft.config.pop("Cmd", None)
    return f"ENTRYPOINT {quoted(draft.config['Entrypoint'])}"


def _expose(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    words = [part for word in each.listed for part in expand(word).split()]
    ports = [port for word in words for port in _ports(word)]
    draft.config["ExposedPorts"] = {**(draft.config.get("ExposedPorts") or {}), **{port: {} for port in ports}}
    return " ".join(["EXPOSE", *sorted(words)])


def _exposed(told: str) -> str:
    return f"EXPOSE [{' '.join(sorted({port for word in told.split()[1:] for port in _ports(word)}))}]"


def _ports(word: str) -> list[str]:
    found = _PORT.fullmatch(word.rpartition(":")[2])
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not found or not 0 <= first <= last <= 65535:
        raise EngineFailed(f"Invalid containerPort: {word}")
    return [f"{port}/{(found[3] or 'tcp').lower()}" for port in range(first, last + 1)]


def _volumes(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    volumes = [expand(word.strip(SPACE)) for word in each.listed]
    if not all(volumes):
        raise EngineFailed("VOLUME specified can not be an empty string")
    draft.config["Volumes"] = {**(draft.config.get("Volumes") or {}), **{volume: {} for volume in volumes}}
    return f"VOLUME [{' '.join(volumes)}]"


def _user(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.config["User"] = expand(each.arguments)
    return f"USER {draft.config['User']}"


def _stop(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    signal = expand(each.arguments)
    name = signal.upper().removeprefix("SIG")
    if not (name in _SIGNALS or (name.isdigit() and 0 < int(name) < 65) or name.startswith(("RTMIN", "RTMAX"))):
        raise EngineFailed(f"invalid signal: {signal}")
    draft.config["StopSignal"] = signal
    return f"STOPSIGNAL {signal}"


def _shell(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.config["Shell"] = list(each.words or ())
    return f"SHELL [{' '.join(draft.config['Shell'])}]"


def _maintainer(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.rest["author"] = each.arguments
    return f"MAINTAINER {each.arguments}"


def _onbuild(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.config["OnBuild"] = [*(draft.config.get("OnBuild") or []), each.arguments]
    return f"ONBUILD {each.arguments}"


def _health(draft: Draft, each: Instruction, expand: Expand, escape: str) -> str:
    draft.config["Healthcheck"] = config(each)
    return _checked(draft.config["Healthcheck"])


def _checked(check: Mapping[str, Any]) -> str:
    """As Go prints it: the number of retries is a character."""
    times = " ".join(f'"{_spoken(check.get(name, 0))}"' for name in INTERVALS)
    retries = int(check.get("Retries", 0))
    shown = f"\\x{retries:02x}" if retries < 32 else chr(retries) if retries < _SURROGATES else "\ufffd"
    return f"HEALTHCHECK &{{{quoted(check['Test'])} {times} '{shown}'}}"


def _spoken(nanoseconds: int) -> str:
    """A duration as Go prints it: 1h0m5s, 1.5s, 20ms."""
    seconds = nanoseconds / 1e9
    if 0 < seconds < 1:
        return f"{nanoseconds / 1e6:g}ms"
    hours, minutes = int(seconds // 3600), int(seconds // 60 % 60)
    shown = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{shown}{seconds % 60:g}s"


def quoted(words: list[str]) -> str:
    """A list as Go prints it."""
    return "[" + " ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words) + "]"


# How BuildKit's history tells what the legacy builder's tells otherwise; nothing is not told at all.
_WITH_KIT: Mapping[str, Callable[[str], str]] = {"EXPOSE": _exposed, "ONBUILD": lambda told: ""}
_SETTINGS: Mapping[str, Callable[[Draft, Instruction, Expand, str], str]] = {
    "CMD": _command,
    "ENTRYPOINT": _entrypoint,
    "ENV": _environment,
    "EXPOSE": _expose,
    "HEALTHCHECK": _health,
    "LABEL": _labels,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "STOPSIGNAL": _stop,
    "USER": _user,
    "VOLUME": _volumes,
}
