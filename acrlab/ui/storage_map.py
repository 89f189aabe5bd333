"""The storage map: what is stored once and used by many, and what deleting something would free."""

from collections.abc import Callable, Iterator

from acrlab.client.display import Table, short, size
from acrlab.ui import storage_drawing
from acrlab.ui.controls import act, picked
from acrlab.ui.holdings import Freed, Held, Holding, Piece
from acrlab.ui.markup import Markup, joined, tag
from acrlab.ui.panel import Form

_NOTHING, _UNTAGGED = "", "untagged"
_SOFT = (
    "Soft delete is on: it would wait among the deleted ones for the days of the policy, take its space and be paid "
    "for until then."
)
_LATER = (
    "The manifests' own bytes are free at once; blobs go when the registry collects what nothing points to. With a "
    "whole repository both go at once."
)


class StorageMap:
    """A face. `read` reads the registries anew."""

    name = "storage map"

    def __init__(self, read: Callable[[], tuple[Holding, ...]]) -> None:
        self._read, self.holdings = read, read()
        self.at, self.target = 0, _NOTHING

    @property
    def holding(self) -> Holding:
        """The registry that is shown."""
        return self.holdings[self.at]

    # What it shows

    def screen(self) -> Markup:
        """What is stored against what is referred to, the map, what a deletion would free, and the list."""
        found, freed = self.holding, self._freed()
        return tag(
            "form", tag("div", class_="track"),
            tag("h3", f"What {found.registry} stores", tabindex=-1), tag("p", _summary(found), class_="lead"),
            *_bars(found),
            tag("div", self._registries(), self._targets(), act("Read again", "read"), class_="picks bar"),
            _answer(found, freed, self._said()), self._picture(freed),
            _list("Blob by blob, as a list", self.blobs()), _list("Manifest by manifest, as a list", self.table()),
            class_="look", data_follows="choose",
        )  # fmt: skip

    def act(self, act: str, argument: str, form: Form) -> bool:
        """Follow the lists, or read the registry again."""
        if act not in ("choose", "read"):
            return False
        if act == "read":
            self.holdings = self._read()
        registry = next(iter(form.get("registry", ())), "")
        names = [each.registry for each in self.holdings]
        self.at = names.index(registry) if registry in names else self.at
        target = next(iter(form.get("target", ())), _NOTHING)
        self.target = target if target in self._choices() else _NOTHING
        return True

    def _registries(self) -> Markup | None:
        if len(self.holdings) == 1:
            return None
        names = [each.registry for each in self.holdings]
        return picked("Registry", "registry", dict(zip(names, names, strict=True)), self.holding.registry)

    def _choices(self) -> dict[str, str]:
        """What could be deleted: everything that has no tag, a repository, a manifest."""
        found = self.holding
        untagged = {_UNTAGGED: f"all untagged manifests ({len(found.untagged())})"} if found.untagged() else {}
        whole = {f"{each}/": f"the repository {each}" for each in found.repositories}
        return {_NOTHING: "nothing yet", **untagged, **whole, **{each.key: _named(each) for each in found.manifests}}

    def _targets(self) -> Markup:
        return picked("If this was deleted", "target", self._choices(), self.target)

    def _said(self) -> str:
        return self._choices()[self.target]

    def _freed(self) -> Freed | None:
        return None if self.target == _NOTHING else freed(self.holding, self.target)

    def _picture(self, freed: Freed | None) -> Markup:
        drawing = storage_drawing.drawn(self.holding, freed)
        label = f"map of the storage of {self.holding.registry}"
        return tag("div", drawing, class_="wide", role="group", aria_label=label, tabindex=0)

    # Its twin

    def table(self) -> Table:
        """Every manifest: what it refers to, what its deletion would free, what keeps it."""
        found = self.holding
        rows = tuple(
            (
                each.repository, short(each.digest), ", ".join(each.tags) or "none", size(each.whole),
                "nothing" if each.kept else size(found.own(each)), "; ".join(each.kept),
            )
            for each in found.manifests
        )  # fmt: skip
        heads = ("repository", "manifest", "tags", "refers to", "would free", "kept by")
        return Table(heads, rows, f"{found.registry}: {_summary(found)}", "" if rows else "nothing is stored")

    def blobs(self) -> Table:
        """Every blob: once, with who uses it. Largest first."""
        found = self.holding
        order = sorted(found.pieces.values(), key=lambda each: (-each.size, each.digest))
        rows = tuple(self._blob(each) for each in order)
        return Table(("blob", "role", "size", "used by", "where"), rows)

    def _blob(self, piece: Piece) -> tuple[str, ...]:
        users = self.holding.users(piece.digest)
        others = (each for each in self.holdings if each is not self.holding)
        also = [f"also stored in {each.registry}" for each in others if piece.digest in each.pieces]
        where = ", ".join([*dict.fromkeys(each.title for each in users), *also])
        return short(piece.digest), piece.role, size(piece.size), str(len(users)), where

    def would_free(self, target: str) -> Table:
        """What deleting a repository (`team/app/`), a manifest (`team/app@sha256:…`) or `untagged` would free.

        Raises: LookupError for what is not there.
        """
        if target not in self._choices() or target == _NOTHING:
            raise LookupError(f"{target!r} is none of {', '.join(filter(None, self._choices()))}")
        found = freed(self.holding, target)
        rows = [(short(each.digest), size(each.size), "freed") for each in found.pieces]
        rows += [(short(each.digest), size(each.size), f"stays: {_others(self.holding, each, found)}")
                 for each in found.staying]  # fmt: skip
        title = f"{self._choices()[target]}: {_verdict(found)}"
        return Table(("blob", "size", ""), tuple(rows), title, " ".join(_notes(self.holding, found)))

    def text(self) -> str:
        """As text."""
        return f"{self.table().text()}\n\n{self.blobs().text()}"

    def html(self) -> Markup:
        """As a drawing and tables."""
        drawing = storage_drawing.drawn(self.holding, None)
        return joined(drawing, Markup(self.table().html()), Markup(self.blobs().html()))


def freed(found: Holding, target: str) -> Freed:
    """What a deletion would free."""
    if target == _UNTAGGED:
        return found.freed(found.untagged())
    if target.endswith("/"):
        name = target.removesuffix("/")
        return found.freed([each for each in found.manifests if each.repository == name], name)
    return found.freed([each for each in found.manifests if each.key == target])


def _named(held: Held) -> str:
    tags = ", ".join(held.tags) or "untagged"
    platform = f", {held.platform}" if held.platform else ""
    return f"{held.repository}: {tags} ({short(held.digest)}{platform})"


def _summary(found: Holding) -> str:
    spared = found.referenced - found.stored
    shared = f": sharing saves {size(spared)}" if spared else ": nothing is shared"
    left = f"; {found.left} more manifests were not read" if found.left else ""
    count = len(found.manifests)
    return f"{count} manifest{'' if count == 1 else 's'} refer to {size(found.referenced)}, and " \
        f"{size(found.stored)} are stored{shared}{left}."  # fmt: skip


def _bars(found: Holding) -> Iterator[Markup]:
    """Referred to and stored, to one scale; and what the cloud counts besides."""
    most = max(found.referenced, found.counted, 1)
    rows = [("referred to", found.referenced, "soft"), ("stored", found.stored, "")]
    other = found.counted - found.stored
    for said, amount, look in rows:
        fill = tag("span", style=f"width:{amount / most:.2%}", class_=look or None)
        yield tag("p", tag("span", said, class_="name"), tag("span", fill, class_="length"), tag("b", size(amount)),
                  class_="amount")  # fmt: skip
    if other:
        more = "more" if other > 0 else "less"
        yield tag("p", f"The registry itself counts {size(found.counted)}, {size(abs(other))} {more}: blobs that wait "
                  "for a manifest, for collection or for the end of soft delete.", class_="note")  # fmt: skip


def _list(title: str, table: Table) -> Markup:
    whole = tag("div", Markup(table.html()), class_="list", role="group", aria_label=title, tabindex=0)
    return tag("details", tag("summary", title), whole)


def _answer(found: Holding, freed: Freed | None, said: str) -> Markup:
    if freed is None:
        return tag("p", "Choose something above: the map shows what would go, and what stays because others need it.",
                   class_="note")  # fmt: skip
    notes = (tag("p", each) for each in _notes(found, freed))
    staying = (
        tag("li", tag("code", short(each.digest)), f", {size(each.size)}: {_others(found, each, freed)}")
        for each in freed.staying
    )
    stays = joined(tag("p", "This stays, because others point to it:"), tag("ul", *staying)) if freed.staying else None
    return tag("div", tag("h4", f"Deleting {said}: {_verdict(freed)}"), stays, *notes,
               class_=f"pane {'refused' if freed.kept else 'allowed'}")  # fmt: skip


def _verdict(freed: Freed) -> str:
    if freed.kept:
        return "refused, nothing is freed"
    count = len(freed.going)
    return f"{size(freed.size)} freed, {count} manifest{'' if count == 1 else 's'} and {len(freed.pieces)} blobs gone"


def _notes(found: Holding, freed: Freed) -> Iterator[str]:
    if freed.kept:
        yield f"{'; '.join(freed.kept)}."
        return
    yield _SOFT if found.waits else _LATER
    tags = [f"{each.repository}:{name}" for each in freed.going for name in each.tags]
    if tags:
        yield f"Removing a tag alone ({', '.join(tags[:3])}) frees nothing: its manifest stays, untagged."
    missing = {each.digest for each in freed.going}
    indexes = [each.title for each in found.manifests if missing & set(each.parts) and each not in freed.going]
    if indexes:
        yield f"These indexes would lead to something that is gone: {', '.join(indexes)}."


def _others(found: Holding, piece: Piece, freed: Freed) -> str:
    """Who needs a blob besides what would go."""
    going = {each.key for each in freed.going}
    users = [each.title for each in found.users(piece.digest) if each.key not in going]
    more = f" and {len(users) - 3} more" if len(users) > 3 else ""
    return f"used by {', '.join(users[:3])}{more}"
