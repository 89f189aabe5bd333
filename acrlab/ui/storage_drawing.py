"""The picture of the storage map: manifests on the left, the layers they share on the right, lines between them."""

from collections.abc import Iterator

import msgspec

from acrlab.client.display import short, size
from acrlab.ui.holdings import Freed, Held, Holding, Piece
from acrlab.ui.markup import Markup, tag

MOST = 40  # manifests, and shared layers, that are drawn; the list has them all
_WIDE, _BOX, _LAYER, _RIGHT = 800, 330, 270, 524  # of the drawing, in pixels
_ROW, _HEAD, _STEP, _EDGE = 44, 28, 54, 8
_LONG = 27  # characters of a name that fit
_INK, _SOFT = "var(--ink,var(--jp-ui-font-color1,#1b2733))", "var(--soft,var(--jp-ui-font-color2,#51606f))"
_PAPER, _LINE = "var(--paper,var(--jp-layout-color1,#fff))", "var(--line,var(--jp-border-color2,#d3dce6))"
_ACCENT = "var(--accent,var(--jp-brand-color1,#0f62b0))"
_BAD, _BAD_TINT = "var(--bad,var(--jp-error-color1,#b3261e))", "var(--bad-tint,transparent)"
_FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);min-width:640px"


class Spot(msgspec.Struct, frozen=True):
    """Where a box stands: its upper edge. Units: pixels."""

    y: int
    going: bool


def drawn(found: Holding, freed: Freed | None) -> Markup:
    """The map; what would be deleted is dashed, what would be freed says so."""
    going = {each.key for each in freed.going} if freed is not None and not freed.kept else set()
    gone = {each.digest for each in freed.pieces} if freed is not None and not freed.kept else set()
    held, heads, high = _left(found, going)
    layers = _right(found, {key: spot.y for key, spot in held.items()}, high, gone)
    high = max(high, *(spot.y + _ROW for spot in layers.values()), 2 * _HEAD)
    high += _HEAD if len(held) < len(found.manifests) or len(layers) < len(found.shared) else 0
    shared = {each.digest: each for each in found.shared}
    manifests = {each.key: each for each in found.manifests}
    most = max((shared[digest].size for digest in layers), default=1) or 1
    return tag(
        "svg", tag("title", f"Storage of {found.registry}"), tag("desc", _described(found)),
        *_lines(found, held, layers),
        *(tag("text", name, x=0, y=y, style=f"fill:{_SOFT};font-size:13px;font-weight:600") for name, y in heads),
        *(_manifest(found, manifests[key], spot) for key, spot in held.items()),
        *(_layer(found, shared[digest], spot, most) for digest, spot in layers.items()),
        *_rest(found, held, layers, high), width=_WIDE, height=high + _EDGE, viewBox=f"0 0 {_WIDE} {high + _EDGE}",
        role="img",
        aria_label=f"Storage of {found.registry}: {_described(found)}", style=_FONT,
    )  # fmt: skip


def _described(found: Holding) -> str:
    count, shared = len(found.manifests), found.shared
    return f"{count} manifests, {len(found.pieces)} blobs, {len(shared)} of them shared. The lists below say the same."


def _left(found: Holding, going: set[str]) -> tuple[dict[str, Spot], list[tuple[str, int]], int]:
    """Manifests below their repositories: places, headings, and how high all of it is."""
    places: dict[str, Spot] = {}
    heads: list[tuple[str, int]] = []
    y, repository = 0, ""
    for each in found.manifests[:MOST]:
        if each.repository != repository:
            repository = each.repository
            y += _HEAD
            heads.append((repository, y - 8))
        places[each.key] = Spot(y, each.key in going)
        y += _ROW + _EDGE
    return places, heads, y


def _right(found: Holding, rows: dict[str, int], high: int, gone: set[str]) -> dict[str, Spot]:
    """Shared layers, each as near as there is room to the middle of those that use it."""
    wanted = {
        each.digest: sum(ys) / len(ys)
        for each in found.shared[:MOST]
        if (ys := [rows[user.key] for user in found.users(each.digest) if user.key in rows])
    }
    places: dict[str, Spot] = {}
    room = max(high - _STEP * len(wanted), 0)
    y = 0
    for at, digest in enumerate(sorted(wanted, key=lambda each: (wanted[each], each))):
        y = max(y, min(int(wanted[digest]), room + _STEP * at))
        places[digest] = Spot(y, digest in gone)
        y += _STEP
    return places


def _lines(found: Holding, held: dict[str, Spot], layers: dict[str, Spot]) -> Iterator[Markup]:
    for digest, spot in layers.items():
        for user in found.users(digest):
            if user.key in held:
                yield _line(held[user.key], spot)


def _line(start: Spot, end: Spot) -> Markup:
    y, to, half = start.y + _ROW // 2, end.y + _ROW // 2, (_BOX + _RIGHT) // 2
    look = f"stroke:{_BAD};stroke-dasharray:4 4" if start.going else f"stroke:{_ACCENT}"
    path = f"M{_BOX} {y} C{half} {y} {half} {to} {_RIGHT} {to}"
    return tag("path", d=path, fill="none", style=f"{look};stroke-width:1.75;opacity:.75")


def _frame(x: int, y: int, wide: int, going: bool) -> Markup:
    look = f"fill:{_BAD_TINT};stroke:{_BAD};stroke-dasharray:5 4" if going else f"fill:{_PAPER};stroke:{_SOFT}"
    return tag("rect", x=x + 1, y=y, width=wide - 2, height=_ROW, rx=8, style=f"{look};stroke-width:1.25")


def _manifest(found: Holding, held: Held, spot: Spot) -> Markup:
    name = ", ".join(held.tags) or f"untagged {short(held.digest).removeprefix('sha256:')}"
    own = ("goes, with " if spot.going else "") + f"{size(found.own(held))} of its own"
    own += ", locked" if held.kept else ""
    style = f"fill:{_INK};font-size:14px;font-weight:600" + ("" if held.tags else ";font-style:italic")
    platform = tag("text", held.platform, x=_BOX - 14, y=spot.y + 18, text_anchor="end", style=_small(_SOFT))
    return tag(
        "g", tag("title", f"{held.title}: refers to {size(held.whole)}. {' '.join(held.kept)}"),
        _frame(0, spot.y, _BOX, spot.going),
        tag("text", _cut(name), x=14, y=spot.y + 18, style=style), platform if held.platform else None,
        tag("text", own, x=14, y=spot.y + 35, style=_small(_BAD if spot.going else _SOFT)),
        tag("text", f"refers to {size(held.whole)}", x=_BOX - 14, y=spot.y + 35, text_anchor="end",
            style=_small(_SOFT)),
    )  # fmt: skip


def _layer(found: Holding, piece: Piece, spot: Spot, most: int) -> Markup:
    """A shared layer; the bar at its foot is as long as it is large."""
    users, long = len(found.users(piece.digest)), max(round((_LAYER - 28) * piece.size / most), 3)
    told = "would be freed" if spot.going else f"stored once, used {users}×"
    bar = tag("rect", x=_RIGHT + 14, y=spot.y + 36, width=long, height=4, rx=2, style=f"fill:{_ACCENT}")
    return tag(
        "g", tag("title", f"{piece.digest}: {size(piece.size)}"), _frame(_RIGHT, spot.y, _LAYER, spot.going),
        tag("text", size(piece.size), x=_RIGHT + 14, y=spot.y + 18,
            style=f"fill:{_INK};font-size:14px;font-weight:600"),
        tag("text", short(piece.digest).removeprefix("sha256:"), x=_RIGHT + _LAYER - 14, y=spot.y + 18,
            text_anchor="end", style=_small(_SOFT)),
        tag("text", told, x=_RIGHT + 14, y=spot.y + 32, style=_small(_BAD if spot.going else _SOFT)), bar,
    )  # fmt: skip


def _rest(found: Holding, held: dict[str, Spot], layers: dict[str, Spot], high: int) -> Iterator[Markup]:
    """What there was no room for, and what there is nothing of."""
    missing = {"manifests": len(found.manifests) - len(held), "shared layers": len(found.shared) - len(layers)}
    told = [f"{count} more {what}" for what, count in missing.items() if count]
    if told:
        yield tag("text", f"{' and '.join(told)}: in the lists below", x=0, y=high, style=_small(_SOFT))
    if not layers and found.manifests:
        yield tag("text", "No layer is shared.", x=_RIGHT, y=_HEAD + 14, style=_small(_SOFT))


def _small(colour: str) -> str:
    return f"fill:{colour};font-size:12px"


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
