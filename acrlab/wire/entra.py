"""Microsoft Entra ID: the endpoints that clients sign in at.

Source: entra-docs v2-protocols-oidc, v2-oauth2-* (2025); msal 1.39; observed, azure-cli 2.91.0.
"""

import base64
import binascii
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from acrlab.domain.entra_errors import (
    EntraCondition,
    GrantMalformed,
    MethodWrong,
    ParameterRepeated,
    SecretInvalid,
)
from acrlab.domain.errors import Condition, MethodUnsupported
from acrlab.engine import directory, entra, jwt, signin
from acrlab.engine.signin import SignIn
from acrlab.wire import entra_discovery, http, signin_page
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

BODY = 64 * 1024  # bytes
MOST_FIELDS = 100
NO_STORE = [("cache-control", "no-store, no-cache"), ("pragma", "no-cache")]
DEVICE_PAGE = "https://microsoft.com/devicelogin"

Handler = Callable[[Call], Response]


def traced(handler: Handler) -> Handler:
    """Give the refusals of a handler what Entra's errors carry: when, and ids to ask support about."""

    def answer(call: Call) -> Response:
        try:
            return handler(call)
        except EntraCondition as condition:
            correlation = call.request.headers.get("client-request-id", "")[:64]
            condition.fields.update(
                at=call.world.now(), trace=call.world.uuid(), correlation=correlation or call.world.uuid()
            )
            raise

    return answer


# Tokens


def token(call: Call) -> Response:
    """Tokens of version 2."""
    form = _form(call)
    return _no_store(_answer(call, signin.redeem(call.world, call.params["tenant"], form), form))


def token_v1(call: Call) -> Response:
    """Tokens of version 1: the same grants for a `resource`, and numbers as strings."""
    form = _form(call)
    signed = signin.redeem(call.world, call.params["tenant"], form)
    now = int(call.world.now())
    body = _answer(call, signed, form) | {
        "expires_in": str(entra.LIFE), "ext_expires_in": str(entra.LIFE), "expires_on": str(now + entra.LIFE),
        "not_before": str(now), "resource": signed.resource,
    }  # fmt: skip
    return _no_store(body)


def _answer(call: Call, signed: SignIn, form: dict[str, str]) -> dict[str, Any]:
    call.principal = signed.principal
    resource = signed.resource or "https://graph.microsoft.com"
    bearer = entra.issue(
        call.world, signed.principal, resource, client=signed.client, capabilities=_capabilities(form.get("claims", ""))
    )
    body: dict[str, Any] = {
        "token_type": "Bearer", "expires_in": entra.LIFE, "ext_expires_in": entra.LIFE, "access_token": bearer,
    }  # fmt: skip
    return body | (_for_users(call, signed, resource) if signed.user else {})


def _for_users(call: Call, signed: SignIn, resource: str) -> dict[str, Any]:
    world = call.world
    info = {"uid": signed.principal.id, "utid": world.state.tenant}
    body = {
        "scope": f"{resource}/user_impersonation {resource}/.default",
        "refresh_token": signin.refresh_token(world, signed),
        "id_token": entra.id_token(world, signed.principal, signed.client, signed.nonce),
        "client_info": jwt.base64url(msgspec.json.encode(info)),
    }
    return body | ({"foci": "1"} if signed.client in entra.PUBLIC_CLIENTS else {})


class _Values(msgspec.Struct):
    values: list[str] = []


class _Claims(msgspec.Struct):
    access_token: dict[str, _Values | None] = {}


def _capabilities(claims: str) -> list[str]:
    """What the client says that it can do. Source: entra-docs claims-challenge, xms_cc."""
    if not claims:
        return []
    try:
        asked = msgspec.json.decode(claims, type=_Claims).access_token.get("xms_cc")
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise GrantMalformed().why("the field claims is not a claims request") from None
    return asked.values if asked is not None else []


def device_code(call: Call) -> Response:
    """Begin a sign-in on another device. Here it is simulated: see the message."""
    body, message = _device_code(call)
    interval = {"verification_uri": DEVICE_PAGE, "expires_in": signin.DEVICE_LIFE, "interval": 5}
    return _no_store(body | interval | {"message": message})


def device_code_v1(call: Call) -> Response:
    """The same, with numbers as strings."""
    body, message = _device_code(call)
    interval = {"verification_url": DEVICE_PAGE, "expires_in": str(signin.DEVICE_LIFE), "interval": "5"}
    return _no_store(body | interval | {"message": message})


def _device_code(call: Call) -> tuple[dict[str, Any], str]:
    form = _form(call)
    entra.tenant(call.world, call.params["tenant"])
    client = signin.known_client(call.world, signin.required(form, "client_id"))
    code, user_code = signin.device_codes(call.world, client, form.get("scope", ""))
    message = (
        f"To sign in, use a web browser to open the page {DEVICE_PAGE} and enter the code {user_code} to authenticate. "
        f"(acrlab, simulated: no page to open; {directory.OWNER.name} approves by itself.)"
    )
    return {"user_code": user_code, "device_code": code}, message


def authorize(call: Call) -> Response:
    """Choose who signs in, then go back to the client with a code. Simulated: no password is asked."""
    entra.tenant(call.world, call.params["tenant"])
    asked = signin_page.read(call)
    chosen = call.request.parameters().get("login_as", "")
    users = [each for each in directory.everybody(call.world) if each.kind == directory.USER]
    identity = next((each for each in users if each.id == chosen), None)
    if identity is None:
        return signin_page.choose(call, users)
    call.principal = directory.principal(identity)
    code = signin.authorization_code(
        call.world, identity.id, client=asked.client, redirect=asked.redirect, scope=asked.scope,
        challenge=asked.challenge, method=asked.method, nonce=asked.nonce,
    )  # fmt: skip
    return signin_page.back(asked, {"code": code, "state": asked.state, "session_state": call.world.uuid()})


def logout(call: Call) -> Response:
    """There is no session to end: clients only forget their tokens."""
    return signin_page.note("Signed out", "acrlab keeps no browser session: nothing had to be ended.")


# Forms


def _form(call: Call) -> dict[str, str]:
    """The body's fields, each once, and the client's credentials of a Basic header.

    Raises: GrantMalformed, ParameterRepeated.
    """
    try:
        pairs = urllib.parse.parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise GrantMalformed().why("the body is not a form: application/x-www-form-urlencoded") from None
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise ParameterRepeated(name=name[:80])
        form[name] = value
    return _basic(call.request.headers.get("authorization", "")) | form


def _basic(header: str) -> dict[str, str]:
    """Source: RFC 6749, section 2.3.1: both halves are form-encoded first."""
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client, _, secret = base64.b64decode(credential.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise SecretInvalid(client="").why("the Basic header is not base64 of client:secret") from None
    return {"client_id": urllib.parse.unquote_plus(client), "client_secret": urllib.parse.unquote_plus(secret)}


def _no_store(body: dict[str, Any]) -> Response:
    return http.json(200, body, *NO_STORE)


# Errors


def dialect(condition: Condition) -> Response:
    """Entra's errors: the description carries the trace, `error_codes` the number.

    Source: v2-oauth2-client-creds-grant-flow, error response (2025); recorded by azure-cli's tests.
    """
    if isinstance(condition, MethodUnsupported):
        fields = condition.fields
        condition = MethodWrong(expected=", ".join(fields["allow"]), method=fields["method"])
    if not isinstance(condition, EntraCondition):
        body: dict[str, Any] = {"error": _OTHERS.get(condition.status, "invalid_request")}
        body["error_description"] = condition.text or "unexpected error"
        return http.json(condition.status, body, *NO_STORE, *extra(condition))
    trace, correlation = condition.fields.get("trace", ""), condition.fields.get("correlation", "")
    at = condition.fields.get("at")
    moment = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%SZ}" if at is not None else ""
    body = {
        "error": condition.oci,
        "error_description": f"{condition.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}",
        "error_codes": [condition.code],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{entra_discovery.HOST}/error?code={condition.code}",
    }
    return http.json(condition.status, body, *NO_STORE, ("x-ms-request-id", trace), *extra(condition))


_OTHERS = {404: "not_found", 500: "server_error", 503: "temporarily_unavailable"}


# Routes


def _row(method: str, path: str, handler: Handler, truth: str = "real") -> Route:
    body = BODY if method == "POST" else 0
    return Route(method=method, path=path, handler=traced(handler), scope="open", body=body, truth=truth)


ROUTES = (
    _row("GET", "/{tenant}/v2.0/.well-known/openid-configuration", entra_discovery.configuration),
    _row("GET", "/{tenant}/.well-known/openid-configuration", entra_discovery.configuration_v1),
    _row("GET", "/common/discovery/instance", entra_discovery.instance),
    _row("GET", "/{tenant}/discovery/v2.0/keys", entra_discovery.keys),
    _row("GET", "/{tenant}/discovery/keys", entra_discovery.keys),
    _row("POST", "/{tenant}/oauth2/v2.0/token", token),
    _row("POST", "/{tenant}/oauth2/token", token_v1),
    _row("POST", "/{tenant}/oauth2/v2.0/devicecode", device_code, "simulated"),
    _row("POST", "/{tenant}/oauth2/devicecode", device_code_v1, "simulated"),
    _row("GET", "/{tenant}/oauth2/v2.0/authorize", authorize, "simulated"),
    _row("GET", "/{tenant}/oauth2/authorize", authorize, "simulated"),
    _row("GET", "/{tenant}/oauth2/v2.0/logout", logout, "simulated"),
    _row("GET", "/{tenant}/oauth2/logout", logout, "simulated"),
    _row("GET", "/{tenant}/userrealm/{user}", entra_discovery.realm),
    _row("GET", "/{tenant}/UserRealm/{user}", entra_discovery.realm),
    _row("GET", "/{tenant}/UserRealm", entra_discovery.realm),
)
