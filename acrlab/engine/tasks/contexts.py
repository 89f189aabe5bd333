"""Uploaded contexts: where one may be put, and where it then is."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from acrlab.engine.ask import Ask
from acrlab.engine.state import Registry
from acrlab.engine.tasks import links

if TYPE_CHECKING:
    from acrlab.engine.world import World

RELATIVE = re.compile(r"source/(\d{12})/([0-9a-f-]{36})\.tar\.gz")


def upload_url(ask: Ask) -> dict[str, Any]:
    """A place for the context of a build. Source: observed, azure-cli 2.91.0; rest example of 2025-03-01-preview."""
    world = ask.world
    registry = world.state.registries[ask.id.name.lower()]
    day = datetime.fromtimestamp(world.now(), UTC).strftime("%Y%m%d0000")
    relative = f"source/{day}/{world.uuid()}.tar.gz"
    return {"relativePath": relative, "uploadUrl": links.signed(world, registry, relative, links.WRITE)}


def blob(world: "World", registry: Registry, relative: str) -> str:
    """The name in the storage account of what was uploaded there; empty for what is no place of an upload."""
    found = RELATIVE.fullmatch(relative)
    return f"contexts/{links.container(world, registry)}/{found[1]}-{found[2]}" if found else ""


def sweep(world: "World") -> None:
    """Delete what was uploaded long ago, and pieces that were never put together."""
    for below in ("contexts", "blocks", "arriving"):
        for name, changed in list(world.storage.names(below)):
            if world.clock.now() - changed > links.CONTEXT_LIFE:
                world.storage.delete(name)
    _sweep_logs(world)


def _sweep_logs(world: "World") -> None:
    """Delete the logs of runs that no state, fork or snapshot knows any more."""
    found = [name for name, changed in world.storage.names("logs") if world.clock.now() - changed > links.CONTEXT_LIFE]
    if not found:
        return
    held = {each.body["log"] for state in world.states() for each in state.resources.values() if "log" in each.body}
    for name in found:
        if name not in held:
            world.storage.delete(name)
