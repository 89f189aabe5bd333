"""HTML out of plain calls: what is not markup already is escaped, always."""

from html import escape

VOID = frozenset({"br", "hr", "input", "line", "circle", "rect", "wbr"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(element: str, /, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` is written class, `data_act` data-act; True stands alone, False and None are left out."""
    given = {key: value for key, value in attributes.items() if value is not None and value is not False}
    written = "".join(_attribute(key, value) for key, value in given.items())
    if element in VOID:
        return Markup(f"<{element}{written} />")
    return Markup(f"<{element}{written}>{joined(*children)}</{element}>")


def joined(*children: str | None) -> Markup:
    """Elements and texts, one after the other."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in children if each is not None))


def prose(text: str) -> Markup:
    """A sentence in which `this` is code."""
    return joined(*(tag("code", each) if place % 2 else each for place, each in enumerate(text.split("`"))))


def paragraphs(text: str) -> Markup:
    """A text of several paragraphs."""
    return joined(*(tag("p", each.strip()) for each in text.split("\n\n") if each.strip()))


def _attribute(key: str, value: str | int) -> str:
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
