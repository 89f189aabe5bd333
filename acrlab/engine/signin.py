"""Signing in: every grant of the token endpoint, from a form to who it is and for what.

Source: RFC 6749, RFC 7523, RFC 7636, RFC 8628; entra-docs identity-platform protocol pages (2025).
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.entra_errors import (
    ApplicationUnknown,
    AuthorizationDeclined,
    AuthorizationPending,
    CodeRedeemed,
    DeviceCodeExpired,
    GrantExpired,
    GrantMalformed,
    GrantRevoked,
    GrantUnsupported,
    ParameterMissing,
    RefreshTokenExpired,
    ScopeNotDefault,
    SecretMissing,
    TenantMissing,
    UserUnknown,
    VerifierInvalid,
)
from acrlab.engine import directory, entra, federation, grants, jwt

if TYPE_CHECKING:
    from acrlab.engine.world import World

REFRESH_LIFE = 90 * 86400  # seconds without use. Source: AADSTS700082, "inactive for 90.00:00:00"
CODE_LIFE = 600  # seconds. Source: v2-oauth2-auth-code-flow, "typically … about 10 minutes"
DEVICE_LIFE = 900  # seconds. Source: v2-oauth2-device-code, expires_in
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"  # of a user code: nothing that looks like something else

Form = Mapping[str, str]


class SignIn(msgspec.Struct, frozen=True):
    """Who signed in, with which client, for what."""

    principal: Principal
    client: str
    resource: str
    scopes: str = ""
    nonce: str = ""

    @property
    def user(self) -> bool:
        """Whether a person signed in, and so gets refresh and id tokens."""
        return self.principal.kind == directory.USER


class Desk(msgspec.Struct):
    """What one world's sign-in remembers for minutes: not state, gone with the process.

    `hold` keeps device codes pending until somebody decides; otherwise the owner is taken at the first poll.
    """

    hold: bool = False
    decisions: dict[str, str | None] = {}  # user code -> principal id, or None for "no"
    redeemed: dict[str, float] = {}  # code -> when it may be forgotten


_DESKS: WeakKeyDictionary["World", Desk] = WeakKeyDictionary()


def desk(world: "World") -> Desk:
    """The sign-in desk of a world."""
    return _DESKS.setdefault(world, Desk())


def redeem(world: "World", tenant: str, form: Form) -> SignIn:
    """Judge a request for tokens.

    Raises: EntraCondition.
    """
    grant = required(form, "grant_type")
    judge = _GRANTS.get(grant)
    if judge is None:
        raise GrantUnsupported(grant=grant[:80])
    entra.tenant(world, tenant)
    return judge(world, tenant, form)


def required(form: Form, name: str) -> str:
    """A field that must be there. Raises: ParameterMissing."""
    value = form.get(name, "")
    if not value:
        raise ParameterMissing(name=name)
    return value


def known_client(world: "World", client: str) -> str:
    """The client id of one of Microsoft's public clients or of an application of the directory.

    Raises: ApplicationUnknown.
    """
    if client.lower() in entra.PUBLIC_CLIENTS or directory.find_app(world, client) is not None:
        return client.lower()
    raise ApplicationUnknown(client=client[:80], tenant=directory.ORGANIZATION).why(
        f"{client[:80]} is neither an application of this directory nor one of Microsoft's public clients"
    )


def _resource(form: Form) -> str:
    """What is asked for: `scope` of version 2, `resource` of version 1."""
    if "resource" in form:
        return entra.known_resource(required(form, "resource"))
    return entra.resource_of(required(form, "scope"))


# Applications


def _client_credentials(world: "World", tenant: str, form: Form) -> SignIn:
    if tenant.lower() in entra.SHARED_TENANTS:
        raise TenantMissing().why("an application signs in to its own tenant; the address names none")
    client = required(form, "client_id")
    scope = "" if "resource" in form else required(form, "scope")
    # The Go library asks for an identity beside the resource; an application gets none, and no refusal.
    asked = " ".join(each for each in scope.split() if each not in entra.OIDC_SCOPES)
    if scope and not asked.endswith("/.default"):
        raise ScopeNotDefault(scope=scope[:200])
    resource = _resource(form)
    principal = _proven(world, client, form)
    return SignIn(principal, principal.app_id, resource, asked)


def _proven(world: "World", client: str, form: Form) -> Principal:
    if form.get("client_assertion"):
        assertion_type = required(form, "client_assertion_type")
        return federation.proven(world, client, assertion_type, form["client_assertion"])
    if form.get("client_secret"):
        return directory.authenticate_app(world, client, form["client_secret"])
    known_client(world, client)
    raise SecretMissing().why("the form holds neither client_secret nor client_assertion")


# Users


def _password(world: "World", tenant: str, form: Form) -> SignIn:
    client = known_client(world, required(form, "client_id"))
    user, password = required(form, "username"), required(form, "password")
    return SignIn(directory.authenticate_user(world, user, password), client, _resource(form), form.get("scope", ""))


def device_codes(world: "World", client: str, scope: str) -> tuple[str, str]:
    """A device code, and the code that its user types in. Source: RFC 8628, section 3.2."""
    user_code = "".join(_LETTERS[each % len(_LETTERS)] for each in world.random(9))
    code = grants.sealed(
        world, "device", client=client, scope=scope, user_code=user_code, expires=world.now() + DEVICE_LIFE
    )
    return code, user_code


def _device_code(world: "World", tenant: str, form: Form) -> SignIn:
    fields = grants.unsealed(world, "device", form.get("device_code") or required(form, "code"))
    if fields is None or fields["client"] != required(form, "client_id").lower():
        raise GrantMalformed().why("this directory issued no such device code to this client")
    if fields["expires"] <= world.now():
        raise DeviceCodeExpired()
    identity = _decided(world, fields["user_code"])
    _use_once(world, fields["user_code"], fields["expires"])
    scope = form.get("scope") or fields["scope"]
    return SignIn(_principal(world, identity), fields["client"], _device_resource(form, scope), scope)


def _device_resource(form: Form, scope: str) -> str:
    return entra.known_resource(form["resource"]) if form.get("resource") else entra.resource_of(scope)


def _decided(world: "World", user_code: str) -> str:
    counter = desk(world)
    owner = directory.identity_id(world.state.tenant, directory.OWNER.name)
    choice = counter.decisions.get(user_code, "" if counter.hold else owner)
    if choice is None:
        raise AuthorizationDeclined().why(f"the sign-in with {user_code} was declined")
    if not choice:
        raise AuthorizationPending().why(f"nobody has approved {user_code} yet, and this world holds device codes")
    return choice


def authorization_code(
    world: "World", principal: str, *, client: str, redirect: str, scope: str, challenge: str, method: str, nonce: str
) -> str:
    """The code that a browser carries back to the client. Source: RFC 6749, section 4.1.2."""
    return grants.sealed(
        world, "code", oid=principal, client=client, redirect=redirect, scope=scope, challenge=challenge,
        method=method, nonce=nonce, id=world.uuid(), expires=world.now() + CODE_LIFE,
    )  # fmt: skip


def _authorization_code(world: "World", tenant: str, form: Form) -> SignIn:
    fields = grants.unsealed(world, "code", required(form, "code"))
    if fields is None or fields["client"] != required(form, "client_id").lower():
        raise GrantMalformed().why("this directory issued no such code to this client")
    if fields["redirect"] != required(form, "redirect_uri"):
        raise GrantMalformed().why("redirect_uri is not the one that the code was asked with")
    if fields["challenge"] and not _verifies(form.get("code_verifier", ""), fields["challenge"], fields["method"]):
        raise VerifierInvalid()
    if fields["expires"] <= world.now():
        raise GrantExpired()
    _use_once(world, fields["id"], fields["expires"])
    scope = form.get("scope") or fields["scope"]
    return SignIn(
        _principal(world, fields["oid"]), fields["client"], _device_resource(form, scope), scope, fields["nonce"]
    )


def _verifies(verifier: str, challenge: str, method: str) -> bool:
    hashed = jwt.base64url(hashlib.sha256(verifier.encode()).digest()) if method == "S256" else verifier
    return directory.same(hashed, challenge)


def _use_once(world: "World", code: str, expires: float) -> None:
    counter, now = desk(world), world.now()
    counter.redeemed = {each: until for each, until in counter.redeemed.items() if until > now}
    if code in counter.redeemed:
        raise CodeRedeemed()
    counter.redeemed[code] = expires


def refresh_token(world: "World", signed: SignIn) -> str:
    """A token that asks for new ones, until it lies unused for 90 days or the password changes."""
    return grants.sealed(
        world, "refresh", oid=signed.principal.id, client=signed.client, issued=world.now(),
        mark=_password_mark(world, signed.principal.id), id=world.uuid(),
    )  # fmt: skip


def _refresh_token(world: "World", tenant: str, form: Form) -> SignIn:
    fields = grants.unsealed(world, "refresh", required(form, "refresh_token"))
    client = known_client(world, required(form, "client_id"))
    family = {fields["client"], client} <= set(entra.PUBLIC_CLIENTS) if fields else False
    if fields is None or (fields["client"] != client and not family):
        raise GrantMalformed().why("this directory issued no such refresh token to this client")
    principal = _principal(world, fields["oid"])
    if fields["mark"] != _password_mark(world, principal.id):
        raise GrantRevoked().why(f"the password of {principal.name} was changed after the token was issued")
    if fields["issued"] + REFRESH_LIFE <= world.now():
        raise RefreshTokenExpired(issued=entra.clock_text(fields["issued"])).why("it was not used for 90 days")
    return SignIn(principal, client, _resource(form), form.get("scope", ""))


def _principal(world: "World", identity_id: str) -> Principal:
    identity = world.state.principals.get(identity_id)
    if identity is None:
        raise UserUnknown(tenant=directory.ORGANIZATION).why(f"{identity_id} has left the directory")
    return directory.principal(identity)


_GRANTS: dict[str, Callable[["World", str, Form], SignIn]] = {
    "client_credentials": _client_credentials,
    "password": _password,
    "refresh_token": _refresh_token,
    "authorization_code": _authorization_code,
    DEVICE_CODE: _device_code,
    "device_code": _device_code,
}


def _password_mark(world: "World", identity_id: str) -> str:
    """Changes when the principal's secrets do."""
    return grants.mac(world, repr(sorted(world.state.principals[identity_id].secrets.items())))[:16]
