"""Rows of what stands around a registry: identities."""

from acrlab.engine.identities import assigned
from acrlab.engine.types import ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=assigned.TYPE, desired=assigned.desired, check_name=assigned.check_name, located=True,
        scopes=("subscription", "group"), opening=assigned.opening, closing=assigned.closing,
        versions=("2018-11-30", "2023-01-31", "2024-11-30"),
    ),
)  # fmt: skip
