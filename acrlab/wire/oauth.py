"""The registry's token server: /oauth2/exchange and /oauth2/token.

Source: Azure/acr docs AAD-OAuth.md; azure-containerregistry 1.2.0; distribution token specification.
"""

import urllib.parse
from collections.abc import Callable

from acrlab.domain.access import ANONYMOUS, Principal, Scope, parse_scopes
from acrlab.domain.credential_errors import TokenRefused, TokenRequestInvalid
from acrlab.domain.errors import Unauthenticated
from acrlab.engine import authorization, directory, entra, tokens
from acrlab.engine.state import Registry
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.registry import read_basic
from acrlab.wire.routes import Route

BODY = 256 * 1024  # bytes; Entra tokens with many groups run to tens of kilobytes
MOST_FIELDS = 200
MOST_SCOPES = 100
DEPRECATED = ("access_token_refresh_token", "refresh_token")
# Remaining calls, as a registry without other traffic reports them. Source: recorded.
EXCHANGES = ("x-ms-ratelimit-remaining-calls-per-second", "149")
TOKENS = ("x-ms-ratelimit-remaining-calls-per-second", "333.316667")

Form = dict[str, list[str]]


# Exchange


def exchange(call: Call) -> Response:
    """Give a registry refresh token for an Entra access token."""
    form = _form(call)
    registry = _addressed(call, form, [])
    if registry is None:
        raise TokenRequestInvalid(reason="service names no registry: exchange at a registry's own login server")
    _check_grant(form)
    call.principal = _exchanged(call, registry, form)
    if not tokens.welcome(call.world, registry, call.principal):
        raise Unauthenticated().why(
            f"{call.principal.kind} {call.principal.name} holds no role that grants anything on {registry.name}",
            *authorization.permits(
                call.world, call.principal, "Microsoft.ContainerRegistry/registries/pull/read", registry.resource
            ).because,
        )
    return http.json(200, {"refresh_token": tokens.refresh_token(call.world, registry, call.principal)}, EXCHANGES)


def _check_grant(form: Form) -> None:
    grant = _one(form, "grant_type")
    if grant in DEPRECATED:
        raise TokenRequestInvalid(
            reason=f"grant_type {grant} is deprecated: send grant_type=access_token with an Entra access token"
        ).why("Entra refresh tokens must not leave the client; Azure/acr AAD-OAuth.md marks these grants deprecated")
    if grant != "access_token":
        raise TokenRequestInvalid(reason="grant_type must be access_token")


def _exchanged(call: Call, registry: Registry, form: Form) -> Principal:
    world = call.world
    by_policy = tokens.arm_tokens_taken(world, registry)
    audiences = entra.ACR_AUDIENCES | (entra.ARM_AUDIENCES if by_policy else frozenset())
    tenant = _one(form, "tenant")
    if tenant and tenant not in (world.state.tenant, directory.DOMAIN, *entra.SHARED_TENANTS):
        raise Unauthenticated().why(f"the tenant {tenant} is not the registry's, {world.state.tenant}")
    try:
        return entra.verify_token(world, _one(form, "access_token"), audiences)
    except TokenRefused as refused:
        reasons = [refused.text, *refused.because]
        if not by_policy:
            reasons.append("the policy azureADAuthenticationAsArmPolicy of the registry is disabled")
        raise Unauthenticated().why(*reasons) from None


# Token


def token(call: Call) -> Response:
    """Give a registry access token that grants what is asked and allowed."""
    form = _form(call)
    asked = _scopes(form)
    user, password = _credential(call, form)
    registry = _addressed(call, form, asked) or tokens.home(call.world, user, password)
    call.principal = _authenticated(call, registry, user, password)
    if registry is None:
        return _answer({"access_token": tokens.doorway_token(call.world, _authority(call), call.principal)})
    asked = _relative(asked, registry) if _at_door(call) else asked
    answer = {"access_token": tokens.access_token(call.world, registry, call.principal, asked)}
    if _one(form, "offline_token").lower() == "true" and call.principal is not ANONYMOUS:
        answer["refresh_token"] = tokens.refresh_token(call.world, registry, call.principal)
    return _answer(answer)


def _answer(body: dict[str, str]) -> Response:
    return http.json(200, body, TOKENS)


def _authenticated(call: Call, registry: Registry | None, user: str, password: str) -> Principal:
    if user:
        return tokens.password_owner(call.world, registry, user, password)
    if registry is None or not authorization.anonymous_pull(call.world, registry):
        raise Unauthenticated().why(
            "the request names no user",
            "anonymous tokens are given only by registries with anonymousPullEnabled (Standard and Premium)",
        )
    return ANONYMOUS


def _credential(call: Call, form: Form) -> tuple[str, str]:
    """User and password, however they are sent; a refresh token counts as the null GUID's password."""
    grant = _one(form, "grant_type")
    if grant:
        read = _GRANTS.get(grant)
        if read is None:
            raise TokenRequestInvalid(reason=f"grant_type {grant[:60]} is not one of {', '.join(_GRANTS)}")
        found = read(form)
        if found != ("", ""):
            return found
    header = call.request.headers.get("authorization", "")
    if not header:
        return "", ""
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated().why(f"the token server takes Basic credentials, not {scheme[:40]}")
    return read_basic(credential.strip())


def _by_refresh_token(form: Form) -> tuple[str, str]:
    given = _one(form, "refresh_token")
    if not given:
        raise TokenRequestInvalid(reason="refresh_token is missing")
    return tokens.NULL_GUID, given


_GRANTS: dict[str, Callable[[Form], tuple[str, str]]] = {
    "refresh_token": _by_refresh_token,
    "password": lambda form: (_one(form, "username"), _one(form, "password")),
    "access_token": lambda form: (tokens.NULL_GUID, _one(form, "access_token")),
}


# What was asked, and where


def _form(call: Call) -> Form:
    """The fields of a GET's query or a POST's body; a POST's query adds what the body leaves out.

    Raises: TokenRequestInvalid.
    """
    try:
        form = urllib.parse.parse_qs(call.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        query = urllib.parse.parse_qs(call.request.query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise TokenRequestInvalid(reason="the body is not a form: application/x-www-form-urlencoded") from None
    return query | form


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _scopes(form: Form) -> list[Scope]:
    asked = parse_scopes(" ".join(form.get("scope", ())))
    if len(asked) > MOST_SCOPES:
        raise TokenRequestInvalid(reason=f"{len(asked)} scopes, at most {MOST_SCOPES} are taken")
    return asked


def _addressed(call: Call, form: Form, asked: list[Scope]) -> Registry | None:
    """The registry a token is for: the login server's own; at the plain door, the one that the scope begins with.

    Raises: TokenRequestInvalid.
    """
    service = _one(form, "service").lower()
    if not _at_door(call):
        home = call.home.login_server
        if service and service not in (home, call.request.authority.lower()):
            raise TokenRequestInvalid(reason=f"service {service[:80]} is not this registry, {home}")
        return call.home
    named = call.world.registry_at(service)
    if named is not None:
        return named
    if service and service != _authority(call).lower():
        raise TokenRequestInvalid(reason=f"service {service[:80]} is neither {_authority(call)} nor a login server")
    first = (each.name.partition("/")[0] for each in asked if each.kind == "repository")
    found = (call.world.state.registries.get(name.lower()) for name in first)
    return next((each for each in found if each is not None), None)


def _at_door(call: Call) -> bool:
    return call.registry is None or bool(call.prefix)


def _authority(call: Call) -> str:
    return call.request.authority or call.request.host


def _relative(asked: list[Scope], registry: Registry) -> list[Scope]:
    """At the plain door names carry the registry; in its tokens they do not. Other registries' names are left out."""
    found = []
    for scope in asked:
        first, _, rest = scope.name.partition("/")
        if scope.kind != "repository":
            found.append(scope)
        elif rest and first.lower() == registry.name:
            found.append(Scope(scope.kind, rest, scope.actions))
    return found


ROUTES = (
    Route(method="POST", path="/oauth2/exchange", handler=exchange, scope="open", rate="OAuth", body=BODY),
    Route(method="GET", path="/oauth2/token", handler=token, scope="open", rate="OAuth"),
    Route(method="POST", path="/oauth2/token", handler=token, scope="open", rate="OAuth", body=BODY),
)
