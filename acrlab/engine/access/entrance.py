"""What a request has to pass: at a registry's data the firewall and the key, at Resource Manager roles and locks."""

from acrlab.domain.access import Principal
from acrlab.domain.authorization_errors import AuthorizationFailed
from acrlab.domain.network_errors import NetworkDenied
from acrlab.domain.resource_id import parse
from acrlab.engine import authorization, management_locks
from acrlab.engine.network import firewall
from acrlab.engine.state import Registry
from acrlab.engine.vaults import encryption
from acrlab.engine.world import World


def admit(world: World, registry: Registry, client: str) -> None:
    """Let a request at a registry's data at all, whoever asks. Raises: NetworkDenied, EncryptionKeyUnusable."""
    verdict = firewall.admits(world, registry, client)
    if not verdict.allowed:
        where = firewall.standpoint(world, client)
        raise NetworkDenied(address=where.address if where is not None else client).why(*verdict.because)
    resource = world.state.resources.get(registry.resource.lower())
    if resource is not None:
        encryption.require(world, resource.body)


def require(world: World, principal: Principal, method: str, action: str, scope: str, target: str) -> tuple[str, ...]:
    """Let a request at Resource Manager pass that a role allows and no lock stands against. Returns what allows it.

    `scope` is what the action is judged at, `target` the resource that would change.
    Raises: AuthorizationFailed, ScopeLocked.
    """
    verdict = authorization.permits(world, principal, action, scope)
    if not verdict.allowed:
        refusal = AuthorizationFailed(client=_client(principal), id=principal.id, action=action, scope=scope)
        raise refusal.why(*verdict.because)
    if method not in ("GET", "HEAD"):
        management_locks.require(world, method, action, parse(target))
    return verdict.because


def _client(principal: Principal) -> str:
    """How ARM names the caller: a user by name, an application by its client id."""
    return principal.name if principal.kind == "user" else principal.app_id
