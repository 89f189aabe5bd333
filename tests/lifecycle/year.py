"""A year of a lab: retention, soft delete, an expiring password, a nightly task and the bill."""

import base64
from pathlib import Path
from typing import NamedTuple

import msgspec

from acrlab.engine import billing
from acrlab.store.keys import KeyRing
from tests.arm.cloud import NEWEST, Cloud
from tests.lifecycle.content import Shelf

DAY = 86400.0
TURNS = 36  # every tenth day something is pushed, pulled and deleted
NIGHTLY = {
    "location": "westus",
    "properties": {
        "platform": {"os": "Linux", "architecture": "amd64"},
        "step": {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(b"steps:\n  - cmd: bash true").decode()},
        "trigger": {"timerTriggers": [{"name": "nightly", "schedule": "0 3 * * *"}]},
    },
}


class Year(NamedTuple):
    """What is left of it."""

    state: bytes
    kept: tuple[str, ...]  # digests under retention
    deleted: int  # manifests that can still be restored
    opened: tuple[int, ...]  # what the token's password got, turn by turn
    nights: int  # runs that the timer has queued
    cost: float


def passed(folder: Path, keys: KeyRing) -> Year:
    """Live through it. Runs are queued and stay so: nothing here has an agent."""
    cloud = Cloud(folder, keys=keys)
    cloud.group()
    for name in ("contoso", "fabrikam"):
        assert cloud.registry(name, adminUserEnabled=True).status == 201
    kept, soft = Shelf(cloud, "contoso"), Shelf(cloud, "fabrikam")
    _policy(kept, "retentionPolicy", days=15)
    _policy(soft, "softDeletePolicy")
    made = cloud.ask("PUT", f"{kept.id}/tasks/nightly", NIGHTLY, version="2025-03-01-preview")
    assert made.status in (200, 201), made
    basic, opened = _password(kept), []
    for number in range(TURNS):
        kept.push("app", "latest", text=str(number), docker=True)
        soft.delete("app", soft.push("app", f"v{number}", text=str(number)))
        opened.append(kept.pull("app", "latest", basic).status)
        cloud.world.advance(365 / TURNS * DAY)
    return _left(cloud, kept, soft, tuple(opened))


def _policy(registry: Shelf, name: str, **more: int) -> None:
    body = {"properties": {"policies": {name: {"status": "enabled", **more}}}}
    assert registry.cloud.ask("PATCH", registry.id, body, version=NEWEST).status == 200


def _password(registry: Shelf) -> str:
    """What a token shows whose password ends in March."""
    token = f"{registry.id}/tokens/yearly"
    scope = {"properties": {"scopeMapId": f"{registry.id}/scopeMaps/_repositories_pull"}}
    assert registry.cloud.ask("PUT", token, scope).status in (200, 201)
    wanted = {"tokenId": token, "expiry": "2027-03-01T00:00:00Z"}
    made = registry.cloud.ask("POST", f"{registry.id}/generateCredentials", wanted).json["passwords"][0]["value"]
    return "Basic " + base64.b64encode(f"yearly:{made}".encode()).decode()


def _left(cloud: Cloud, kept: Shelf, soft: Shelf, opened: tuple[int, ...]) -> Year:
    world = cloud.world
    nights = sum("/runs/" in each for each in world.state.resources)
    cost = sum(billing.bill(world, each).total for each in billing.accounts(world))
    trash = len(soft.ask("GET", "/acr/v1/_deleted/app/_manifests").json.get("manifests", ()))  # none: 404
    found = Year(msgspec.msgpack.encode(world.state), tuple(kept.digests("app")), trash, opened, nights, cost)
    world.journal.close()
    world.blobs.close()
    world.storage.close()
    return found
