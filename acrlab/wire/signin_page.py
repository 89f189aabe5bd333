"""The page on which a browser chooses who signs in, and the way back to the client."""

import html
import urllib.parse

import msgspec

from acrlab.domain.entra_errors import ReplyAddressMismatch, ResponseTypeUnsupported
from acrlab.engine import entra, signin
from acrlab.engine.state import Identity
from acrlab.wire.call import Call
from acrlab.wire.http import Response

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MODES = ("query", "fragment", "form_post")
_STYLE = "font:16px system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class Asked(msgspec.Struct, frozen=True):
    """What a client wants of the sign-in. Source: v2-oauth2-auth-code-flow (2025); RFC 7636."""

    client: str
    redirect: str
    scope: str
    state: str
    mode: str
    challenge: str
    method: str
    nonce: str


def read(call: Call) -> Asked:
    """The request of a client, checked before anything is shown.

    Raises: ApplicationUnknown, ReplyAddressMismatch, ResponseTypeUnsupported, ScopeInvalid, ResourceUnknown.
    """
    query = call.request.parameters()
    client = signin.known_client(call.world, signin.required(query, "client_id"))
    redirect = signin.required(query, "redirect_uri")
    if not on_this_machine(redirect):
        raise ReplyAddressMismatch(uri=redirect[:200], client=client).why(
            "acrlab sends codes to this machine only: http://localhost, http://127.0.0.1 or http://[::1]"
        )
    kind = signin.required(query, "response_type")
    if kind != "code":
        raise ResponseTypeUnsupported(kind=kind[:40])
    scope = query.get("scope", "")
    if not query.get("resource"):
        entra.resource_of(scope)
    mode = query.get("response_mode", "query")
    challenge = query.get("code_challenge", "")
    return Asked(
        client=client, redirect=redirect, scope=scope, state=query.get("state", ""),
        mode=mode if mode in MODES else "query", challenge=challenge,
        method=query.get("code_challenge_method", "plain"), nonce=query.get("nonce", ""),
    )  # fmt: skip


def on_this_machine(uri: str) -> bool:
    """Whether a redirect URI leads back to this machine and nowhere else. Source: RFC 8252, section 7.3."""
    try:
        parts = urllib.parse.urlsplit(uri)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return False
    if not uri.isascii() or not uri.isprintable() or set(uri) & set(' \\"<>'):
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK and "@" not in parts.netloc and not parts.fragment


def choose(call: Call, users: list[Identity]) -> Response:
    """One button per user."""
    kept = _hidden({name: value for name, value in call.request.parameters().items() if name != "login_as"})
    buttons = "".join(
        f'<p><button name="login_as" value="{html.escape(each.id)}">{html.escape(each.name)}</button></p>'
        for each in users
    )
    return _page("Sign in", f"<p>Simulated by acrlab: no password is asked.</p><form>{kept}{buttons}</form>")


def back(asked: Asked, fields: dict[str, str]) -> Response:
    """Send the browser back to the client with these fields, as it asked for them."""
    fields = {name: value for name, value in fields.items() if value}
    if asked.mode == "form_post":
        return _posted(asked.redirect, fields)
    mark = "#" if asked.mode == "fragment" else "&" if "?" in asked.redirect else "?"
    target = f"{asked.redirect}{mark}{urllib.parse.urlencode(fields)}"
    return Response(302, [("location", target), ("cache-control", "no-store")])


def note(title: str, text: str) -> Response:
    """A page that only says something."""
    return _page(title, f"<p>{html.escape(text)}</p>")


def _posted(redirect: str, fields: dict[str, str]) -> Response:
    inputs = f"{_hidden(fields)}<button>Continue</button>"
    return _page("Signed in", f'<form method="post" action="{html.escape(redirect)}">{inputs}</form>')


def _hidden(fields: dict[str, str]) -> str:
    row = '<input type="hidden" name="{}" value="{}">'
    return "".join(row.format(html.escape(name), html.escape(value)) for name, value in fields.items())


def _page(title: str, content: str) -> Response:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} - acrlab</title>'
        f'<body style="{_STYLE}"><h1>{title}</h1>{content}</body></html>'
    )
    headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", _POLICY),
        ("x-content-type-options", "nosniff"),
    ]
    return Response(200, headers, text.encode())
