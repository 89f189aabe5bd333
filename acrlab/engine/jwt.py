"""JSON Web Tokens, RS256 and nothing else. Source: RFC 7515, RFC 7519, RFC 8725."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from acrlab.domain.credential_errors import TokenMalformed
from acrlab.engine.keys import Keys

LONGEST = 16 * 1024  # characters of a token
REMEMBERED = 2048  # tokens whose signature need not be computed again, per key ring
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# azure-containerregistry decodes the payload with the alphabet of plain base64. In ASCII only these
# four characters can lead to a '-' or '_' of the URL-safe one.
_UNSAFE = {ord(each): f"\\u{ord(each):04x}" for each in "~>?\x7f"}

Claims = Mapping[str, Any]

# Per key ring, not per process: what one world has verified says nothing in another.
_VERIFIED: WeakKeyDictionary[Keys, dict[tuple[str, str], Claims]] = WeakKeyDictionary()
_KIDS: WeakKeyDictionary[Keys, dict[str, str]] = WeakKeyDictionary()


def encode(keys: Keys, name: str, claims: Claims, **header: str) -> str:
    """Sign claims. The payload is ASCII in which base64 and base64url agree.

    Source: azure-containerregistry 1.2.0, `_helpers._parse_exp_time`.
    """
    head = {"alg": "RS256", "typ": "JWT", "kid": kid(keys, name), **header}
    signed = f"{_segment(head)}.{_segment(claims)}"
    return f"{signed}.{base64url(keys.sign(name, signed.encode()))}"


def kid(keys: Keys, name: str) -> str:
    """The id of a key, as its JSON Web Key says it."""
    known = _KIDS.setdefault(keys, {})
    if name not in known:
        known[name] = str(keys.jwk(name)["kid"])
    return known[name]


def verify(keys: Keys, name: str, token: str) -> Claims:
    """The claims of a token signed by this key. Times are the caller's to check.

    Raises: TokenMalformed.
    """
    known = _VERIFIED.setdefault(keys, {})
    found = known.get((name, token))
    if found is not None:
        return found
    head, claims, signature = _read(token)
    if head.get("alg") != "RS256":
        raise TokenMalformed(reason="the token is not signed with RS256")
    if "crit" in head:
        raise TokenMalformed(reason="the token demands extensions that are not understood")
    if head.get("kid") != kid(keys, name):
        raise TokenMalformed(reason="the token names a signing key that is not in use")
    if not keys.verify(name, token.rpartition(".")[0].encode(), signature):
        raise TokenMalformed(reason="the signature is not valid")
    if len(known) >= REMEMBERED:
        del known[next(iter(known))]
    known[name, token] = claims
    return claims


def peek(token: str) -> Claims:
    """The claims of a token whose signature nobody has checked: for explanations, never for decisions."""
    try:
        return _read(token)[1]
    except TokenMalformed:
        return {}


def base64url(data: bytes) -> str:
    """URL-safe base64 without padding. Source: RFC 7515, section 2."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """Undo `base64url`, strictly: no padding, no stray bits. Raises: ValueError."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _segment(value: Claims) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True).translate(_UNSAFE)
    return base64url(text.encode("ascii"))


def _read(token: str) -> tuple[Claims, Claims, bytes]:
    if len(token) > LONGEST:
        raise TokenMalformed(reason=f"the token is longer than {LONGEST} characters")
    if not _FORM.fullmatch(token):
        raise TokenMalformed(reason="the token does not have the form header.payload.signature")
    head, claims, signature = token.split(".")
    try:
        return _object(head), _object(claims), unbase64url(signature)
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError):
        raise TokenMalformed(reason="the token is not base64url of JSON") from None


def _object(segment: str) -> dict[str, Any]:
    return msgspec.json.decode(unbase64url(segment), type=dict[str, Any])
