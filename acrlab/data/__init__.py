"""Facts as data, dated: one TOML file per subject, read once, when first asked for."""

import pkgutil
import tomllib
from functools import cache
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Read a facts file by its bare name: `load("tiers")`. Shared by all callers: do not change it.

    Raises: FileNotFoundError when there is no such file.
    """
    found = pkgutil.get_data(__name__, f"{name}.toml")  # importlib.resources would pull in tempfile and zipfile
    assert found is not None
    return tomllib.loads(found.decode("utf-8"))


def cited(facts: dict[str, Any], key: str) -> tuple[str, str]:
    """Resolve a `source` key of a facts file to its title and ISO date.

    Raises: KeyError for a source the file does not list.
    """
    source = facts["sources"][key]
    return source["title"], source["date"].isoformat()
