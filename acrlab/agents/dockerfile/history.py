"""How the history of an image tells its instructions.

Source: moby, builder/dockerfile; buildkit, frontend/dockerfile/dockerfile2llb (inferred where neither is recorded).
"""

from collections.abc import Mapping, Sequence

from acrlab.agents.archive import Layer
from acrlab.agents.dockerfile.draft import Draft

COMMENT = "buildkit.dockerfile.v0"


def setting(draft: Draft, told: str, *, kit: bool) -> str:
    """An instruction that starts nothing."""
    return told if kit else f"{' '.join(draft.shell)} #(nop)  {told}"


def transfer(draft: Draft, text: str, target: str, layer: Layer, *, kit: bool) -> str:
    """COPY or ADD; the legacy builder names a checksum in place of the sources."""
    if kit:
        return f"{text} # buildkit"
    checksum = layer.diff.partition(":")[2]
    return f"{' '.join(draft.shell)} #(nop) {text.split()[0]} file:{checksum} in {target} "


def command(argv: Sequence[str], arguments: Mapping[str, str], *, kit: bool) -> str:
    """RUN, with the arguments it was given."""
    given = [f"|{len(arguments)}", *(f"{name}={value}" for name, value in sorted(arguments.items()))]
    told = " ".join([*(given if arguments else []), *argv])
    return f"RUN {told} # buildkit" if kit else told
