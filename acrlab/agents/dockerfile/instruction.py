"""An instruction of a Dockerfile as it is written."""

import msgspec

from acrlab.agents.dockerfile.heredocs import Heredoc
from acrlab.agents.dockerfile.words import listed
from acrlab.agents.protocol import EngineFailed

# fmt: off
KEYWORDS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})
# fmt: on


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction. `words` is set when its arguments are a JSON list; of HEALTHCHECK, those after its kind."""

    keyword: str
    arguments: str
    line: int
    options: tuple[str, ...] = ()  # flags as they are written
    words: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()

    @property
    def flags(self) -> tuple[tuple[str, str], ...]:
        """Names and values; one without a value has an empty one."""
        return tuple((name[2:], value) for name, _, value in (option.partition("=") for option in self.options))

    @property
    def listed(self) -> tuple[str, ...]:
        """Of a JSON list, else what white space separates."""
        return self.words if self.words is not None else listed(self.arguments)

    @property
    def text(self) -> str:
        """As a build's log shows it."""
        return f"{self.keyword} {''.join(f'{option} ' for option in self.options)}{self.arguments}"


def failed(line: int, text: str) -> EngineFailed:
    """An error of the Dockerfile's text, in the words of the daemon with which the service builds."""
    return EngineFailed(f"dockerfile parse error line {line}: {text}")
