"""The stages of a Dockerfile, checked before any of them is built."""

import re
from collections.abc import Callable, Mapping

import msgspec

from acrlab.agents.dockerfile.parser import Dockerfile, Instruction
from acrlab.agents.dockerfile.words import pairs, split
from acrlab.agents.protocol import EngineFailed

_STAGE = re.compile(r"[a-z][a-z0-9-_.]*")
_FLAGS: Mapping[str, frozenset[str]] = {
    "FROM": frozenset({"platform"}),
    "COPY": frozenset({"from", "chown", "chmod", "link", "parents", "exclude"}),
    "ADD": frozenset({"chown", "chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack"}),
    "RUN": frozenset({"mount", "network", "security"}),
    "HEALTHCHECK": frozenset({"interval", "timeout", "start-period", "start-interval", "retries"}),
}


class Stage(msgspec.Struct, frozen=True):
    """From one FROM to the next. `base` and `platform` still hold their variables."""

    base: str
    platform: str
    name: str  # what AS says, else its number
    start: Instruction
    instructions: tuple[Instruction, ...]


class Plan(msgspec.Struct, frozen=True):
    """What a Dockerfile builds: arguments for all of its FROM lines, and its stages."""

    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    @property
    def steps(self) -> int:
        return len(self.arguments) + len(self.stages) + sum(len(stage.instructions) for stage in self.stages)


def plan(file: Dockerfile, target: str) -> Plan | None:
    """The stages up to the target; None where there is no such stage.

    Raises: EngineFailed in docker's words, with the line.
    """
    arguments: list[Instruction] = []
    stages: list[Stage] = []
    for each in file.instructions:
        _check(each, file.escape)
        if each.keyword == "FROM":
            stages.append(_stage(each, len(stages)))
        elif stages:
            last = stages[-1]
            stages[-1] = msgspec.structs.replace(last, instructions=(*last.instructions, each))
        elif each.keyword == "ARG":
            arguments.append(each)
        else:
            raise failed(each, "no build stage in current context")
    if not stages:
        raise EngineFailed("no build stage in current context")
    _names_once(stages)
    wanted = _found(stages, target)
    return Plan(tuple(arguments), tuple(stages[: wanted + 1])) if wanted is not None else None


def labelled(found: Plan, labels: Mapping[str, str]) -> Plan:
    """--label is a LABEL at the end of the last stage."""
    if not labels:
        return found
    last = found.stages[-1]
    added = tuple(
        Instruction(keyword="LABEL", arguments=f"{_literal(name)}={_literal(value)}", line=last.start.line)
        for name, value in sorted(labels.items())
    )
    last = msgspec.structs.replace(last, instructions=(*last.instructions, *added))
    return Plan(found.arguments, (*found.stages[:-1], last))


def _literal(text: str) -> str:
    """A word in which nothing is put in."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def needed(wanted: Plan, expand: Callable[[str], str]) -> set[str]:
    """The stages that the last one is made from, at last: BuildKit builds no others."""
    names = [stage.name for stage in wanted.stages]
    found = {names[-1]}
    for stage in reversed(wanted.stages):
        if stage.name in found:
            for used in (expand(stage.base), *(_used(stage))):
                found.add(names[int(used)] if used.isdigit() and int(used) < len(names) else used.lower())
    return found


def _used(stage: Stage) -> list[str]:
    found = []
    for instruction in stage.instructions:
        for name, value in instruction.flags:
            fields = value.split(",") if name == "mount" else [f"from={value}"] if name == "from" else []
            found += [field.removeprefix("from=") for field in fields if field.startswith("from=")]
    return found


def failed(instruction: Instruction, text: str) -> EngineFailed:
    """An error of the Dockerfile's text."""
    return EngineFailed(f"dockerfile parse error line {instruction.line}: {text}")


def _stage(start: Instruction, number: int) -> Stage:
    words = start.arguments.split()
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
        raise failed(start, "FROM requires either one or three arguments")
    name = words[2].lower() if len(words) == 3 else str(number)
    if len(words) == 3 and not _STAGE.fullmatch(name):
        text = f'invalid name for build stage: "{words[2]}", name can\'t start with a number or contain symbols'
        raise failed(start, text)
    return Stage(words[0], dict(start.flags).get("platform", ""), name, start, ())


def _names_once(stages: list[Stage]) -> None:
    seen: set[str] = set()
    for stage in stages:
        if stage.name in seen:
            raise failed(stage.start, f"duplicate name {stage.name}")
        seen.add(stage.name)


def _found(stages: list[Stage], target: str) -> int | None:
    if not target:
        return len(stages) - 1
    for number, stage in enumerate(stages):
        if target.lower() == stage.name or target == str(number):
            return number
    return None


def _check(each: Instruction, escape: str) -> None:
    allowed = _FLAGS.get(each.keyword, frozenset())
    for name, _ in each.flags:
        if name not in allowed:
            raise failed(each, f"unknown flag: {name}")
    if check := _CHECKS.get(each.keyword):
        check(each, escape)


def _transfer(each: Instruction, escape: str) -> None:
    words = each.words if each.words is not None else split(each.arguments, escape)
    if len(words) < 2:
        raise failed(
            each,
            f"{each.keyword} requires at least two arguments, but only one was provided. "
            "Destination could not be determined.",
        )


def _pairs(each: Instruction, escape: str) -> None:
    try:
        found = pairs(each.arguments, escape)
    except EngineFailed as failure:
        raise failed(each, failure.text.replace("KEYWORD", each.keyword)) from None
    if any(not name for name, _ in found):
        raise failed(each, f"{each.keyword} names can not be blank")


def _health(each: Instruction, _: str) -> None:
    word, _, rest = each.arguments.partition(" ")
    if word.upper() == "NONE" and rest.strip():
        raise failed(each, "HEALTHCHECK NONE takes no arguments")
    if word.upper() == "CMD" and not rest.strip():
        raise failed(each, "Missing command after HEALTHCHECK CMD")
    if word.upper() not in ("NONE", "CMD"):
        raise failed(each, f'Unknown type "{word.upper()}" in HEALTHCHECK (try CMD)')


_CHECKS: Mapping[str, Callable[[Instruction, str], None]] = {
    "COPY": _transfer,
    "ADD": _transfer,
    "ENV": _pairs,
    "LABEL": _pairs,
    "HEALTHCHECK": _health,
}
