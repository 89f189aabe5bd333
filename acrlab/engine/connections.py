"""Service connections and credentials of Jenkins: the identities they are, and what was kept of them.

Source: Azure DevOps docs, Docker registry service connection (2025): one to ACR is a service principal with AcrPush.
"""

import re

from acrlab.domain import events, roles
from acrlab.domain.pipeline_errors import ConnectionInvalid, ConnectionTaken, ConnectionUnknown
from acrlab.domain.resource_id import parse
from acrlab.engine import applications, authorization, directory
from acrlab.engine.state import Connection, PipelineRun
from acrlab.engine.world import World

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._()-]{0,98}[A-Za-z0-9)])?")
LIFE = 2 * 365 * 86400.0  # seconds that the secret holds. Source: Azure DevOps docs (2025)
DEFAULT = "AcrPush"
MOST_RUNS = 100_000  # remembered; inferred


def connect(world: World, name: str, registry: str, role: str = DEFAULT) -> Connection:
    """Make a service principal with a role on a registry, and keep its secret under a name.

    Raises: ConnectionTaken, ConnectionInvalid.
    """
    home, found = world.state.registries.get(registry.lower()), roles.find(role)
    if not NAME.fullmatch(name):
        raise ConnectionInvalid(reason="a connection's name has 1 to 100 letters, digits, spaces and . _ ( ) -")
    if name.lower() in world.state.connections:
        raise ConnectionTaken(name=name)
    if home is None or found is None:
        what = f"registry {registry!r}" if home is None else f"role {role!r}"
        raise ConnectionInvalid(reason=f"there is no {what} in this world")
    owner = directory.principal(directory.seeded(world, directory.OWNER.name))
    made = applications.register(world, owner, f"pipeline-{name}")
    identity = applications.instate(world, owner, made.app_id)
    _, secret = applications.add_secret(world, owner, made.id, name, world.now() + LIFE)
    now, scope = world.now(), parse(world.state.resources[home.resource.lower()].id)
    world.commit(
        authorization.assigned(world, scope, found.id, identity.id, "ServicePrincipal", at=now, by=owner.id),
        events.ConnectionMade(
            at=now, by=owner.id, name=name, registry=home.resource.lower(), login_server=home.login_server,
            principal=identity.id, app_id=made.app_id, role=found.name, secret=secret,
        ),
    )  # fmt: skip
    return world.state.connections[name.lower()]


def find(world: World, name: str) -> Connection:
    """A connection by its name. Raises: ConnectionUnknown."""
    found = world.state.connections.get(name.lower())
    if found is None:
        raise ConnectionUnknown(name=name[:100])
    return found


def disconnect(world: World, name: str) -> None:
    """Forget a connection. Raises: ConnectionUnknown."""
    world.commit(events.ConnectionRemoved(at=world.now(), name=find(world, name).name))


def begin(world: World, file: str, system: str, branch: str, reason: str) -> int:
    """Record that a pipeline begins; its number."""
    if len(world.state.pipelines) >= MOST_RUNS:
        raise ConnectionInvalid(reason=f"{MOST_RUNS} runs of pipelines are remembered, and no more")
    number = len(world.state.pipelines) + 1
    world.commit(
        events.PipelineStarted(
            at=world.now(), number=number, file=file[:1000], system=system, branch=branch[:250], reason=reason[:100]
        )
    )
    return number


def end(world: World, number: int, result: str) -> PipelineRun:
    """Record how it ended. Raises: ConnectionInvalid."""
    if not 0 < number <= len(world.state.pipelines) or world.state.pipelines[number - 1].result:
        raise ConnectionInvalid(reason=f"no pipeline run {number} is under way")
    world.commit(events.PipelineEnded(at=world.now(), number=number, outcome=result[:100]))
    return world.state.pipelines[number - 1]
