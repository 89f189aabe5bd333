"""Rows of what watches and what governs: workspaces of logs."""

from acrlab.engine import workspaces
from acrlab.engine.types import ResourceType

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=workspaces.TYPE, desired=workspaces.desired, check_name=workspaces.check_name, located=True,
        scopes=("subscription", "group"), versions=("2020-08-01", "2022-10-01", "2023-09-01"), truth="stored",
    ),
)  # fmt: skip
