"""The stages of a Dockerfile, checked before any of them is built."""

from collections.abc import Callable, Mapping

import msgspec

from acrlab.agents.dockerfile.checks import check
from acrlab.agents.dockerfile.instruction import Instruction, failed
from acrlab.agents.dockerfile.parser import Dockerfile
from acrlab.agents.protocol import EngineFailed


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
        check(each, file.escape)
        if each.keyword == "FROM":
            stages.append(_stage(each, len(stages)))
        elif stages:
            last = stages[-1]
            stages[-1] = msgspec.structs.replace(last, instructions=(*last.instructions, each))
        elif each.keyword == "ARG":
            arguments.append(each)
        else:
            raise failed(each.line, "no build stage in current context")
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


def _stage(start: Instruction, number: int) -> Stage:
    words = start.listed
    name = words[2].lower() if len(words) == 3 else str(number)
    return Stage(words[0], dict(start.flags).get("platform", ""), name, start, ())


def _names_once(stages: list[Stage]) -> None:
    seen: set[str] = set()
    for stage in stages:
        if stage.name in seen:
            raise failed(stage.start.line, f"duplicate name {stage.name}")
        seen.add(stage.name)


def _found(stages: list[Stage], target: str) -> int | None:
    if not target:
        return len(stages) - 1
    for number, stage in enumerate(stages):
        if target.lower() == stage.name or target == str(number):
            return number
    return None
