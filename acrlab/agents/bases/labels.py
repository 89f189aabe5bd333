"""How a stand-in says that it is one."""

from typing import Any

LABEL = "io.acrlab.stand-in"


def warning(reference: str, config: dict[str, Any]) -> str:
    """The line that a log gets for an image that is a stand-in or made from one; nothing for any other."""
    labels = (config.get("config") or {}).get("Labels") or {}
    said = labels.get(LABEL) if isinstance(labels, dict) else None
    return f"[Warning] {reference} is a stand-in: {said}" if said else ""
