"""What a learner sees: tables and trees, as text and as HTML, the same every time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from acrlab.client.blob import Blob
    from acrlab.client.image import Image

Item = TypeVar("Item")
_LEFT = "text-align:left;vertical-align:top"
_CAPTION = f"caption-side:top;{_LEFT};padding:.2em .5em;color:inherit"
_CODE = "font-family:var(--jp-code-font-family,monospace)"
_FULL = len("sha256:") + 64
_WIDEST = 92  # characters of a cell in one line of text
_WORD = 12  # characters of a digest that are shown
_LONG = {
    "application/vnd.docker.distribution.manifest.": "docker manifest ",
    "application/vnd.docker.container.": "docker container ",
    "application/vnd.docker.image.": "docker ",
    "application/vnd.oci.image.": "oci ",
    "application/vnd.oci.": "oci ",
}


@dataclass(frozen=True)
class Table:
    """Rows under headings. Cells are text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    note: str = ""

    def text(self) -> str:
        """In columns of one width."""
        lines = [self.title] if self.title else []
        if self.rows:
            rows = [line for row in self.rows for line in _wrapped(row)]
            widths = [max(map(len, column)) for column in zip(self.columns, *rows, strict=True)]
            heads = (self.columns, tuple("─" * width for width in widths)) if any(self.columns) else ()
            lines += ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (*heads, *rows)]
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def html(self) -> str:
        """As JupyterLab styles it."""
        caption = f'<caption style="{_CAPTION}"><b>{escape(self.title)}</b></caption>' if self.title else ""
        body = "".join(_row("td", row) for row in self.rows)
        heads = f"<thead>{_row('th', self.columns)}</thead>" if any(self.columns) and self.rows else ""
        note = f"<p><em>{escape(self.note)}</em></p>" if self.note else ""
        return f"<table>{caption}{heads}<tbody>{body}</tbody></table>{note}"

    def bundle(self) -> dict[str, str]:
        """What a notebook keeps."""
        return {"text/plain": self.text(), "text/html": self.html()}

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.bundle()


def _wrapped(row: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A row whose last cell is too long for a line, as several."""
    *others, last = row
    lines = wrap(last, _WIDEST, break_long_words=False, break_on_hyphens=False) or [""]
    return [(*others, lines[0]), *((*("" for _ in others), line) for line in lines[1:])]


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f'<{tag} style="{_LEFT}">{escape(cell)}</{tag}>' for cell in cells) + "</tr>"


@dataclass(frozen=True)
class Tree:
    """A label with branches."""

    label: str
    branches: tuple["Tree", ...] = field(default_factory=tuple)

    def lines(self) -> list[str]:
        """The tree drawn with lines."""
        found = [self.label]
        for branch in self.branches:
            last = branch is self.branches[-1]
            head, *tail = branch.lines()
            found.append(("└── " if last else "├── ") + head)
            found.extend(("    " if last else "│   ") + line for line in tail)
        return found

    def text(self) -> str:
        """The lines in one."""
        return "\n".join(self.lines())

    def html(self) -> str:
        """The drawing, in the font of code."""
        return f'<pre style="{_CODE};line-height:1.35;margin:0;padding:0 .5em">{escape(self.text())}</pre>'

    def bundle(self) -> dict[str, str]:
        """What a notebook keeps."""
        return {"text/plain": self.text(), "text/html": self.html()}

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.bundle()


class Listing(list[Item], Generic[Item]):
    """A list of the SDK's own objects that shows itself as a table."""

    def __init__(
        self, items: Iterable[Item], columns: Mapping[str, Callable[[Item], str]], *, title: str = "", empty: str = ""
    ) -> None:
        super().__init__(items)
        self._columns, self._title, self._empty = columns, title, empty

    def table(self) -> Table:
        """The items as rows."""
        rows = tuple(tuple(cell(item) for cell in self._columns.values()) for item in self)
        return Table(tuple(self._columns), rows, self._title, "" if rows else self._empty or "none")

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


def facts(title: str, found: Mapping[str, str], note: str = "") -> Table:
    """Names and values, without headings."""
    return Table(("", ""), tuple(found.items()), title, note)


def short(digest: str) -> str:
    """A digest that fits in a table: its first twelve characters."""
    if len(digest) != _FULL or not digest.startswith("sha256:"):
        return digest
    return f"{digest[: len('sha256:') + _WORD]}…"


def size(count: int) -> str:
    """Bytes for people, in powers of 1024."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"


def kind(media_type: str) -> str:
    """A media type without what they all begin with: `oci manifest.v1+json`."""
    for long, brief in _LONG.items():
        if media_type.startswith(long):
            return brief + media_type.removeprefix(long)
    return media_type


def locks(item: Any) -> str:
    """What an object of the data plane forbids, in the words of `az acr repository update`."""
    names = {"can_delete": "delete", "can_write": "write", "can_read": "read", "can_list": "list"}
    return ", ".join(name for attribute, name in names.items() if getattr(item, attribute, None) is False)


def word(value: Any) -> str:
    """What an enumeration of the SDK's stands for; any other value as text."""
    return str(getattr(value, "value", value) or "")


def image(found: "Image") -> Table | Tree:
    """An index as a tree, an image as the table of its parts."""
    return tree(found) if found.images else parts(found)


def parts(found: "Image") -> Table:
    """Config and layers of an image, in order."""
    named: Sequence[tuple[str, Blob]] = (
        *((("config", found.config),) if found.config is not None else ()),
        *((f"layer {number}", layer) for number, layer in enumerate(found.layers, 1)),
    )
    rows = tuple(
        (name, short(blob.digest), size(blob.size), kind(blob.media_type), _holds(blob)) for name, blob in named
    )
    what = found.manifest.get("artifactType") or found.platform or "image"
    title = f"{what}  {short(found.digest)}  {kind(found.media_type)}"
    return Table(("part", "digest", "size", "media type", "holds"), rows, title)


def _holds(blob: "Blob") -> str:
    if blob.urls:
        return "not in the registry"
    names = [name for name in blob.members() if not name.endswith("/")]
    titles = [blob.annotations[name] for name in blob.annotations if name.endswith(".title")]
    shown = names or titles
    return ", ".join(shown[:3]) + (" …" if len(shown) > 3 else "")


def tree(found: "Image") -> Tree:
    """An index and the images it leads to."""
    width = max((len(_named(each)) for each in found.images), default=0)
    branches = tuple(
        tree(each)
        if each.images
        else Tree(f"{_named(each):<{width}}  {short(each.digest)}  {kind(each.media_type)}  {size(each.size)}")
        for each in found.images
    )
    return Tree(f"{kind(found.media_type)}  {short(found.digest)}", branches)


def _named(found: "Image") -> str:
    return found.platform or str(found.manifest.get("artifactType", "")) or "artifact"
