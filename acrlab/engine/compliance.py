"""Compliance: what every assignment of a policy says of the resources that are there.

Source: policy how-to get-compliance-data, PolicyInsights 2019-10-01 (2025). Azure looks again within half an hour of a
change; here a question is answered from what is.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from acrlab.domain.registry import TYPE
from acrlab.domain.resource_id import GROUP_TYPE, ResourceId, parse
from acrlab.engine import policies, table
from acrlab.engine.network import connections
from acrlab.engine.policies import Applied
from acrlab.engine.state import Resource
from acrlab.engine.world import World

JUDGING = ("deny", "audit")


class Standing(msgspec.Struct):
    """What one assignment says of one resource."""

    applied: Applied
    resource: Resource
    compliant: bool


def standings(world: World, scope: ResourceId) -> Iterator[Standing]:
    """Resource by resource, by id; those that a rule is not about are left out."""
    prefix = f"{scope.key.rstrip('/')}/"
    for key, resource in sorted(world.state.resources.items()):
        if not f"{key}/".startswith(prefix):
            continue
        id = parse(resource.id)
        row = table.row(id.type)
        if row is None or row.extension or row.path == GROUP_TYPE:
            continue
        for applied in policies.applying(world, id):
            found = _standing(world, id, resource, applied)
            if found is not None:
                yield found


def _standing(world: World, id: ResourceId, resource: Resource, applied: Applied) -> Standing | None:
    indexed = applied.definition.body["properties"].get("mode", "").lower() == "indexed"
    if applied.effect not in JUDGING or (indexed and "location" not in resource.body):
        return None
    verdict = applied.judged(_facts(world, id, resource))
    about = [each for each in verdict.because if each["expression"] == "type"]
    if any(each["result"] == "False" for each in about):
        return None
    return Standing(applied, resource, not verdict.holds)


def _facts(world: World, id: ResourceId, resource: Resource) -> dict[str, Any]:
    found = policies.facts(id, resource.body)
    if id.type.lower() != TYPE.lower():
        return found
    own = [{"id": each.id, "properties": each.body["properties"]} for each in connections.of(world, resource.id)]
    return {**found, "properties": {**found["properties"], "privateEndpointConnections": own}}
