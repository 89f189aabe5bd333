"""The images that a Dockerfile starts from, and the same Dockerfile with names that only this run has."""

import re
from collections.abc import Callable, Iterator

import msgspec

from acrlab.agents.dockerfile import location
from acrlab.agents.dockerfile.arguments import Arguments
from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.parser import parsed
from acrlab.agents.dockerfile.stages import Plan, Stage, plan
from acrlab.agents.dockerfile.variables import expanded
from acrlab.agents.protocol import Build, EngineFailed

_FROM = re.compile(r"(?i)^(\s*FROM\s+(?:--\S+\s+)*)(\S+)")


class Base(msgspec.Struct, frozen=True):
    """An image that is used: its name, for which platform, and where it is written."""

    name: str
    platform: str
    line: int
    pattern: re.Pattern[str]


class Bases:
    """Of one build. Raises: EngineFailed in docker's words for a Dockerfile that cannot be read."""

    def __init__(self, what: Build) -> None:
        self._what = what
        self.text = location.text(what)
        try:
            file = parsed(self.text)
            found = plan(file, what.target)
        except EngineFailed as failure:
            raise EngineFailed(f"Error response from daemon: {failure.text}") from failure
        if not found:
            raise EngineFailed(f"failed to reach build target {what.target} in Dockerfile")
        self._plan: Plan = found
        self._escape = file.escape
        self._arguments = Arguments(what.args, {})
        for instruction in found.arguments:
            self._arguments.declare(instruction, self._value, self._escape)

    def used(self) -> list[Base]:
        """Every image, in the order in which it is written."""
        return [base for number, stage in enumerate(self._plan.stages) for base in self._of(stage, number)]

    def renamed(self, names: Callable[[Base], str]) -> str:
        """The Dockerfile with other names. Raises: EngineFailed for a name that is not on its instruction's line."""
        lines = self.text.split("\n")
        for base in self.used():
            new = names(base)
            place = base.line - 1
            lines[place], count = base.pattern.subn(lambda found, new=new: found[1] + new, lines[place], count=1)
            if not count:
                raise EngineFailed(f"acrlab: an image's name has to be on the line of its instruction: {base.name}")
        return "\n".join(lines)

    def _of(self, stage: Stage, number: int) -> Iterator[Base]:
        earlier = {each.name for each in self._plan.stages[:number]} | {str(each) for each in range(number)}
        name = self._value(stage.base)
        if name.lower() not in earlier and name != "scratch":
            platform = self._value(stage.platform) if stage.platform else self._what.platform
            yield Base(name, platform, stage.start.line, _FROM)
        for instruction in stage.instructions:
            for used in _from(instruction):
                if used.lower() not in earlier:
                    pattern = re.compile(rf"((?:--|,|=)from=)({re.escape(used)})(?=[\s,])")
                    yield Base(used, self._what.platform, instruction.line, pattern)

    def _value(self, text: str) -> str:
        return expanded(text, self._arguments.everywhere, self._escape)


def _from(instruction: Instruction) -> list[str]:
    fields = [field for name, value in instruction.flags if name == "mount" for field in value.split(",")]
    fields += [f"from={value}" for name, value in instruction.flags if name == "from"]
    return [field.removeprefix("from=") for field in fields if field.startswith("from=")]
