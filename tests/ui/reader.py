"""Somebody who reads a screen and fills in its form, as a browser would and without one."""

from collections.abc import Iterator
from html.parser import HTMLParser

from acrlab.ui.markup import VOID
from acrlab.ui.panel import Face


class Element:
    """An element with what is in it."""

    def __init__(self, name: str, attributes: dict[str, str | None], parent: "Element | None") -> None:
        self.name, self.attributes, self.parent = name, attributes, parent
        self.children: list[Element | str] = []

    def __iter__(self) -> Iterator["Element"]:
        """It, and all that is in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    @property
    def text(self) -> str:
        """What can be read in it."""
        return "".join(each if isinstance(each, str) else each.text for each in self.children)

    def above(self, name: str) -> "Element | None":
        """The nearest element of a kind around it."""
        found = self.parent
        while found is not None and found.name != name:
            found = found.parent
        return found


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in VOID, f"<{tag}> closes itself"
        self.here = self._made(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, f"<{tag}> does not close itself"
        self._made(tag, attrs)

    def _made(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        made = Element(tag, dict(attrs), self.here)
        self.here.children.append(made)
        return made

    def handle_endtag(self, tag: str) -> None:
        assert self.here.name == tag and self.here.parent is not None, f"</{tag}> closes <{self.here.name}>"
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def tree(html: str) -> Element:
    """A screen as elements; every one of them is closed where it should be."""
    reader = _Tree()
    reader.feed(html)
    assert reader.here is reader.root, f"<{reader.here.name}> is not closed"
    return reader.root


class Reader:
    """A learner at a face."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.seen: list[str] = []
        self._look()

    def _look(self) -> None:
        self.html = self.face.screen()
        self.page = tree(self.html)
        self.seen.append(self.html)

    @property
    def text(self) -> str:
        """All there is to read."""
        return self.page.text

    @property
    def heading(self) -> str:
        """What the screen is about."""
        return next(each.text for each in self.page if each.name == "h3")

    def all(self, name: str) -> list[Element]:
        """Every element of a kind."""
        return [each for each in self.page if each.name == name]

    def buttons(self) -> list[str]:
        """What the buttons say."""
        return [each.text for each in self.all("button") if each.attributes.get("data-act")]

    def form(self) -> dict[str, list[str]]:
        """What a browser would send."""
        found: dict[str, list[str]] = {}
        for each in self.page:
            name = each.attributes.get("name")
            if not name or "disabled" in each.attributes:
                continue
            for value in _values(each):
                found.setdefault(name, []).append(value)
        return found

    def choose(self, name: str, *values: str) -> None:
        """Choose, write, or put into order."""
        own = [each for each in self.page if each.attributes.get("name") == name]
        assert own, f"there is no control {name}"
        kind = own[0].attributes.get("type") or own[0].name
        if kind == "text":
            own[0].attributes["value"] = values[0]
        elif kind == "hidden":
            self._put(own, values)
        else:
            options = [one for each in own for one in each if one.name in ("input", "option")]
            assert set(values) <= {each.attributes.get("value") for each in options}
            for each in options:
                word = "selected" if each.name == "option" else "checked"
                each.attributes.pop(word, None)
                if each.attributes.get("value") in values:
                    each.attributes[word] = None

    def _put(self, steps: list[Element], values: tuple[str, ...]) -> None:
        lists = [each for each in self.page if each.attributes.get("class") in ("pool", "chosen")]
        rows = {each.attributes["value"]: each.above("li") for each in steps}
        chosen = next(each for each in lists if each.attributes["class"] == "chosen")
        for one in lists:
            one.children = [each for each in one.children if each not in rows.values()]
        for value in values:
            row = rows[value]
            assert row is not None
            chosen.children.append(row)
            next(each for each in row if each.name == "input").attributes.pop("disabled", None)

    def press(self, said: str) -> None:
        """Press a button by what it says."""
        found = [each for each in self.all("button") if each.text == said and each.attributes.get("data-act")]
        assert found, f"there is no button {said!r} among {self.buttons()}"
        self.act(str(found[0].attributes["data-act"]), str(found[0].attributes.get("data-argument") or ""))

    def act(self, act: str, argument: str = "") -> None:
        """Do what a button would."""
        if self.face.act(act, argument, self.form()):
            self._look()


def _values(control: Element) -> list[str]:
    kind = control.attributes.get("type") or control.name
    if kind == "select":
        options = [each for each in control if each.name == "option"]
        chosen = [each for each in options if "selected" in each.attributes] or options[:1]
        return [str(each.attributes["value"] or "") for each in chosen[-1:]]
    if kind in ("radio", "checkbox"):
        return [str(control.attributes["value"])] if "checked" in control.attributes else []
    return [str(control.attributes.get("value") or "")]
