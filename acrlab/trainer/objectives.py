"""What can be learned about a registry: the bank's own ids, which the exams' blueprints point to."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def titles() -> Mapping[str, str]:
    """Ids and titles, in teaching order."""
    found: dict[str, str] = tomllib.loads((Path(__file__).parent / "objectives.toml").read_text("utf-8"))["objective"]
    return found
