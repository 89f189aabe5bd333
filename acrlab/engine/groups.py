"""Resource groups, and the regions that exist."""

import re
from functools import cache
from typing import Any

from acrlab.data import load
from acrlab.domain.arm_errors import (
    GroupLocationFixed,
    GroupLocationUnavailable,
    GroupNameInvalid,
    GroupNameShape,
    LocationRequired,
)
from acrlab.domain.registry import Field, read
from acrlab.engine.ask import Ask

LONGEST_NAME = 90  # characters
_FOREIGN = re.compile(r"[^\w\-.()]")
_READ = Field(kind="string", read_only=True)
GROUP = Field(
    kind="object", label="ResourceGroupDefinition",
    fields={
        "id": _READ, "name": Field(kind="string"), "type": _READ, "location": Field(kind="string"),
        "tags": Field(kind="map"), "managedBy": Field(kind="string", truth="stored"),
        "properties": Field(kind="object", read_only=True),
    },
)  # fmt: skip


def check_name(name: str) -> None:
    """Raises: GroupNameInvalid, GroupNameShape. Source: ARM, resource name rules: 1-90 characters."""
    foreign = "".join(dict.fromkeys(_FOREIGN.findall(name)))
    if foreign:
        raise GroupNameInvalid(name=name, characters=foreign)
    if len(name) > LONGEST_NAME or name.endswith("."):
        raise GroupNameShape(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body a group shall have.

    Raises: BodyInvalid, LocationRequired, GroupLocationUnavailable, GroupLocationFixed.
    """
    given = read(GROUP, ask.given, ask.version, kind="")
    known = dict(ask.known.body) if ask.known is not None else {}
    if ask.patch:
        return {**known, **{name: given[name] for name in ("tags", "managedBy") if name in given}}
    if "location" not in given:
        raise LocationRequired()
    location = _region(given["location"])
    if known and known["location"] != location:
        raise GroupLocationFixed(wanted=location, location=known["location"])
    kept = {name: given[name] for name in ("managedBy", "tags") if name in given}
    return {"location": location, **kept}


def _region(text: str) -> str:
    found = region(text)
    if found is None:
        raise GroupLocationUnavailable(location=text, regions=",".join(regions()))
    return found


@cache
def regions() -> tuple[str, ...]:
    """Names of the public regions, as the facts list them."""
    return tuple(row["name"] for row in load("regions")["region"])


def region(text: str) -> str | None:
    """A region by its name or its display name: `westus`, `West US`."""
    plain = text.replace(" ", "").lower()
    return plain if plain in regions() else None
