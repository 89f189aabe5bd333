"""Agent pools: dedicated agents of a Premium registry.

Source: tasks-agent-pools (2026-08): S1, S2, S3 and I6; a count, which may be 0; a subnet.
"""

import re
from typing import Any

from acrlab.domain.registry import read
from acrlab.domain.task_errors import TaskInvalid, TaskNameInvalid
from acrlab.domain.tasks import shapes
from acrlab.engine.ask import Ask
from acrlab.engine.tasks import queue, requests

NAME = re.compile(r"[a-zA-Z0-9-]{3,20}")
WHAT = "agentPool"
MOST = 100  # instances of a pool; inferred, no published figure
TIERS = requests.TIERS
QUOTA = {"S1": 16, "S2": 16, "S3": 16, "I6": 0}  # cores by default: of all standard pools, of isolated ones


def check_name(name: str) -> None:
    """Raises: TaskNameInvalid."""
    if not NAME.fullmatch(name):
        raise TaskNameInvalid(what="Agent pool", low=3, high=20)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a pool after a PUT or PATCH. Raises: BodyInvalid, TaskInvalid."""
    given = read(shapes.POOLS, ask.given, ask.version, kind=shapes.POOL)
    known = ask.known.body if ask.known is not None else None
    before: dict[str, Any] = known["properties"] if known is not None else {}
    found = {"count": 1, "tier": "S1", "os": "Linux", **before, **given.get("properties", {})}
    found["tier"] = found["tier"].upper()
    _require(ask, before, found)
    tags = given.get("tags", known.get("tags") if known is not None and ask.patch else None)
    location = known["location"] if known is not None else given["location"]
    return {"location": location, **({"tags": tags} if tags else {}), "properties": found}


def _require(ask: Ask, before: dict[str, Any], found: dict[str, Any]) -> None:
    for name in ("tier", "os", "virtualNetworkSubnetResourceId"):
        if before and before.get(name) != found.get(name):
            raise TaskInvalid(what=WHAT, reason=f"AgentPool:{name} is set when the pool is created")
    if found["tier"] not in TIERS:
        raise TaskInvalid(what=WHAT, reason=f"Tier:{found['tier'][:40]!r} is not one of {', '.join(TIERS)}")
    if found["os"] != "Linux":
        raise TaskInvalid(what=WHAT, reason="Os:Agent pools are Linux only")
    if not 0 <= found["count"] <= MOST:
        raise TaskInvalid(what=WHAT, reason=f"Count:The count must be between 0 and {MOST}")
    _require_quota(ask, found)
    subnet = found.get("virtualNetworkSubnetResourceId")
    if subnet and subnet.lower() not in ask.world.state.resources:
        raise TaskInvalid(what=WHAT, reason=f"VirtualNetworkSubnetResourceId:{subnet[:200]} could not be found")


def _require_quota(ask: Ask, found: dict[str, Any]) -> None:
    """Source: tasks-agent-pools (2026-08): 16 cores of standard pools and none of isolated ones, more on request."""
    allowed = QUOTA[found["tier"]]
    others = [
        each.body["properties"] for each in ask.world.state.inside(str(ask.id.parent), "agentpools")
        if each.id.lower() != ask.id.key
    ]  # fmt: skip
    standard = [each for each in others if QUOTA[each["tier"]] == allowed]
    cores = sum(TIERS[each["tier"]] * each["count"] for each in (*standard, found))
    if cores > allowed:
        raise TaskInvalid(what=WHAT, reason=f"Count:{cores} cores exceed the quota of {allowed} for such pools")


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """Every change takes a while. Source: azure-mgmt-containerregistrytasks 1.0.0b1, begin_create."""
    return True


def queue_status(ask: Ask) -> dict[str, Any]:
    """How many runs wait for an agent."""
    return {"count": queue.waiting(ask.world, ask.id.key)}
