"""The credential of a worker: who it is and which queues are its own, sealed by the world's own secret."""

import base64
import binascii
import hashlib
import hmac
import re

import msgspec

from acrlab.domain.errors import BodyInvalid

AGENTS = "agents"  # the queue of those runs that name no pool
_POOL = re.compile(r"([a-zA-Z0-9]{5,50})/([a-zA-Z0-9-]{3,20})")


class Badge(msgspec.Struct, frozen=True):
    """A worker, as its credential says. Two of one name are told apart by `id`."""

    id: str
    name: str
    queues: tuple[str, ...]
    until: float  # epoch seconds on the emulator's machine


def issued(secret: bytes, badge: Badge) -> str:
    """The credential."""
    body = msgspec.json.encode(badge)
    return f"{_text(body)}.{_text(_seal(secret, body))}"


def read(secret: bytes, credential: str) -> Badge | None:
    """Whose credential it is; None when it was not issued here."""
    body, _, seal = credential.partition(".")
    try:
        raw = _bytes(body)
        good = hmac.compare_digest(_bytes(seal), _seal(secret, raw))
        return msgspec.json.decode(raw, type=Badge) if good else None
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


def lab(secret: bytes) -> str:
    """What the queues of one world have in common: several may use one database."""
    return hmac.digest(secret, b"queues", "sha256").hex()[:8]


def queue(secret: bytes, place: str) -> str:
    """The queue of a pool, given as registry/pool; of the service's own agents, when it is empty.

    PostgreSQL has 63 characters for the channel that tells of a queue, too few for a registry's name.
    Raises: BodyInvalid.
    """
    if not place:
        return f"{lab(secret)}/{AGENTS}"
    found = _POOL.fullmatch(place)
    if found is None:
        raise BodyInvalid(reason=f"{place[:80]!r} names no agent pool: write REGISTRY/POOL")
    registry = hmac.digest(secret, found[1].lower().encode(), "sha256").hex()[:8]
    return f"{registry}/{found[2].lower()}"


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _seal(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"worker:" + body, "sha256")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
