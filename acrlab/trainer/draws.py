"""Seeded variants: names and numbers that differ from sitting to sitting, and are the same for the same seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What an author may ask for in words. Names are made up; companies are the fictional ones of Microsoft's own texts.
POOLS: Mapping[str, Sequence[str]] = {
    "a registry": (
        "contoso", "fabrikam", "northwind", "tailwind", "woodgrove", "adatum", "wingtip", "proseware", "litware",
        "margies", "relecloud", "lamna", "trey2", "vanarsdel", "bellows",
    ),
    "a repository": (
        "team/web", "shop/cart", "api/orders", "data/loader", "web/portal", "jobs/nightly", "auth/gateway",
        "billing/invoices", "ml/scorer", "ops/probe",
    ),
    "a tag": ("1.0", "1.4", "2.0", "2.3.1", "v1", "v3", "2026-11", "release-7", "rc1", "build-512"),
    "a person": ("Amal", "Bo", "Chidi", "Dana", "Emre", "Fatou", "Goran", "Hina", "Ines", "Jun", "Kofi", "Lena"),
    "a company": ("Contoso", "Fabrikam", "Northwind Traders", "Tailwind Toys", "Woodgrove Bank", "Adatum", "Litware"),
    "a tier": ("Basic", "Standard", "Premium"),
    "a region": ("westeurope", "eastus", "swedencentral", "japaneast", "brazilsouth"),
    "a file": ("report.txt", "notes.md", "model.bin", "sbom.json"),
}  # fmt: skip
_SUFFIXED = ("a registry",)  # names that are global in Azure: a number keeps them apart from anybody's


def check(value: Any) -> Iterator[str]:
    """Say what is wrong with an author's draws."""
    if not isinstance(value, dict):
        yield "must be a group such as `registry: a registry`"
        return
    for name, given in value.items():
        if not name.isidentifier():
            yield f"{name} is no name: letters, digits and _ only"
        if isinstance(given, list):
            if len(given) < 2 or not all(isinstance(each, str) for each in given):
                yield f"{name} needs at least two texts to draw from"
        elif given not in POOLS:
            yield f"{name}: {given!r} is no pool: {', '.join(POOLS)}, or a list of texts"


def drawn(key: str, seed: int, draw: Mapping[str, Any], together: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The names of one variant. Two draws of one pool never get the same."""
    source = random.Random(f"{key}/{seed}")
    found: dict[str, str] = dict(source.choice(together)) if together else {}
    used: set[str] = set()
    for name, given in draw.items():
        pool = [each for each in (given if isinstance(given, list) else POOLS[given]) if each not in used]
        chosen = source.choice(pool)
        used.add(chosen)
        found[name] = f"{chosen}{source.randrange(10, 100)}" if given in _SUFFIXED else chosen
    return found


def shuffled(key: str, seed: int, count: int) -> list[int]:
    """The order in which a variant shows its options."""
    order = list(range(count))
    random.Random(f"{key}/{seed}/order").shuffle(order)
    return order
