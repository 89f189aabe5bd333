"""Microsoft Entra ID: access tokens issued, and verified wherever they are used."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.credential_errors import (
    AuthenticationMissing,
    AuthenticationSchemeInvalid,
    TokenAudienceWrong,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenRefused,
    TokenTenantWrong,
)
from acrlab.domain.entra_errors import ResourceUnknown, ScopeInvalid, TenantUnknown
from acrlab.domain.errors import Condition
from acrlab.engine import directory, jwt

if TYPE_CHECKING:
    from acrlab.engine.world import World

KEY = "entra"
LIFE = 3599  # seconds of an access token. Source: what azure-cli 2.91.0 (msal 1.39) is content with
MANAGED_LIFE = 86399  # seconds of a managed identity's token. Source: how-to-use-vm-token, expires_in
EARLY = 300  # seconds a token may be used before its start: clocks differ. Source: identity-model default skew
SHARED_TENANTS = ("common", "organizations")
AZURE_CLI = directory.AZURE_CLI
# Microsoft's own public clients; every directory knows them. Source: entra-docs, first-party application ids.
PUBLIC_CLIENTS = {
    AZURE_CLI: "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
    "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
    "04f0c124-f2bc-4f59-8241-bf6df9866bbd": "Visual Studio",
}
ARM_AUDIENCES = frozenset({"https://management.azure.com", "https://management.core.windows.net"})
ACR_AUDIENCES = frozenset({"https://containerregistry.azure.net"})
GRAPH_AUDIENCES = frozenset({"https://graph.microsoft.com"})
VAULT_AUDIENCES = frozenset({"https://vault.azure.net"})
STORAGE_AUDIENCES = frozenset({"https://storage.azure.com"})
AUDIENCES = ARM_AUDIENCES | ACR_AUDIENCES | GRAPH_AUDIENCES | VAULT_AUDIENCES | STORAGE_AUDIENCES
_BY_APP_ID = {
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": "https://management.core.windows.net/",
    "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26": "https://containerregistry.azure.net",
    "00000003-0000-0000-c000-000000000000": "https://graph.microsoft.com",
}
OIDC_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
_GRAPH_SCOPE = "https://graph.microsoft.com/"


class Held(msgspec.Struct, frozen=True):
    """The claims of an access token that decide something. Times are epoch seconds."""

    iss: str
    aud: str
    tid: str
    oid: str
    exp: float
    nbf: float
    appid: str = ""


# Tenants, scopes, resources


def tenant(world: "World", name: str, *, shared: bool = True) -> str:
    """The tenant's id, by its id or domain; `common` and `organizations` where users sign in.

    Raises: TenantUnknown.
    """
    known = {world.state.tenant, directory.DOMAIN, *(SHARED_TENANTS if shared else ())}
    if name.lower() not in known:
        raise TenantUnknown(tenant=name).why(
            f"this world has one directory: {world.state.tenant}, also called {directory.DOMAIN}"
        )
    return world.state.tenant


def resource_of(scope: str) -> str:
    """What the scopes of a v2 request are for; empty when they only ask for an identity.

    `https://management.core.windows.net//.default` is for `https://management.core.windows.net/`.
    Raises: ScopeInvalid, ResourceUnknown.
    Source: observed, azure-cli 2.91.0; entra-docs scopes-oidc, trailing slash.
    """
    asked = [each for each in scope.split() if each not in OIDC_SCOPES]
    resources = {_resource(each) for each in asked}
    if len({each.rstrip("/") for each in resources}) > 1:
        raise ScopeInvalid(scope=scope).why("one token is for one resource; the scopes name several")
    return known_resource(min(resources)) if resources else ""


def known_resource(name: str) -> str:
    """The audience of tokens for a resource, as it was spelled.

    Raises: ResourceUnknown.
    """
    resource = _BY_APP_ID.get(name, name)
    if resource.removesuffix("/") not in AUDIENCES:
        raise ResourceUnknown(resource=name, tenant=directory.ORGANIZATION).why(
            f"acrlab issues tokens for {', '.join(sorted(AUDIENCES))}"
        )
    return resource


def _resource(scope: str) -> str:
    if "/" not in scope:
        return _GRAPH_SCOPE.rstrip("/")  # User.Read and the like are Graph's
    return scope.rpartition("/")[0]


# Issuing


def issuer(world: "World") -> str:
    """Who signs version 1 access tokens."""
    return f"https://sts.windows.net/{world.state.tenant}/"


def issue(
    world: "World", principal: Principal, audience: str, *, client: str = AZURE_CLI, life: int = LIFE,
    capabilities: list[str] | None = None,
) -> str:  # fmt: skip
    """An access token. `client` is the application that a user signed in with.

    Source: entra-docs access-token-claims-reference (2025).
    """
    now = int(world.now())
    claims: dict[str, Any] = {
        "aud": audience, "iss": issuer(world), "iat": now, "nbf": now, "exp": now + life, "aio": "acrlab",
        **(_of_user(principal, client) if principal.kind == directory.USER else _of_app(principal, issuer(world))),
        "oid": principal.id, "sub": principal.id, "tid": world.state.tenant, "uti": world.uuid(), "ver": "1.0",
    }  # fmt: skip
    if capabilities:
        claims["xms_cc"] = capabilities
    return jwt.encode(world.keys, KEY, claims, x5t=jwt.kid(world.keys, KEY))


def _of_user(principal: Principal, client: str) -> dict[str, Any]:
    return {
        "acr": "1", "amr": ["pwd"], "appid": client, "appidacr": "0", "idtyp": "user", "ipaddr": "127.0.0.1",
        "name": principal.name.partition("@")[0], "scp": "user_impersonation", "unique_name": principal.name,
        "upn": principal.name,
    }  # fmt: skip


def _of_app(principal: Principal, provider: str) -> dict[str, Any]:
    return {"appid": principal.app_id, "appidacr": "1", "idp": provider, "idtyp": "app"}


def id_token(world: "World", principal: Principal, client: str, nonce: str = "") -> str:
    """Who signed in, for the client alone. Source: entra-docs id-token-claims-reference (2025)."""
    now = int(world.now())
    claims: dict[str, Any] = {
        "aud": client, "iss": f"https://login.microsoftonline.com/{world.state.tenant}/v2.0", "iat": now, "nbf": now,
        "exp": now + LIFE, "name": principal.name.partition("@")[0], "oid": principal.id,
        "preferred_username": principal.name, "upn": principal.name, "sub": principal.id,
        "tid": world.state.tenant, "ver": "2.0",
    }  # fmt: skip
    return jwt.encode(world.keys, KEY, claims | ({"nonce": nonce} if nonce else {}))


# Verifying


def authenticate(world: "World", headers: Mapping[str, str], audiences: frozenset[str]) -> Principal:
    """Who asks, by the authorization header of a request to an Azure service.

    Raises: AuthenticationMissing, AuthenticationSchemeInvalid, and what `verify_token` raises.
    """
    header = headers.get("authorization", "").strip()
    if not header:
        description = "The authentication failed because of missing 'Authorization' header."
        raise _challenged(world, AuthenticationMissing, description).why(
            "the request carries no Authorization header: get a token for the service first"
        )
    scheme, _, bearer = header.partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise _challenged(world, AuthenticationSchemeInvalid, "The authorization header is not a bearer token.").why(
            f"the Authorization header uses the scheme {scheme[:40]}, not Bearer"
        )
    return verify_token(world, bearer.strip(), audiences)


def verify_token(world: "World", bearer: str, audiences: frozenset[str]) -> Principal:
    """Who a token speaks for: signature, issuer, audience, times, tenant and the principal itself are checked.

    Raises: TokenRefused and its kinds, each with the challenge that Resource Manager sends.
    """
    held = _held(world, bearer)
    now = world.now()
    for failed, condition in _objections(world, held, now, audiences):
        if failed:
            raise condition()
    identity = world.state.principals.get(held.oid)
    if identity is None:
        raise _invalid(world).why(f"the token is genuine, but its principal {held.oid} has left the directory")
    return directory.principal(identity)


def _held(world: "World", bearer: str) -> Held:
    try:
        return msgspec.convert(jwt.verify(world.keys, KEY, bearer), Held)
    except TokenMalformed as reason:
        raise _invalid(world).why(reason.text, _foreign(bearer)) from None
    except msgspec.ValidationError as error:
        raise _invalid(world).why(f"not an access token of the directory: {error}") from None


def _invalid(world: "World") -> Condition:
    return _challenged(world, TokenRefused, "The access token is invalid.")


def _foreign(bearer: str) -> str:
    found = jwt.peek(bearer).get("iss")
    return f"it says that its issuer is {found}" if found else "it does not say who issued it"


def _objections(
    world: "World", held: Held, now: float, audiences: frozenset[str]
) -> tuple[tuple[bool, Callable[[], Condition]], ...]:
    return (
        (held.iss != issuer(world) or held.tid != world.state.tenant, lambda: _wrong_tenant(world, held)),
        (held.aud.removesuffix("/") not in audiences, lambda: _wrong_audience(world, held, audiences)),
        (held.exp <= now, lambda: _expired(world, held, now)),
        (held.nbf > now + EARLY, lambda: _early(world, held, now)),
    )


def _wrong_tenant(world: "World", held: Held) -> Condition:
    return _challenged(
        world, TokenTenantWrong, "The access token is from the wrong issuer.", issuer=held.iss, expected=issuer(world),
        tenant=world.state.tenant,
    ).why(f"the token was issued by {held.iss}, this directory is {issuer(world)}")  # fmt: skip


def _wrong_audience(world: "World", held: Held, audiences: frozenset[str]) -> Condition:
    allowed = ",".join(f"'{each}/','{each}'" for each in sorted(audiences, reverse=True))
    return _challenged(
        world, TokenAudienceWrong, "The access token has been obtained for wrong audience.", audience=held.aud,
        allowed=allowed,
    ).why(f"the token is for {held.aud}", f"this service takes tokens for {', '.join(sorted(audiences))}")  # fmt: skip


def _expired(world: "World", held: Held, now: float) -> Condition:
    return _challenged(
        world, TokenExpired, "The access token expiry UTC time is earlier than current UTC time.",
        expiry=clock_text(held.exp), now=clock_text(now),
    ).why(f"the token ended {now - held.exp:.0f} seconds ago on the world's clock")  # fmt: skip


def _early(world: "World", held: Held, now: float) -> Condition:
    return _challenged(
        world, TokenNotYetValid, "The access token is not yet valid.", start=clock_text(held.nbf), now=clock_text(now)
    ).why("the token starts in the future of the world's clock: was the world restored or reset?")


def clock_text(seconds: float) -> str:
    """A moment as Resource Manager writes it in sentences."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def _challenged(world: "World", kind: type[TokenRefused], description: str, **fields: Any) -> Condition:
    """Source: Resource Manager's WWW-Authenticate header, quoted in public issues of the SDKs."""
    challenge = (
        f'Bearer authorization_uri="https://login.microsoftonline.com/{world.state.tenant}", error="invalid_token", '
        f'error_description="{description}"'
    )
    return kind(headers=[("www-authenticate", challenge)], **fields)
