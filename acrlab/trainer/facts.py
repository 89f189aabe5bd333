"""Facts by reference: `{limit: webhooks, tier: Standard}` in a text becomes what `acrlab/data` says today."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from acrlab.data import load
from acrlab.domain import amounts, billing, names, roles, tiers
from acrlab.domain.tasks import shapes, task
from acrlab.engine import tokens
from acrlab.engine.lifecycle import cache

_NAME = re.compile(r"\{(\w+)\}")
_FACT = re.compile(r"\{(\w+:[^{}]*)\}")
_LEFT, _RIGHT = "\ue000", "\ue001"  # what {{ and }} are while the rest is filled in
_STATUS = {"ga": "generally available", "preview": "in preview", "deprecated": "deprecated"}
_LIVES = {
    "refresh token": tokens.REFRESH_LIFE, "access token": tokens.ACCESS_LIFE, "cached tag": int(cache.FRESH),
}  # fmt: skip
_LONGEST = {"repository": names.LONGEST_REPOSITORY, "tag": 128}
_SECONDS = {
    "a step": task.STEP_TIMEOUT, "shortest run": shapes.TIMEOUT[0], "longest run": shapes.TIMEOUT[1],
    "a run": shapes.TIMEOUT[2],
}  # fmt: skip


class FactUnknown(Exception):
    """A placeholder that stands for nothing. The text says what is known."""


class Fact(msgspec.Struct, frozen=True):
    """One kind of placeholder: the keys it takes, and how it is looked up in a profile."""

    keys: tuple[str, ...]
    find: Callable[[tiers.Profile, Mapping[str, str]], str]
    help: str


def _limit(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    found = edition.tier(_tier(edition, keys["tier"])).limits.get(keys["limit"])
    if found is None:
        raise FactUnknown(f"there is no limit {keys['limit']}: {', '.join(load('tiers')['limit'])}")
    if found.stated == tiers.UNLIMITED:
        return "no limit"
    return str(found.stated) if found.unit == "count" else f"{found.stated} {found.unit}"


def _tier(edition: tiers.Profile, name: str) -> str:
    if name not in edition.tiers:
        raise FactUnknown(f"there is no tier {name}: {', '.join(edition.tiers)}")
    return name


def _having(edition: tiers.Profile, feature: str) -> list[str]:
    if feature not in load("tiers")["feature"]:
        raise FactUnknown(f"there is no feature {feature}: {', '.join(load('tiers')['feature'])}")
    return edition.having(feature)


def _feature(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    found = _having(edition, keys["feature"])
    *first, last = found
    return f"{', '.join(first)} and {last}" if first else last


def _lowest(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    return _having(edition, keys["lowest"])[0]


def _status(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    _having(edition, keys["status"])
    return _STATUS[next(iter(edition.tiers.values())).features[keys["status"]].status]


def _price(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    row = next((each for each in load("tiers")["price"] if each["name"] == keys["price"]), None)
    amount = (row or {}).get("amount", {}).get(_tier(edition, keys["tier"]))
    if amount is None:
        raise FactUnknown(f"no price {keys['price']} is known for {keys['tier']}")
    return f"{amount:g} USD"


def _rate(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    found = edition.tier(_tier(edition, keys["tier"])).rates.get(keys["rate"])
    if found is None:
        raise FactUnknown(f"the profile {edition.name} has no rate {keys['rate']}")
    return str(found.per_registry)


def _pace(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    found = edition.tier(_tier(edition, keys["tier"])).rates.get(keys["pace"])
    if found is None or found.per_identity is None:
        raise FactUnknown(f"the profile {edition.name} has no rate {keys['pace']} of one identity")
    return str(found.per_identity)


def _spread(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    tier = _tier(edition, keys["tier"])
    return f"{billing.monthly(edition, tier, 0, int(keys['spread'])):.2f} USD"


def _month(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    tier = _tier(edition, keys["tier"])
    return f"{billing.monthly(edition, tier, _stored(keys['month'])):.2f} USD"


def _cheapest(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    size = _stored(keys["cheapest"])
    return min(edition.tiers, key=lambda tier: billing.monthly(edition, tier, size))


def _worked(edition: tiers.Profile, keys: Mapping[str, str]) -> str:
    if not keys["worked"].isdecimal():
        raise FactUnknown(f"worked: {keys['worked']} is no number of vCPU seconds")
    lines = billing.lines(edition, (billing.Span(0.0, "Basic", 0, 0),), {"month": float(keys["worked"])})
    return f"{lines[-1].amount or 0:.2f} USD"


def _stored(text: str) -> int:
    try:
        return amounts.stored(text)
    except ValueError as error:
        raise FactUnknown(str(error)) from None


def _role(_: tiers.Profile, keys: Mapping[str, str]) -> str:
    found = roles.find(keys["role"])
    if found is None:
        raise FactUnknown(f"there is no built-in role {keys['role']}")
    return found.name


def _life(_: tiers.Profile, keys: Mapping[str, str]) -> str:
    seconds = _known(_LIVES, keys["life"], "life")
    return f"{seconds // 3600} hours" if seconds % 3600 == 0 else f"{seconds // 60} minutes"


def _longest(_: tiers.Profile, keys: Mapping[str, str]) -> str:
    return str(_known(_LONGEST, keys["longest"], "longest"))


def _seconds(_: tiers.Profile, keys: Mapping[str, str]) -> str:
    return str(_known(_SECONDS, keys["seconds"], "seconds"))


def _known(table: Mapping[str, int], key: str, kind: str) -> int:
    if key not in table:
        raise FactUnknown(f"{kind}: {key} is not known: {', '.join(table)}")
    return table[key]


FACTS = {
    "limit": Fact(("limit", "tier"), _limit, "a tier's limit, with its unit"),
    "feature": Fact(("feature",), _feature, "the tiers that have a feature"),
    "lowest": Fact(("lowest",), _lowest, "the lowest tier that has a feature"),
    "status": Fact(("status",), _status, "whether a feature is generally available, in preview or deprecated"),
    "price": Fact(("price", "tier"), _price, "a list price"),
    "month": Fact(("month", "tier"), _month, "what a month of a tier costs with so much in it"),
    "cheapest": Fact(("cheapest",), _cheapest, "the tier that costs least with so much in it"),
    "worked": Fact(("worked",), _worked, "what tasks cost in a month in which they worked so many vCPU seconds"),
    "rate": Fact(("rate", "tier"), _rate, "requests a minute that a registry takes"),
    "pace": Fact(("pace", "tier"), _pace, "requests a minute that one identity may make"),
    "spread": Fact(("spread", "tier"), _spread, "what a month of a tier costs in so many regions, without storage"),
    "role": Fact(("role",), _role, "the name of a built-in role"),
    "life": Fact(("life",), _life, "how long a registry's token lives, or a cached tag is served unasked"),
    "seconds": Fact(("seconds",), _seconds, "how long a step or a run of a task may take"),
    "longest": Fact(("longest",), _longest, "the most characters of a repository's name or a tag"),
}


def fact(keys: Mapping[str, str], profile: str) -> str:
    """What a placeholder stands for in a profile. Raises: FactUnknown."""
    kind = next(iter(keys), "")
    row = FACTS.get(kind)
    if row is None:
        raise FactUnknown(f"{kind} is no fact: {', '.join(FACTS)}")
    if set(keys) != set(row.keys):
        raise FactUnknown(f"{kind} takes the keys {' and '.join(row.keys)}")
    return row.find(tiers.profile(profile), keys)


def fill(text: str, drawn: Mapping[str, str], profile: str) -> str:
    """A text with its names and facts filled in; `{{` and `}}` are braces. Raises: FactUnknown."""
    held = text.replace("{{", _LEFT).replace("}}", _RIGHT) if "{{" in text and "}}" in text else text

    def named(found: re.Match[str]) -> str:
        if found[1] not in drawn:
            known = ", ".join(drawn) or "none is drawn here"
            raise FactUnknown(f"{{{found[1]}}} stands for nothing: {known}; write {{{{ and }}}} for braces")
        return drawn[found[1]]

    held = _FACT.sub(lambda found: fact(_keys(found[1]), profile), _NAME.sub(named, held))
    return held.replace(_LEFT, "{").replace(_RIGHT, "}")


def filled(value: Any, drawn: Mapping[str, str], profile: str) -> Any:
    """The same for all texts of lists and groups."""
    if isinstance(value, str):
        return fill(value, drawn, profile)
    if isinstance(value, dict):
        return {fill(key, drawn, profile): filled(each, drawn, profile) for key, each in value.items()}
    return [filled(each, drawn, profile) for each in value] if isinstance(value, list | tuple) else value


def _keys(text: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in text.split(","))
    return {key.strip(): value.strip() for key, _, value in pairs}
