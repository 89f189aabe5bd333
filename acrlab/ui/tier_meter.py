"""The tier meter: what a registry uses of its tier, what another tier would give, and what either costs."""

from collections.abc import Callable, Iterator, Sequence

from acrlab.client.bills import WORTH
from acrlab.client.display import Table
from acrlab.domain.tiers import CLASSIC, CURRENT, profile
from acrlab.ui.controls import act, picked
from acrlab.ui.markup import Markup, joined, tag
from acrlab.ui.metering import COUNTS, RATES, STORAGE, Costs, Gauge, Reading
from acrlab.ui.panel import Form

_FULL, _NEAR = 1.0, 0.8  # shares of a limit that are worth a word
_TITLES = {STORAGE: "Storage", COUNTS: "Limits", RATES: "Requests a minute"}
_CELLS = 20  # characters of a bar in text
_EDITIONS = (CURRENT, CLASSIC)


class TierMeter:
    """A face. `read` takes the meters anew, for the facts of a profile."""

    name = "tier meter"

    def __init__(self, read: Callable[[str], Reading], edition: str) -> None:
        self._read, self.reading = read, read(edition)
        self.beside = _next(self.reading)

    # What it shows

    def screen(self) -> Markup:
        """The meters, the other tier, and the cost."""
        found = self.reading
        return tag(
            "form", tag("div", class_="track"),
            tag("h3", f"{found.registry}, {found.tier}", tabindex=-1),
            tag("p", "What it uses of what its tier allows, and what that costs.", class_="lead"),
            tag("div", self._editions(), self._tiers(), act("Read again", "read"), class_="picks bar"),
            *(part for group in _TITLES for part in self._group(group)),
            *self._features(), *self._money(), class_="look", data_follows="choose",
        )  # fmt: skip

    def act(self, act: str, argument: str, form: Form) -> bool:
        """Follow the lists, or read the meters again."""
        if act not in ("choose", "read"):
            return False
        edition, beside = (next(iter(form.get(name, ())), "") for name in ("edition", "beside"))
        self.reading = self._read(edition if edition in _EDITIONS else self.reading.edition)
        self.beside = beside if beside in self._others() else _next(self.reading)
        return True

    def _others(self) -> list[str]:
        return [each for each in self.reading.facts.tiers if each != self.reading.tier]

    def _editions(self) -> Markup:
        named = {each: f"{profile(each).title} ({each})" for each in _EDITIONS}
        return picked("Facts", "edition", named, self.reading.edition)

    def _tiers(self) -> Markup:
        return picked("Beside it", "beside", {each: each for each in self._others()}, self.beside)

    def _group(self, group: str) -> Iterator[Markup]:
        gauges = [each for each in self.reading.gauges if each.group == group]
        heads = tag("tr", *(tag("th", each, scope="col") for each in ("", "in use", "of", f"in {self.beside}")))
        rows = (self._row(each) for each in gauges)
        yield tag("h4", _TITLES[group])
        if group == RATES and not self.reading.counted:
            yield tag("p", f"They are {_UNCOUNTED}", class_="note")
        yield tag("table", tag("thead", heads), tag("tbody", *rows), class_="meters", aria_label=_TITLES[group])

    def _row(self, gauge: Gauge) -> Markup:
        tier = self.reading.tier
        return tag(
            "tr", tag("th", gauge.title, scope="row"),
            tag("td", _bar(gauge, tier), tag("span", gauge.told(gauge.used), class_="used")),
            tag("td", gauge.allowed(tier), _word(gauge.share(tier))),
            tag("td", gauge.allowed(self.beside), _change(gauge, tier, self.beside)),
        )  # fmt: skip

    def _features(self) -> Iterator[Markup]:
        more, less = self.reading.gains(self.beside)
        for titles, head, sign in ((more, f"{self.beside} has besides", "+"), (less, f"{self.beside} lacks", "−")):
            if titles:
                yield tag("h4", head)
                found = (tag("li", tag("span", sign, class_="sign", aria_hidden="true"), each) for each in titles)
                yield tag("ul", *found, class_=f"features {'more' if sign == '+' else 'less'}")

    def _money(self) -> Iterator[Markup]:
        found = self.reading
        yield tag("h4", "Cost")
        yield tag("div", *(self._price(each) for each in found.costs), class_="prices")
        own = next(each for each in found.costs if each.tier == found.tier)
        if own.lines:
            yield tag("details", tag("summary", "Meter by meter"), *(_lines(each) for each in self._compared()))
        yield tag("p", _cost_note(found), class_="note")

    def _compared(self) -> list[Costs]:
        wanted = (self.reading.tier, self.beside)
        found = (each for each in self.reading.costs if each.tier in wanted)
        return sorted(found, key=lambda each: each.tier != wanted[0])

    def _price(self, costs: Costs) -> Markup:
        """One tier: what it has cost or would have, and what a month costs as things are."""
        own = costs.tier == self.reading.tier
        stands = tag("p", f"Not as it is: {' '.join(costs.obstacles)}", class_="stands") if costs.obstacles else None
        month = "not possible with these regions" if costs.monthly is None else f"{costs.monthly:.2f} USD a month"
        head = tag("p", costs.tier, tag("span", "its tier", class_="own") if own else None, class_="over")
        look = "price mine" if own else "price"
        return tag("div", head, *self._so_far(costs, own), tag("p", month), stands, class_=look)

    def _so_far(self, costs: Costs, own: bool) -> Iterator[Markup]:
        if costs.so_far is not None:
            days = f"{self.reading.days:.1f} days"
            yield tag("p", tag("span", f"{costs.so_far:.2f}", class_="sum"), " USD")
            yield tag("p", f"so far, in {days}" if own else f"in the same {days}", class_="days")

    # Its twin

    def table(self) -> Table:
        """Every meter against all three tiers."""
        found = self.reading
        tiers = [f"{each} (its tier)" if each == found.tier else each for each in found.facts.tiers]
        rows = tuple(
            (each.title, each.told(each.used), _drawn(each.share(found.tier)), *map(each.allowed, found.facts.tiers))
            for each in found.gauges
        )
        note = "" if found.counted else f"Requests are {_UNCOUNTED}"
        title = f"{found.registry}, {found.tier}, by the facts of {found.edition}"
        return Table(("meter", "in use", "", *tiers), rows, title, note)

    def costs(self) -> Table:
        """What each tier costs, and what stands against it."""
        found = self.reading
        so_far = found.days is not None
        heads = ("tier", *((f"{found.days:.1f} days, USD",) if so_far else ()), "a month, USD", "stands against it")
        rows = tuple(
            (each.tier, *((_usd(each.so_far),) if so_far else ()), _usd(each.monthly), " ".join(each.obstacles))
            for each in found.costs
        )
        return Table(heads, rows, "cost", _cost_note(found))

    def text(self) -> str:
        """As text."""
        return f"{self.table().text()}\n\n{self.costs().text()}"

    def html(self) -> Markup:
        """As tables."""
        return joined(Markup(self.table().html()), Markup(self.costs().html()))


_UNCOUNTED = (
    "not counted here. The emulator does with --throttling, with --realistic-timing and in exam-classic; Azure does "
    "and does not tell."
)


def _next(found: Reading) -> str:
    """The tier above; of the highest, the one below."""
    names = list(found.facts.tiers)
    at = names.index(found.tier)
    return names[at + 1] if at + 1 < len(names) else names[at - 1]


def _bar(gauge: Gauge, tier: str) -> Markup | None:
    share = gauge.share(tier)
    if share is None:
        return None
    told = f"{gauge.told(gauge.used)} of {gauge.allowed(tier)}"
    fill = tag("span", style=f"width:{min(share, 1.0):.2%}")
    level = "full" if share >= _FULL else "near" if share >= _NEAR else None
    shape = " ".join(filter(None, ("meter", level, "some" if share > 0 else None)))
    return tag(
        "span", fill, class_=shape, role="meter", aria_label=gauge.title, aria_valuemin=0, aria_valuemax=100,
        aria_valuenow=round(100 * min(share, 1.0)), aria_valuetext=told,
    )  # fmt: skip


def _word(share: float | None) -> Markup | None:
    if share is None or share < _NEAR:
        return None
    said = "all of it" if share >= _FULL else f"{share:.0%} of it"
    return tag("em", said, class_="full" if share >= _FULL else "near")


def _change(gauge: Gauge, tier: str, other: str) -> Markup | None:
    """More or less, where the other tier has another limit; and too little, where that is so."""
    own, limit = gauge.limits[tier], gauge.limits[other]
    if own == limit:
        return tag("em", "the same", class_="same")
    too_little = gauge.used is not None and 0 <= limit < gauge.used
    if too_little:
        return tag("em", "too little", class_="full")
    rank = [float("inf") if each < 0 else each for each in (own, limit)]
    return tag("em", "more" if rank[1] > rank[0] else "less", class_="more" if rank[1] > rank[0] else "less")


def _drawn(share: float | None) -> str:
    """A bar of characters."""
    if share is None:
        return ""
    full = min(round(share * _CELLS), _CELLS) or int(share > 0)
    return "█" * full + "░" * (_CELLS - full)


def _lines(costs: Costs) -> Markup:
    heads = tag("tr", *(tag("th", each, scope="col") for each in ("meter", "quantity", "price", "USD")))
    rows = (
        tag("tr", tag("th", each["meter"], scope="row"), tag("td", f"{each['quantity']:.2f} {each['unit']}"),
            tag("td", _usd(each["price"], 4)), tag("td", _usd(each["amount"])))
        for each in costs.lines
    )  # fmt: skip
    return tag("table", tag("caption", costs.tier), tag("thead", heads), tag("tbody", *rows))


def _usd(amount: float | None, places: int = 2) -> str:
    return "not known" if amount is None else f"{amount:.{places}f}"


def _cost_note(found: Reading) -> str:
    unpriced: Sequence[str] = list(dict.fromkeys(name for each in found.costs for name in each.unpriced))
    lab = "Azure's own bill is in its cost management; a month is reckoned from what is stored now."
    if found.days is not None:
        lab = f"So far: {found.days:.1f} days on the lab's clock. A month: with what is stored now."
    missing = f" No price is known for: {', '.join(unpriced)}." if unpriced else ""
    return f"{lab} {WORTH}{missing}"
