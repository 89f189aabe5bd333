"""THE TABLE: one row per ARM resource type. Routing, authorisation, tiers and the coverage page read it."""

from acrlab.engine.table import access, insight, lifecycle, neighbours, network, reach, registries, resources, tasks
from acrlab.engine.types import ResourceType

TABLE: dict[str, ResourceType] = {
    row.path.lower(): row
    for family in (resources, registries, access, reach, lifecycle, network, tasks, neighbours, insight)
    for row in family.ROWS
}


def row(path: str) -> ResourceType | None:
    """The row of a type; case does not matter."""
    return TABLE.get(path.lower())
