"""Answers for tests: the right one of a variant, and one that is wrong."""

from acrlab.trainer.instance import Component, Instance


def right(instance: Instance) -> dict[str, list[str]]:
    """What earns every point."""
    return {part.key: _right(part) for part in instance.parts}


def _right(part: Component) -> list[str]:
    if part.way == "command":
        return [next(each.say for each in part.options if each.right)]
    if part.way == "do":
        return ["passed"]
    return [each.key for each in sorted(part.options, key=lambda each: each.place) if each.right]


def wrong(instance: Instance) -> dict[str, list[str]]:
    """What earns nothing, or less than everything where too few choices are wrong."""
    found = {}
    for part in instance.parts:
        others = [each.key for each in part.options if not each.right]
        if part.way in ("command", "do"):
            found[part.key] = ["az group list"]
        elif part.way == "order":
            found[part.key] = list(reversed(_right(part)))
        else:
            found[part.key] = [*others, *_right(part)][: part.choose]  # as many as have to be chosen
    return found
