"""What webhooks have to tell when content changes. Nothing is sent: it is recorded as it would be sent."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from acrlab.domain import events, moments, webhooks
from acrlab.domain.policies import PASSED
from acrlab.engine.state import Registry, Resource

if TYPE_CHECKING:
    from acrlab.engine.world import World


def pushed(world: "World", event: events.ManifestPushed) -> Iterator[events.Event]:
    """What webhooks hear of a push: while quarantine is on, only those that wait for it.

    Source: container-registry-webhook-reference (2023-10-31); Azure/acr, quarantine (2023-10).
    """
    registry = world.state.registries[event.registry]
    size = {"size": len(event.raw), "digest": event.digest, "length": len(event.raw)}
    target = {**size, "repository": event.repository, **({"tag": event.tag} if event.tag else {})}
    yield from _heard(world, registry, event, webhooks.QUARANTINE, target)
    if not event.quarantine:
        yield from _heard(world, registry, event, webhooks.PUSH, {"mediaType": event.media_type, **target})


def released(world: "World", event: events.QuarantineDecided) -> Iterator[events.Event]:
    """The push that was held back is told once the quarantine is passed, tag by tag."""
    registry = world.state.registries[event.registry]
    entry = registry.repositories[event.repository].manifests[event.digest]
    if event.state != PASSED or entry.quarantine == PASSED:
        return
    size = {"mediaType": entry.media_type, "size": len(entry.raw), "digest": event.digest, "length": len(entry.raw)}
    for tag in sorted(entry.tags):
        target = {**size, "repository": event.repository, "tag": tag}
        yield from _heard(world, registry, event, webhooks.PUSH, target)


def deleted(world: "World", event: events.ManifestDeleted) -> Iterator[events.Event]:
    """What webhooks hear of a manifest's end. Untagging tells nobody."""
    registry = world.state.registries[event.registry]
    entry = registry.repositories[event.repository].manifests[event.digest]
    target = {"mediaType": entry.media_type, "digest": event.digest, "repository": event.repository}
    yield from _heard(world, registry, event, webhooks.DELETE, target)


def forgotten(world: "World", event: events.RepositoryDeleted) -> Iterator[events.Event]:
    """What webhooks hear of a repository's end: one event for all of it (inferred)."""
    registry = world.state.registries[event.registry]
    yield from _heard(world, registry, event, webhooks.DELETE, {"repository": event.repository})


def _heard(
    world: "World", registry: Registry, event: events.Happening, action: str, target: dict[str, Any]
) -> Iterator[events.Event]:
    method = "DELETE" if action == webhooks.DELETE else "PUT"
    for each in listening(world, registry, action, target["repository"], target.get("tag", "")):
        request = {"id": world.uuid(), "host": registry.login_server, "method": method}
        yield fired(world, each, {"action": action, "target": target, "request": request}, event.by)


def listening(world: "World", registry: Registry, action: str, repository: str, tag: str) -> list[Resource]:
    """The webhooks that hear of an action on this content, by name. An event without tag concerns every tag."""
    found = world.state.inside(registry.resource, "webhooks")
    return [each for each in found if _listens(each.body["properties"], action, repository, tag)]


def _listens(properties: dict[str, Any], action: str, repository: str, tag: str) -> bool:
    if properties["status"] != webhooks.ENABLED or action not in properties["actions"]:
        return False
    scope = properties["scope"]
    if action == webhooks.DELETE:
        return not scope or scope.partition(":")[0] == repository
    return webhooks.listens(scope, repository, tag)


def fired(world: "World", webhook: Resource, content: dict[str, Any], by: str) -> events.WebhookFired:
    """The event of a webhook that has something to say."""
    id, properties = world.uuid(), webhook.body["properties"]
    return events.WebhookFired(
        at=world.now(), by=by, webhook=webhook.id.lower(), event=id,
        content={"id": id, "timestamp": moments.stamp(world.now()), **content},
        headers=dict(properties["customHeaders"]), uri=webhooks.address(properties["serviceUri"]),
    )  # fmt: skip
