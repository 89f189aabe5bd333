"""Which step waits for which. Source: recorded, and the engine's open source (graph/dag.go)."""

from collections.abc import Iterable, Sequence

ROOT = "acb_root"
AT_ONCE = "-"


class GraphInvalid(ValueError):
    """Steps that cannot be put in order."""


def waits(steps: Iterable[tuple[str, Sequence[str]]]) -> dict[str, frozenset[str]]:
    """Id -> the steps it waits for, from ids and their `when`. Only steps further up may be named.

    Raises: GraphInvalid.
    """
    found: dict[str, frozenset[str]] = {}
    previous = ""
    for name, when in steps:
        if AT_ONCE in when and len(when) > 1:
            raise GraphInvalid("step cannot contain other IDs in when if the immediate execution token is specified")
        if name in when:
            raise GraphInvalid(f"Step ID: {name} is self-referenced")
        if name == ROOT:
            raise GraphInvalid(f"{ROOT} is a reserved ID, it can't be used")
        if name in found:
            raise GraphInvalid(f"{name} already exists as a vertex")
        needed = () if AT_ONCE in when else when or ((previous,) if previous else ())
        for other in needed:
            if not other:
                raise GraphInvalid("from cannot be empty")
            if other not in found:
                raise GraphInvalid(f"{other} does not exist as a vertex [from: {other}, to: {name}]")
        found[name] = frozenset(needed)
        previous = name
    return found
