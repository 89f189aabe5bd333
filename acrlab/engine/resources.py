"""The life of any ARM resource: put, patch, get, list, delete, act. Once, for every row of the table."""

from collections.abc import Iterator
from typing import Any

import msgspec

from acrlab.domain import events
from acrlab.domain.access import Principal
from acrlab.domain.arm_errors import (
    ChildNotFound,
    LocationRequired,
    LocationUnavailable,
    ParentNotFound,
    ResourceGroupNotFound,
    ResourceLocationFixed,
    ResourceNotFound,
)  # fmt: skip
from acrlab.domain.errors import BodyInvalid, Condition, NotEmulated
from acrlab.domain.resource_id import GROUP_TYPE, ResourceId, parse
from acrlab.engine import groups, operations, policies, registries, table, vanishing
from acrlab.engine.ask import Ask
from acrlab.engine.state import Resource
from acrlab.engine.types import Action, ResourceType
from acrlab.engine.world import World


class Outcome(msgspec.Struct, frozen=True):
    """What became of a request. `operation` is the long-running one that was started, if any."""

    resource: Resource
    created: bool = False
    operation: events.OperationStarted | None = None


def find(world: World, id: ResourceId) -> Resource | None:
    """The resource of that id, if there is one."""
    return world.state.resources.get(id.key)


def get(world: World, row: ResourceType, id: ResourceId) -> Resource:
    """Raises: ResourceGroupNotFound, ResourceNotFound and their kin, in the words of whoever answers."""
    require_group(world, id)
    found = find(world, id)
    if found is None:
        raise missing(row, id)
    return found


def missing(row: ResourceType, id: ResourceId) -> Condition:
    """The refusal for a resource that is not there: ARM speaks for top-level ones, the provider for children."""
    if row.path == GROUP_TYPE:
        return ResourceGroupNotFound(group=id.group)
    if row.absent is not None:
        return row.absent(id)
    if len(id.types) > 1:
        return ChildNotFound(name=id.name)
    return ResourceNotFound(type=row.path, name=id.name, group=id.group)


def require_group(world: World, id: ResourceId) -> None:
    """Raises: ResourceGroupNotFound."""
    if id.group and ResourceId(id.subscription, id.group).key not in world.state.resources:
        raise ResourceGroupNotFound(group=id.group)


def _require_parent(world: World, row: ResourceType, id: ResourceId) -> None:
    if row.path == GROUP_TYPE:
        return
    require_group(world, id)
    parent = id.parent
    while parent is not None and parent.namespace and table.row(parent.type) is None:
        parent = parent.parent  # a word of the path alone, such as packages/{type}
    if parent is None or not parent.namespace or find(world, parent) is not None:
        return
    if row.extension:
        raise ResourceNotFound(type=parent.type, name=parent.name, group=parent.group)
    raise ParentNotFound(verb="write", type=row.path, parent=f"{parent.type}/{parent.name}")


def ask_for(
    world: World, id: ResourceId, principal: Principal, version: str, given: Any = None, *, patch: bool = False
) -> Ask:
    """What is asked, with what is known of it. A resource keeps the spelling it was created with."""
    known = find(world, id)
    if known is not None:
        id = parse(known.id)
    return Ask(world=world, id=id, principal=principal, version=version, given=given, known=known, patch=patch)


def put(row: ResourceType, ask: Ask) -> Outcome:
    """Create a resource, or replace it.

    Raises: whatever stands against it; then nothing has changed.
    """
    return _commit(row, ask, foreseen(row, ask))


def foreseen(row: ResourceType, ask: Ask) -> dict[str, Any]:
    """The body that a PUT would leave. Raises: whatever stands against it."""
    if row.desired is None:
        raise refused(row, "PUT")
    _require_object(ask)
    _require_parent(ask.world, row, ask.id)
    if row.check_name is not None and ask.known is None:
        row.check_name(ask.id.name)
    _gate(row, ask)
    return _allowed(row, ask, row.desired(_located(row, ask)))


def patch(row: ResourceType, ask: Ask) -> Outcome:
    """Change a resource; what is not named stays."""
    if row.desired is None:
        raise refused(row, "PATCH")
    get(ask.world, row, ask.id)
    _require_object(ask)
    return _commit(row, ask, _allowed(row, ask, row.desired(ask)))


def _allowed(row: ResourceType, ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    if not row.extension:
        policies.require(ask.world, ask.id, body)
    return body


def _require_object(ask: Ask) -> None:
    if not isinstance(ask.given, dict):
        raise BodyInvalid(reason="The request content must be a JSON object")


def _located(row: ResourceType, ask: Ask) -> Ask:
    """Check the location of a tracked resource, and spell it as Azure does.

    Raises: LocationRequired, LocationUnavailable, ResourceLocationFixed. Source: ARM, in public issues.
    """
    if not row.located:
        return ask
    name = next((key for key in ask.given if key.lower() == "location"), "location")
    asked = ask.given.get(name)
    if not asked or not isinstance(asked, str):
        raise LocationRequired()
    location = groups.region(asked)
    if location is None:
        raise LocationUnavailable(location=asked, type=row.path, regions=",".join(groups.regions()))
    if ask.known is not None and ask.known.body["location"] != location:
        raise ResourceLocationFixed(
            name=ask.id.name, location=ask.known.body["location"], group=ask.id.group, wanted=location
        )
    return msgspec.structs.replace(ask, given={**ask.given, name: location})


def _gate(row: ResourceType, ask: Ask) -> None:
    """What the registry's tier says about a resource inside it. Raises: TierRefused."""
    if ask.known is not None or not (row.feature or row.quota):
        return
    registry = ask.world.state.registries[ask.id.names[0].lower()]
    facts, tier = registries.edition(ask.world), registries.tier(ask.world, registry)
    if row.feature:
        registries.require(facts, tier, row.feature)
    if row.quota:
        held = registries.counts(ask.world, registry, registries.properties(ask.world, registry))
        registries.require_room(facts, tier, row.quota, held[row.quota])


def _commit(row: ResourceType, ask: Ask, body: dict[str, Any]) -> Outcome:
    world, created = ask.world, ask.known is None
    happened: list[events.Event] = [events.ResourcePut(at=world.now(), by=ask.by, id=str(ask.id), body=body)]
    happened.extend((row.opening if created else row.changing)(ask, body))
    verb = "Creating" if created else "Updating"
    operation = _operation(row, ask, verb, row.outcome(ask, body)) if row.slow(ask, body) else None
    world.commit(*happened, *filter(None, (operation,)))
    return Outcome(world.state.resources[ask.id.key], created, operation)


def _operation(row: ResourceType, ask: Ask, verb: str, about: Any = None) -> events.OperationStarted:
    return operations.started(ask.world, str(ask.id), row.operation, verb, row.seconds.get(verb, 0.0), about)


def delete(row: ResourceType, ask: Ask) -> Outcome | None:
    """Delete a resource and everything below it. None: there was nothing.

    Raises: ResourceGroupNotFound.
    """
    if row.path == GROUP_TYPE:
        get(ask.world, row, ask.id)
    require_group(ask.world, ask.id)
    if ask.known is None:
        return None
    row.releasing(ask.world, ask.known)
    if row.vanishes:
        return _vanishing(row, ask, ask.known)
    lasting = row.gone == 202 or row.lingers(ask.world, ask.known)
    operation = _operation(row, ask, "Deleting") if lasting else None
    ask.world.commit(*_closing(ask.world, ask.known, ask.by), *filter(None, (operation,)))
    return Outcome(ask.known, False, operation)


def _vanishing(row: ResourceType, ask: Ask, known: Resource) -> Outcome:
    seconds = row.seconds.get("Deleting", 0.0) if ask.world.realistic_timing else row.vanishes
    operation = _operation(row, ask, "Deleting")
    operation = msgspec.structs.replace(operation, due=ask.world.now() + seconds)
    ask.world.commit(operation, vanishing.planned(ask.world, known, operation.due))
    return Outcome(known, False, operation)


def _closing(world: World, resource: Resource, by: str) -> Iterator[events.Event]:
    """The events that remove a resource, after those of everything below it. No two schedule the same job."""
    key, planned = resource.id.lower(), False
    inside = [each for id, each in world.state.resources.items() if id.startswith(f"{key}/")]
    for each in (*sorted(inside, key=lambda found: -found.id.count("/")), resource):
        row = table.row(kind(each.id))
        for event in row.closing(world, each, by) if row is not None else ():
            if isinstance(event, events.JobScheduled):
                if planned:
                    continue
                planned = True
            yield event
        yield events.ResourceDeleted(at=world.now(), by=by, id=each.id)


def kind(id: str) -> str:
    """The type of a resource, from its id."""
    return parse(id).type


def listed(world: World, row: ResourceType, scope: ResourceId) -> list[Resource]:
    """The resources of a type anywhere under a scope, by id; of a nested type, those of this parent."""
    prefix = f"{scope.key.rstrip('/')}/"
    inside = sorted(key for key in world.state.resources if key.startswith(prefix))
    return [world.state.resources[key] for key in inside if kind(key).lower() == row.path.lower()]


def act(row: ResourceType, action: Action, ask: Ask) -> Any:
    """Tell a resource to do something.

    Raises: NotEmulated, ResourceNotFound, and what the action refuses.
    """
    if action.perform is None:
        raise refused(row, action.name)
    get(ask.world, row, ask.id)
    return action.perform(ask)


def refused(row: ResourceType, operation: str) -> Condition:
    """The honest refusal of something that exists in Azure."""
    return NotEmulated(what=f"{row.path} ({operation})").why(
        f"the row of {row.path} in the table of resource types is marked refused for {operation}"
    )
