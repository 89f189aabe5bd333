"""How the history of an image tells its instructions.

Source: moby, builder/dockerfile; buildkit, frontend/dockerfile/dockerfile2llb (inferred where neither is recorded).
"""

from collections.abc import Iterable, Mapping, Sequence

from acrlab.agents.archive import Layer
from acrlab.agents.dockerfile.draft import Draft
from acrlab.agents.dockerfile.parser import Instruction

COMMENT = "buildkit.dockerfile.v0"


def setting(draft: Draft, told: str, *, kit: bool) -> str:
    """An instruction that starts nothing."""
    return told if kit else f"{' '.join(draft.shell)} #(nop)  {told}"


def workdir(draft: Draft, *, kit: bool) -> str:
    """WORKDIR; of the legacy builder with one blank less than other settings."""
    return setting(draft, f"WORKDIR {draft.workdir}", kit=kit).replace("#(nop)  ", "#(nop) ")


def copied(each: Instruction, words: Iterable[str], flags: Mapping[str, str]) -> str:
    """COPY or ADD with BuildKit: its sources, here-documents and target with their variables, and some of its flags."""
    shown = ["--parents"] if "parents" in flags else []
    shown += [f"--{name}={flags[name]}" for name in ("chown", "chmod") if flags.get(name)]
    *sources, target = words
    sources = [word for word in sources if not word.startswith("<<")]
    heredocs = [f"<<{heredoc.name}" for heredoc in each.heredocs]
    return " ".join([each.keyword, *shown, *sources, *heredocs, target, "# buildkit"])


def added(draft: Draft, each: Instruction, kind: str, layer: Layer, target: str, chown: str) -> str:
    """COPY or ADD with the legacy builder: a checksum in place of the sources. `kind`: file, dir or multi."""
    owner = f"--chown={chown} " if chown else ""
    checksum = layer.diff.partition(":")[2]
    return f"{' '.join(draft.shell)} #(nop) {each.keyword} {owner}{kind}:{checksum} in {target} "


def command(argv: Sequence[str], arguments: Mapping[str, str], *, kit: bool) -> str:
    """RUN, with the arguments it was given."""
    given = [f"|{len(arguments)}", *(f"{name}={value}" for name, value in arguments.items())]
    told = " ".join([*(given if arguments else []), *argv])
    return f"RUN {told} # buildkit" if kit else told
