"""Bills as people read them."""

from collections.abc import Sequence
from typing import Any

from acrlab.client.display import Table

DAY = 86400.0  # seconds
WORTH = "USD list prices of US regions, as third parties quote them: see data/tiers.toml for source and date."


def shown(bills: Sequence[dict[str, Any]], *, one: bool = False, tier: str = "") -> Table:
    """One bill by its meters, or several by their totals; `tier` is the one that was asked after."""
    asked = f", had it been {tier.capitalize()}" if tier else ""
    if one and len(bills) == 1:
        return _bill(bills[0], asked)
    rows = [(*_head(each), f"{each['total']:.2f}") for each in bills]
    whole = sum(each["total"] for each in bills)
    rows.append(("together", "", "", f"{whole:.2f}"))
    return Table(("registry", "tier", "days", "USD"), tuple(rows), f"cost so far{asked}", _note(bills))


def _head(bill: dict[str, Any]) -> tuple[str, str, str]:
    return bill["registry"], bill["tier"], f"{(bill['until'] - bill['since']) / DAY:.1f}"


def _bill(bill: dict[str, Any], asked: str) -> Table:
    name, tier, days = _head(bill)
    rows = [_line(each) for each in bill["lines"]]
    rows.append(("together", "", "", "", f"{bill['total']:.2f}"))
    title = f"{name}, {tier}, {days} days{asked}"
    return Table(("meter", "quantity", "unit", "price", "USD"), tuple(rows), title, _note([bill]))


def _line(line: dict[str, Any]) -> tuple[str, ...]:
    price, amount = line["price"], line["amount"]
    known = ("not known", "") if price is None else (f"{price:.4f}", f"{amount:.2f}")
    return (line["meter"], f"{line['quantity']:.2f}", line["unit"], *known)


def _note(bills: Sequence[dict[str, Any]]) -> str:
    without = dict.fromkeys(meter for each in bills for meter in each["unpriced"])
    stands = dict.fromkeys(text for each in bills for text in each["obstacles"])
    parts = [WORTH]
    if without:
        parts.append(f"No price is known for: {', '.join(without)}.")
    if stands:
        parts.append(f"It could not be moved there as it is: {' '.join(stands)}")
    return " ".join(parts)
