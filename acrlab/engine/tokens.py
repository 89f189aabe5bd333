"""The registry's own tokens: refresh tokens, access tokens, and what each of them grants.

Source: recorded tokens (azure-cli cassettes 2024, azure-containerregistry 1.2.0 tests); Azure/acr AAD-OAuth.md.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from acrlab.domain.access import ANONYMOUS, Access, Principal, Scope
from acrlab.domain.credential_errors import TokenMalformed
from acrlab.domain.entra_errors import EntraCondition
from acrlab.domain.errors import Unauthenticated
from acrlab.engine import authorization, directory, jwt
from acrlab.engine.access import passwords, repository_tokens, runs
from acrlab.engine.state import Registry

if TYPE_CHECKING:
    from acrlab.engine.world import World

KEY = "acr"
ISSUER = "Azure Container Registry"
REFRESH_LIFE = 3 * 3600  # seconds. Source: container-registry-authentication (2026)
ACCESS_LIFE = 75 * 60  # seconds. Source: recorded, exp = iat + 4500
# What a request at a repository needs of a token, by the scope of its route: who pushes looks before they send.
NEEDED: Mapping[str, frozenset[str]] = {
    "pull": frozenset({"pull"}),
    "push": frozenset({"pull", "push"}),
    **{
        word: frozenset({word})
        for word in ("delete", "metadata_read", "metadata_write", "deleted_read", "deleted_restore")
    },
}
# What a role over the quarantine gives of a word that its holder was not granted: for content in quarantine alone.
QUARANTINE = {"pull": "quarantine_read", "metadata_write": "quarantine_write"}
ANONYMOUS_LIFE = 5 * 60  # seconds. Source: recorded, sub acr_anon_pull
BACKDATED = 900  # seconds that a token's start lies before its issue. Source: recorded
NULL_GUID = "00000000-0000-0000-0000-000000000000"  # the user name that goes with a token as password
REFRESH, ACCESS = "refresh_token", "access_token"
# The words of a refresh token's permissions. Source: recorded, azure-cli cassettes 2024.
_PERMISSIONS = (
    ("read", "pull"), ("write", "push"), ("delete", "delete"), ("metadata/read", "metadata_read"),
    ("metadata/write", "metadata_write"), ("deleted/read", "deleted_read"),
    ("deleted/restore/action", "deleted_restore"),
)  # fmt: skip


class Entry(msgspec.Struct, frozen=True):
    """One grant, as az 2026 reads it: lower-case names. Tokens of 2024 had capitals."""

    type: str
    name: str
    actions: list[str]


class Held(msgspec.Struct, frozen=True):
    """The claims that decide something. Times are epoch seconds."""

    iss: str
    aud: str
    sub: str
    nbf: float
    exp: float
    iat: float
    grant_type: str
    appid: str = ""
    access: list[Entry] = []


# Rights


def allowed(world: "World", registry: Registry, principal: Principal, kind: str, name: str) -> frozenset[str]:
    """The actions a principal of any kind may take on a repository or catalogue."""
    return authorization.token_actions(world, registry, principal, kind, name)


def granted(world: "World", registry: Registry, principal: Principal, asked: Iterable[Scope]) -> tuple[Scope, ...]:
    """What is asked and allowed; scopes of which nothing is left are dropped."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for scope in asked:
        may = allowed(world, registry, principal, scope.kind, scope.name)
        actions = _overlap(scope.actions, may) | _of_quarantine(world, registry, principal, scope, may)
        if actions:
            key = scope.kind, scope.name
            found[key] = found.get(key, frozenset()) | actions
    return tuple(Scope(kind, name, actions) for (kind, name), actions in found.items())


def _of_quarantine(
    world: "World", registry: Registry, principal: Principal, scope: Scope, may: frozenset[str]
) -> frozenset[str]:  # fmt: skip
    lacking = [word for word in QUARANTINE if word in scope.actions and word not in may and scope.kind == "repository"]
    return frozenset(
        QUARANTINE[word] for word in lacking
        if authorization.operates(world, registry, principal, QUARANTINE[word], scope.name)
    )  # fmt: skip


def _overlap(asked: frozenset[str], may: frozenset[str]) -> frozenset[str]:
    if "*" in may:
        return asked
    return may if "*" in asked else asked & may


def permissions(world: "World", registry: Registry, principal: Principal) -> list[str]:
    """What a refresh token says its owner may do anywhere in the registry."""
    may = allowed(world, registry, principal, "repository", authorization.ANY_REPOSITORY)
    return [word for word, action in _PERMISSIONS if action in may]


def welcome(world: "World", registry: Registry, principal: Principal) -> bool:
    """Whether a principal has any right at all on the registry's content, or over its quarantine."""
    if permissions(world, registry, principal) or allowed(world, registry, principal, "registry", "catalog"):
        return True
    anywhere = authorization.ANY_REPOSITORY
    return any(authorization.operates(world, registry, principal, each, anywhere) for each in QUARANTINE.values())


# Issuing


def refresh_token(world: "World", registry: Registry, principal: Principal) -> str:
    """A token that is exchanged for access tokens, for three hours."""
    claims = {
        **_claims(world, registry.login_server, principal, REFRESH, REFRESH_LIFE),
        "permissions": {"Actions": permissions(world, registry, principal), "NotActions": None},
        "roles": [],
    }
    return jwt.encode(world.keys, KEY, claims)


def access_token(world: "World", registry: Registry, principal: Principal, asked: Iterable[Scope]) -> str:
    """A token that grants what is asked and allowed: possibly nothing, and then requests are refused with the reason.

    Source: distribution, token authentication specification, "Requesting a token".
    """
    return _access_token(world, registry.login_server, principal, granted(world, registry, principal, asked))


def doorway_token(world: "World", audience: str, principal: Principal) -> str:
    """A token for the plain door itself, where no registry was named: it proves who asks and grants nothing."""
    return _access_token(world, audience, principal, ())


def _access_token(world: "World", audience: str, principal: Principal, grants: tuple[Scope, ...]) -> str:
    life = ANONYMOUS_LIFE if principal.kind == "anonymous" else ACCESS_LIFE
    claims = {
        **_claims(world, audience, principal, ACCESS, life),
        "access": [{"type": each.kind, "name": each.name, "actions": sorted(each.actions)} for each in grants],
        "roles": [],
    }
    return jwt.encode(world.keys, KEY, claims)


def _claims(world: "World", audience: str, principal: Principal, grant: str, life: int) -> dict[str, Any]:
    now = int(world.now())
    claims: dict[str, Any] = {
        "jti": world.uuid(), "sub": _subject(principal), "nbf": now - BACKDATED, "exp": now + life, "iat": now,
        "iss": ISSUER, "aud": audience, "version": "1.0", "rid": uuid.UUID(world.uuid()).hex, "grant_type": grant,
    }  # fmt: skip
    if principal.tenant:
        claims["appid"] = principal.app_id or directory.AZURE_CLI
        claims["tenant"] = principal.tenant
    return claims


def _subject(principal: Principal) -> str:
    """A user's name, anybody else's id. Source: recorded, users 2024, service principals 2021."""
    return principal.name if principal.kind == directory.USER else principal.id


# Verifying


def verify(world: "World", token: str, grant: str, audience: str | None) -> Held:
    """The claims of a token of this kind for this login server. `audience` None takes any.

    Raises: Unauthenticated with the reason; the caller adds the challenge.
    """
    held = _held(world, token)
    now = world.now()
    if held.iss != ISSUER:
        raise Unauthenticated().why(f"the token's issuer is {held.iss}, not {ISSUER}")
    if held.grant_type != grant:
        raise Unauthenticated().why(f"the token is a {held.grant_type[:40]}; this needs a {grant}")
    if audience is not None and held.aud != audience:
        raise Unauthenticated().why(f"the token is for {held.aud}, not for {audience}")
    if held.exp <= now:
        raise Unauthenticated().why(f"the token expired {now - held.exp:.0f} seconds ago on the world's clock")
    if held.nbf > now:
        raise Unauthenticated().why("the token starts in the future of the world's clock")
    return held


def _held(world: "World", token: str) -> Held:
    try:
        return msgspec.convert(jwt.verify(world.keys, KEY, token), Held)
    except TokenMalformed as reason:
        raise Unauthenticated().why(reason.text, *_advice(jwt.peek(token))) from None
    except msgspec.ValidationError as error:
        raise Unauthenticated().why(f"not a token of this registry: {error}") from None


def _advice(claims: Mapping[str, Any]) -> list[str]:
    if "tid" not in claims:
        return []
    return ["this is an Entra token: exchange it at /oauth2/exchange, then ask /oauth2/token for an access token"]


def owner(world: "World", registry: Registry, held: Held) -> Principal:
    """Whose token it is, if they are still there, and the registry is still the one it was issued for.

    Raises: Unauthenticated.
    """
    if held.iat < int(registry.created):
        raise Unauthenticated().why(f"the token was issued for an earlier registry called {registry.name}")
    return subject(world, registry, held)


def subject(world: "World", registry: Registry | None, held: Held) -> Principal:
    """Whose token it is, if they are still there. Raises: Unauthenticated."""
    if held.sub == ANONYMOUS.id:
        return ANONYMOUS
    if registry is not None and not held.appid:
        return _local(world, registry, held)
    by_name = "@" in held.sub
    identity = directory.find_user(world, held.sub) if by_name else world.state.principals.get(held.sub)
    if identity is None:
        raise Unauthenticated().why(f"the token's owner {held.sub} has left the directory")
    return directory.principal(identity)


def access(world: "World", registry: Registry, held: Held) -> Access:
    """What an access token grants. Raises: Unauthenticated."""
    grants = tuple(Scope(each.type, each.name, frozenset(each.actions)) for each in held.access)
    return Access(owner(world, registry, held), grants, held.exp)


# Passwords


def properties(world: "World", registry: Registry) -> Mapping[str, Any]:
    """The registry's properties as Resource Manager holds them."""
    resource = world.state.resources.get(registry.resource.lower())
    found = resource.body.get("properties") if resource is not None else None
    return found if isinstance(found, dict) else {}


def admin_enabled(world: "World", registry: Registry) -> bool:
    """Whether the admin user may sign in."""
    return properties(world, registry).get("adminUserEnabled") is True


def arm_tokens_taken(world: "World", registry: Registry) -> bool:
    """Whether tokens for Resource Manager may be exchanged. Source: disable-authentication-as-arm (2025)."""
    policy = (properties(world, registry).get("policies") or {}).get("azureADAuthenticationAsArmPolicy") or {}
    return str(policy.get("status", "enabled")).lower() != "disabled"


def admin(registry: Registry) -> Principal:
    """The admin user: its name is the registry's."""
    return Principal(id=registry.name, kind="admin", name=registry.name)


def admin_signed_in(world: "World", registry: Registry, name: str) -> Principal:
    """The admin user, where it may sign in. Raises: Unauthenticated."""
    if name.lower() != registry.name:
        raise Unauthenticated().why(f"the registry knows nobody called {name}")
    if not admin_enabled(world, registry):
        raise Unauthenticated().why(
            f"the admin user is disabled: az acr update -n {registry.name} --admin-enabled true"
        )
    return admin(registry)


def _local(world: "World", registry: Registry, held: Held) -> Principal:
    """Whoever the registry itself knows: its admin user, one of its tokens or of its runs. Raises: Unauthenticated."""
    if held.sub.startswith(runs.PREFIX):
        return runs.owner(world, held.sub)
    if held.sub.lower() == registry.name:
        return admin_signed_in(world, registry, held.sub)
    found = passwords.enabled(world, registry, held.sub)
    if held.iat < int(found.created):
        raise Unauthenticated().why(f"the credential was issued for an earlier token called {held.sub}")
    return passwords.principal(found)


def password_owner(world: "World", registry: Registry | None, user: str, password: str) -> Principal:
    """Who has that user name and password: the admin user, a service principal, or the owner of a token.

    Without a registry, only an application's own credential can be judged.
    Raises: Unauthenticated with the reason.
    """
    if registry is not None and user == NULL_GUID:
        return token_owner(world, registry, password)
    if registry is not None and user.lower() == registry.name:
        return _admin_by_password(world, registry, password)
    if registry is not None and repository_tokens.find(world, registry, user) is not None:
        return passwords.owner(world, registry, user, password)
    try:
        return directory.authenticate_app(world, user, password)
    except EntraCondition as refused:
        raise Unauthenticated().why(
            "the user name is neither the registry's name nor the client id and secret of an application",
            refused.text, *refused.because,
        ) from None  # fmt: skip


def home(world: "World", user: str, password: str) -> Registry | None:
    """The registry that a credential itself names: by its own users, or by the audience of a token as password."""
    if user == NULL_GUID:
        return world.registry_at(str(jwt.peek(password).get("aud", "")))
    return world.state.registries.get(user.lower()) or passwords.knows(world, user, password)


def token_owner(world: "World", registry: Registry, token: str) -> Principal:
    """Whose refresh token, or else access token, it is. Raises: Unauthenticated."""
    kind = ACCESS if jwt.peek(token).get("grant_type") == ACCESS else REFRESH
    return owner(world, registry, verify(world, token, kind, registry.login_server))


def _admin_by_password(world: "World", registry: Registry, password: str) -> Principal:
    found = admin_signed_in(world, registry, registry.name)
    matches = [directory.same(password, known) for known in registry.passwords]
    if not any(matches):
        raise Unauthenticated().why(f"the user name is the admin user's; the password is neither of its {len(matches)}")
    return found
