"""How a stand-in says that it is one."""

from typing import Any

from acrlab.agents.bases.catalogue import RECIPES
from acrlab.agents.references import Reference

LABEL = "io.acrlab.stand-in"


def warning(reference: str, config: dict[str, Any]) -> str:
    """The line that a log gets when a stand-in is pulled; nothing for any other image.

    What is made from one keeps its label.
    """
    labels = (config.get("config") or {}).get("Labels") or {}
    said = labels.get(LABEL) if isinstance(labels, dict) else None
    if not said or Reference.read(reference).name not in RECIPES:
        return ""
    return f"[Warning] {reference} is a stand-in: {said}"
