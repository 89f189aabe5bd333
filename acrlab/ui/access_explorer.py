"""Who can do what, and why: principals against operations, and behind every cell its reasons.

The verdicts are the emulator's own (engine.access.explorer): nothing is decided here.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from acrlab.client.display import Table
from acrlab.ui.controls import picked
from acrlab.ui.markup import Markup, joined, tag
from acrlab.ui.panel import Form

Cell = dict[str, Any]
_KINDS = {
    "user": "user", "servicePrincipal": "service principal", "managedIdentity": "managed identity",
    "token": "token of the registry", "admin": "admin user", "anonymous": "without signing in",
}  # fmt: skip
_PLANES = {"content": "Content of repositories", "control": "The registry itself"}
_PLACE = re.compile(
    r"/subscriptions/[0-9a-f-]{36}(?:/resourceGroups/(?P<group>[^/\s,]+)"
    r"(?:/providers/Microsoft\.ContainerRegistry/registries/(?P<registry>[^\s,]+))?)?(?![/\w])",
    re.IGNORECASE,
)
_MODE = {
    "LegacyRegistryPermissions": "RBAC registry permissions: roles count for the whole registry",
    "AbacRepositoryPermissions": "RBAC registry + ABAC repository permissions: data actions count, with conditions",
}
_ANY = "any repository"
_HINT = "✓ allowed, ✗ refused. Arrow keys lead from cell to cell, Enter shows the reasons."
_ROLES = 4  # roles that are named; there are more
_numbers = itertools.count(1)


class AccessExplorer:
    """A face. `look` asks the emulator for the verdicts about a repository, or any; `who` names those to be shown."""

    name = "access explorer"

    def __init__(
        self, look: Callable[[str], dict[str, Any]], repository: str = "", who: Sequence[str] = ()
    ) -> None:  # fmt: skip
        self._look, self._who = look, frozenset(who)
        self.matrix = self._seen(repository)
        self.plane, self.kind, self.chosen = "content", "", ("", "", "")
        self._pane = f"acrlab-why-{next(_numbers)}"

    # What it shows

    def screen(self) -> Markup:
        """The lists to choose from, the matrix, and the reasons of one cell."""
        found, rows = self.matrix, self._rows()
        left = f" {found['left']} more are not shown." if found["left"] else ""
        return tag(
            "form", tag("div", class_="track"),
            tag("h3", f"Who may do what on {found['registry']}", tabindex=-1),
            tag("p", f"{_MODE.get(found['mode'], found['mode'])}. Nothing is done here: these are the answers that "
                f"requests would get.{left}", class_="lead"),
            tag("div", self._repositories(), self._planes(), self._kinds(), class_="picks bar"),
            self._grid(rows), self._reasons(rows), class_="look", data_follows="choose",
        )  # fmt: skip

    def act(self, act: str, argument: str, form: Form) -> bool:
        """Follow the lists, or show the reasons of a cell."""
        if act == "why":
            parts = argument.split("|", 2)
            self.chosen = (parts[0], parts[1], parts[2]) if len(parts) == 3 else self.chosen
            return len(parts) == 3
        if act != "choose":
            return False
        repository, plane, kind = (next(iter(form.get(name, ())), "") for name in ("repository", "plane", "kind"))
        self.plane, self.kind = plane if plane in _PLANES else self.plane, kind if kind in _KINDS else ""
        known = repository if repository in self.matrix["repositories"] else ""
        self.matrix = self._seen(known)
        return True

    def _seen(self, repository: str) -> dict[str, Any]:
        """The matrix, with those that are to be shown."""
        found = self._look(repository)
        wanted = (row for row in found["rows"] if not self._who or row["name"] in self._who)
        return {**found, "rows": list(wanted)}

    def _repositories(self) -> Markup:
        names = {"": _ANY, **{each: each for each in self.matrix["repositories"]}}
        return picked("On", "repository", names, self.matrix["repository"])

    def _planes(self) -> Markup:
        return picked("What", "plane", _PLANES, self.plane)

    def _kinds(self) -> Markup:
        there = {row["kind"] for row in self.matrix["rows"]}
        kinds = {kind: said for kind, said in _KINDS.items() if kind in there}
        return picked("Who", "kind", {"": "everybody", **kinds}, self.kind)

    def _rows(self) -> list[dict[str, Any]]:
        return [row for row in self.matrix["rows"] if self.kind in ("", row["kind"])]

    def _columns(self, plane: str) -> list[tuple[int, dict[str, Any]]]:
        return [(at, each) for at, each in enumerate(self.matrix["operations"]) if each["plane"] == plane]

    def _current(self, rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any], Cell] | None:
        """The cell that was chosen; else the first one that is refused; else the first."""
        cells = [(row, each, row["cells"][at]) for row in rows for at, each in self._columns(self.plane)]
        chosen = (cell for cell in cells if (cell[0]["kind"], cell[0]["id"], cell[1]["name"]) == self.chosen)
        refused = (cell for cell in cells if not cell[2]["allowed"])
        return next(chosen, None) or next(refused, None) or next(iter(cells), None)

    def _grid(self, rows: list[dict[str, Any]]) -> Markup:
        columns, current = self._columns(self.plane), self._current(rows)
        heads = (tag("th", each["title"], scope="col", title=each["asks"]) for _, each in columns)
        body = (
            tag("tr", _who(row), *(
                tag("td", self._cell(row, each, row["cells"][at], current)) for at, each in columns
            ))
            for row in rows
        )  # fmt: skip
        label = f"{_PLANES[self.plane]}: who may do what"
        grid = tag("table", tag("thead", tag("tr", tag("td"), *heads)), tag("tbody", *body), class_="matrix",
                   data_grid=True, aria_label=label)  # fmt: skip
        return joined(tag("p", _HINT, class_="note"), tag("div", grid, class_="wide"))

    def _cell(self, row: dict[str, Any], operation: dict[str, Any], cell: Cell, current: Any) -> Markup:
        chosen = current is not None and current[0] is row and current[1] is operation
        word = "allowed" if cell["allowed"] else "refused"
        return tag(
            "button", "✓" if cell["allowed"] else "✗", type="button", data_act="why", data_cell=True,
            data_argument=f"{row['kind']}|{row['id']}|{operation['name']}", class_=f"verdict-{word}",
            aria_label=f"{row['name']}, {operation['title']}: {word}", aria_pressed="true" if chosen else "false",
            aria_describedby=self._pane if chosen else None, tabindex=0 if chosen else -1,
        )  # fmt: skip

    def _reasons(self, rows: list[dict[str, Any]]) -> Markup:
        current = self._current(rows)
        if current is None:
            return tag("p", "Nobody of that kind is there.", class_="note")
        row, operation, cell = current
        word, look = ("allowed", "more") if cell["allowed"] else ("refused", "full")
        return tag(
            "div", tag("h4", self._subject(row, operation), tag("em", word, class_=look)),
            tag("p", tag("code", operation["asks"]), class_="note"),
            tag("ul", *(tag("li", _coded(placed(each))) for each in cell["because"])),
            *self._remedy(row, cell), id=self._pane, class_=f"pane {word}",
        )  # fmt: skip

    def _subject(self, row: dict[str, Any], operation: dict[str, Any]) -> str:
        """What a cell is about, in words."""
        whole = operation["plane"] == "control" or operation["name"] == "catalog"
        return f"{row['name']}: {operation['title']}" + ("" if whole else f", on {self.matrix['repository'] or _ANY}")

    def _remedy(self, row: dict[str, Any], cell: Cell) -> Iterator[Markup]:
        """The built-in roles that would do, and the command that assigns the least of them."""
        able = cell["roles"]
        if not able:
            return
        more = f" and {len(able) - _ROLES} more" if len(able) > _ROLES else ""
        yield tag("p", f"Roles that would allow it, those that allow least first: {', '.join(able[:_ROLES])}{more}.")
        line = (
            f"az role assignment create --assignee {row['id']} --role \"{able[0]}\" --scope {self.matrix['resource']}"
        )
        copy = tag("button", "Copy", type="button", data_copy=line, aria_label="Copy the command")
        yield tag("div", tag("pre", line, tabindex=0), copy, class_="cell")

    # Its twin

    def why(self, who: str, operation: str) -> Table:
        """The reasons of one cell, by the name of somebody and the title of an operation. Raises: LookupError."""
        row = next((each for each in self.matrix["rows"] if each["name"] == who), None)
        places = [at for at, each in enumerate(self.matrix["operations"]) if operation in (each["title"], each["name"])]
        if row is None or not places:
            raise LookupError(f"there is no {who!r} with {operation!r}: the matrix names them")
        cell, asked = row["cells"][places[0]], self.matrix["operations"][places[0]]
        rows = [("because", placed(each)) for each in cell["because"]]
        rows += [("would do", each) for each in cell["roles"][:_ROLES]]
        word = "allowed" if cell["allowed"] else "refused"
        return Table(("", ""), tuple(rows), f"{self._subject(row, asked)}: {word}")

    def tables(self) -> list[Table]:
        """The matrix, plane by plane."""
        about = self.matrix["repository"] or _ANY
        content = self._table("content", f"{self.matrix['registry']}, {about}: who may do what")
        return [content, self._table("control", "The registry itself, through Resource Manager")]

    def _table(self, plane: str, title: str) -> Table:
        columns = self._columns(plane)
        rows = tuple(
            (row["name"], _kind(row), *("✓" if row["cells"][at]["allowed"] else "✗" for at, _ in columns))
            for row in self.matrix["rows"]
        )
        return Table(("who", "", *(each["title"] for _, each in columns)), rows, title)

    def text(self) -> str:
        """As text."""
        return "\n\n".join(each.text() for each in self.tables())

    def html(self) -> Markup:
        """As tables."""
        return joined(*(Markup(each.html()) for each in self.tables()))


def placed(text: str) -> str:
    """A reason with its scopes in words: the subscription, a group, a registry."""
    return _PLACE.sub(_named, text)


def _named(found: re.Match[str]) -> str:
    if found["registry"]:
        return f"registry {found['registry']}"
    return f"group {found['group']}" if found["group"] else "the subscription"


_ACTION = re.compile(r"((?:Microsoft\.\w+/|repositories/)[\w./*-]*\w)")


def _coded(text: str) -> Markup:
    """A reason in which actions are code."""
    pieces: Iterable[str] = _ACTION.split(text)
    return joined(*(tag("code", each) if at % 2 else each for at, each in enumerate(pieces)))


def _kind(row: dict[str, Any]) -> str:
    return ", ".join(filter(None, (_KINDS.get(row["kind"], row["kind"]), row["note"])))


def _who(row: dict[str, Any]) -> Markup:
    name, at, domain = row["name"].partition("@")
    parts = (part for each in f"{at}{domain}".split(".") for part in (each, ".", tag("wbr")))
    shown = tag("span", *list(parts)[:-2], class_="domain") if at else None
    return tag("th", name, shown, tag("span", _kind(row), class_="kind"), scope="row")
