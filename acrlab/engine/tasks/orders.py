"""A run's request as the order that its agent is given, and whom it may act as."""

import re
from typing import TYPE_CHECKING, Any

from acrlab.domain.access import ANONYMOUS, Principal
from acrlab.domain.roles import LEGACY
from acrlab.domain.tasks.run import Order, Source
from acrlab.engine import authorization, directory
from acrlab.engine.access import runs as own
from acrlab.engine.identities import registry as identities
from acrlab.engine.network import firewall
from acrlab.engine.state import Registry, Resource
from acrlab.engine.tasks import contexts
from acrlab.engine.tasks.requests import decoded

if TYPE_CHECKING:
    from acrlab.engine.world import World

_PAGE = re.compile(r"https://github\.com/[\w.-]{1,100}/(?![^/]*\.git/?$)[\w.-]{1,100}/?", re.IGNORECASE | re.ASCII)
SYSTEM, CALLER = "[system]", "[caller]"


def order(run: Resource, registry: Registry, logins: dict[str, tuple[str, str]]) -> Order:
    """What an agent is to do. `logins` are the credentials for other registries, with their secrets read."""
    request = run.body["request"]
    platform, properties = request["platform"], run.body["properties"]
    pairs = [*(request.get("arguments") or []), *(request.get("values") or [])]
    trigger = properties.get("sourceTrigger") or {}
    return Order(
        run=run.id.rpartition("/")[2], registry=registry.login_server, task=properties.get("task", ""),
        source=_source(request, trigger), dockerfile=request.get("dockerFilePath", ""),
        images=tuple(request.get("imageNames") or ()), arguments=_named(request.get("arguments")),
        target=request.get("target", ""), push=request.get("isPushEnabled", True),
        task_text=decoded(request["encodedTaskContent"]) if request.get("encodedTaskContent") else "",
        task_file=request.get("taskFilePath", ""), values_file=request.get("valuesFilePath", ""),
        values_text=decoded(request["encodedValuesContent"]) if request.get("encodedValuesContent") else "",
        values=_named(request.get("values")),
        secret_values=frozenset(each["name"] for each in pairs if each.get("isSecret")),
        os=platform["os"], architecture=platform["architecture"], variant=platform.get("variant", ""),
        cpu=request["agentConfiguration"]["cpu"], timeout=float(request["timeout"]),
        triggered_by=properties.get("triggeredBy", ""), commit=trigger.get("commitId", ""),
        branch=trigger.get("branchName", ""), logins=logins, identity=_principal(request.get("identity"), SYSTEM),
    )  # fmt: skip


def _named(pairs: list[dict[str, Any]] | None) -> dict[str, str]:
    return {each["name"]: each["value"] for each in pairs or ()}


def _source(request: dict[str, Any], trigger: dict[str, Any]) -> Source:
    location, commit = request.get("sourceLocation") or "", trigger.get("commitId", "")
    if contexts.RELATIVE.fullmatch(location):
        return Source(upload=location, commit=commit)
    return Source(url=_as_git(location), token=request.get("contextAccessToken") or "", commit=commit)


def _as_git(location: str) -> str:
    """A page of GitHub is taken for the repository that it shows. Source: recorded, acr_task (2024-09)."""
    page, mark, rest = location.partition("#")
    return f"{page.rstrip('/')}.git{mark}{rest}" if _PAGE.fullmatch(page) else location


# Whom a run acts as


def acts_as(world: "World", run: Resource, registry: Registry, host: str) -> Principal:
    """Who asks a registry of this world for content, when no password was given for it.

    Source: container-registry-tasks-authentication-managed-identity (2024);
    container-registry-rbac-abac-repository-permissions (2025-12): --source-acr-auth-id.
    """
    request = run.body["request"]
    credentials = request.get("credentials") or {}
    custom = (credentials.get("customRegistries") or {}).get(host) or {}
    if custom.get("identity"):
        return _identity(world, run, custom["identity"])
    if host != registry.login_server:
        return ANONYMOUS
    source = credentials.get("sourceRegistry") or {}
    if authorization.mode(world, registry) != LEGACY:
        return _identity(world, run, source.get("identity") or "")
    return ANONYMOUS if source.get("loginMode") == "None" else own.principal(run)


def _identity(world: "World", run: Resource, named: str) -> Principal:
    caller = run.body.get("caller") or run.created_by
    id = caller if named == CALLER else _principal(run.body["request"].get("identity"), named)
    known = world.state.principals.get(id)
    return directory.principal(known) if known is not None else ANONYMOUS


def _principal(identity: dict[str, Any] | None, named: str) -> str:
    client = "system" if named == SYSTEM else named
    return identities.principal_of(identity or {}, client)


def vault_reader(world: "World", run: Resource, client: str) -> Principal:
    """Who reads secrets of key vaults: the identity with that client id, else the run's own."""
    return _identity(world, run, client or SYSTEM)


def standpoint(world: "World", run: Resource) -> str:
    """Where a run's requests come from: its agent pool's subnet, or the service's own agents."""
    request = run.body["request"]
    pools = f"{run.id.rpartition('/runs/')[0]}/agentPools/"
    pool = world.state.resources.get(f"{pools}{request.get('agentPoolName')}".lower())
    subnet = (pool.body["properties"].get("virtualNetworkSubnetResourceId") or "") if pool is not None else ""
    if subnet:
        parts = subnet.split("/")
        return f"{parts[-3]}/{parts[-1]}"
    return firewall.TASKS_WITH_IDENTITY if _principal(request.get("identity"), SYSTEM) else firewall.TASKS
