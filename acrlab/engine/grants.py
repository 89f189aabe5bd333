"""Opaque grants: refresh tokens, authorization codes and device codes that say all they need themselves."""

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import msgspec

from acrlab.engine import jwt

if TYPE_CHECKING:
    from acrlab.engine.world import World


def sealed(world: "World", kind: str, **fields: str | float) -> str:
    """An opaque grant that only this directory can have written; nothing has to be kept of it."""
    payload = jwt.base64url(msgspec.json.encode({"kind": kind, **fields}))
    return f"1.{payload}.{mac(world, payload)}"


def unsealed(world: "World", kind: str, text: str) -> dict[str, Any] | None:
    """The fields of a grant, or None when this directory did not write it."""
    if not text.isascii() or text.count(".") != 2:
        return None
    prefix, payload, proof = text.split(".")
    if prefix != "1" or not hmac.compare_digest(proof, mac(world, payload)):
        return None
    fields = msgspec.json.decode(jwt.unbase64url(payload), type=dict[str, Any])
    return fields if fields["kind"] == kind else None


def mac(world: "World", text: str) -> str:
    """What only this directory can compute of a text."""
    return jwt.base64url(hmac.new(world.keys.secret("grants"), text.encode(), hashlib.sha256).digest())
