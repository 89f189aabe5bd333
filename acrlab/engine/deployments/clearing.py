"""The mode Complete: what a group has and the template does not name is deleted.

Source: deployment-modes, deployment-complete-mode-deletion (2025): tracked resources are, those of a parent's own are
not; a lock that stands against a deletion makes the deployment fail.
"""

from acrlab.domain.errors import Condition
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine import management_locks, resources, table
from acrlab.engine.deployments.plan import Plan
from acrlab.engine.deployments.references import asked, require
from acrlab.engine.reach import replications
from acrlab.engine.state import Resource
from acrlab.engine.world import World


def tracked(world: World, group: ResourceId) -> list[Resource]:
    """The resources of a group that have a location, by id; the replication of a registry's own region is the
    registry's."""
    prefix = f"{ResourceId(group.subscription, group.group).key}/providers/"
    found = [each for key, each in sorted(world.state.resources.items()) if key.startswith(prefix)]
    return [each for each in found if "location" in each.body and not _at_home(world, each)]


def _at_home(world: World, resource: Resource) -> bool:
    if not parse(resource.id).type.lower().endswith("/registries/replications"):
        return False
    return replications.at_home(replications.registry_of(world, resource.id), resource)


def doomed(plan: Plan) -> list[Resource]:
    """What the template does not name."""
    return [each for each in tracked(plan.ask.world, plan.ask.id) if each.id.lower() not in plan.named]


def cleared(plan: Plan) -> list[tuple[Resource, Condition | None]]:
    """Delete what is doomed, what others need last; with the refusal of the one that cannot be."""
    waiting = sorted(doomed(plan), key=lambda each: (-each.id.count("/"), each.id.lower()))
    gone: list[tuple[Resource, Condition | None]] = []
    while waiting:
        refusals = [(each, _deleted(plan, each)) for each in waiting]
        gone += [(each, None) for each, refusal in refusals if refusal is None]
        left = [(each, refusal) for each, refusal in refusals if refusal is not None]
        if len(left) == len(waiting):
            return [*gone, *left[:1]]
        waiting = [each for each, _ in left]
    return gone


def _deleted(plan: Plan, resource: Resource) -> Condition | None:
    id = parse(resource.id)
    row = table.row(id.type)
    if row is None or resources.find(plan.ask.world, id) is None:
        return None
    try:
        require(plan, row.allows("DELETE"), resource.id)
        management_locks.require(plan.ask.world, "DELETE", row.allows("DELETE"), id)
        resources.delete(row, asked(plan, row, id, row.versions[-1] if row.versions else "", None))
    except Condition as refusal:
        return refusal
    return None
