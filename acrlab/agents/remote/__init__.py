"""Agents on other machines: workers that take runs from a queue in PostgreSQL."""

from importlib import metadata


def version() -> str:
    """Of acrlab, as it is installed here: worker and emulator have to be of the same."""
    return metadata.version("acrlab")
