"""Personal access tokens, and what they let their owners do.

Source: GitHub docs, scopes for OAuth apps and classic tokens (2025); Azure DevOps OAuth scopes (2025).
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from acrlab.domain import events
from acrlab.domain.hosting import DEVOPS, GITHUB
from acrlab.domain.hosting_errors import HostedForbidden, HostedInvalid, HostedUnauthenticated, HostedUnknown
from acrlab.engine.hosting import repositories
from acrlab.engine.state import Hosted, HostToken

if TYPE_CHECKING:
    from acrlab.engine.world import World

READ, WRITE, HOOKS, STATUS = "read", "write", "hooks", "status"
# What a scope lets do: everywhere, and in public repositories alone.
_SCOPES: dict[str, dict[str, tuple[set[str], set[str]]]] = {
    GITHUB: {
        "repo": ({READ, WRITE, HOOKS, STATUS}, set()),
        "public_repo": (set(), {WRITE, STATUS}),
        "repo:status": ({STATUS}, set()),
        "admin:repo_hook": ({HOOKS}, set()),
        "write:repo_hook": ({HOOKS}, set()),
    },
    DEVOPS: {
        # A subscription to service hooks follows the owner's permissions. Source: azure-docs#39767 (2019): Code (Read).
        "vso.code": ({READ, HOOKS}, set()),
        "vso.code_write": ({READ, WRITE, HOOKS, STATUS}, set()),
        "vso.code_status": ({STATUS}, set()),
        "vso.code_full": ({READ, WRITE, HOOKS, STATUS}, set()),
    },
}
ALL = {GITHUB: ["repo", "admin:repo_hook"], DEVOPS: ["vso.code_full"]}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHALLENGE = {GITHUB: 'Basic realm="GitHub"', DEVOPS: 'Basic realm="https://dev.azure.com/"'}
_WRONG = {
    GITHUB: "Invalid username or token. Password authentication is not supported for Git operations.",
    DEVOPS: "TF400813: The user '' is not authorized to access this resource.",
}


def issue(
    world: "World", host: str, owner: str, by: str, *, name: str = "", scopes: list[str] | None = None,
    life: float = 0.0,
) -> str:  # fmt: skip
    """Make a token and return it: it can be read this once. `life` is seconds, 0 for no end. Raises: HostedInvalid."""
    chosen = scopes if scopes else ALL[host]
    unknown = [each for each in chosen if each not in _SCOPES[host]]
    if unknown:
        known = ", ".join(_SCOPES[host])
        raise HostedInvalid(reason=f"{host} has no scope {unknown[0]!r} that is known here: there are {known}")
    token = _github(world) if host == GITHUB else base64.b32encode(world.random(32)).decode().rstrip("=").lower()
    now = world.now()
    world.commit(
        events.HostTokenIssued(
            at=now, by=by, host=host, owner=owner, name=name or f"{owner}'s token", digest=_digest(token),
            scopes=chosen, expires=now + life if life else 0.0,
        )
    )  # fmt: skip
    return token


def revoke(world: "World", token: str, by: str) -> bool:
    """End a token; whether there was one."""
    digest = _digest(token)
    if digest not in world.state.host_tokens:
        return False
    world.commit(events.HostTokenRevoked(at=world.now(), by=by, digest=digest))
    return True


def _github(world: "World") -> str:
    """ghp_, thirty characters of chance, and six of a checksum. Source: GitHub blog on token formats (2021-04)."""
    number = int.from_bytes(world.random(23), "big")
    chance = _digits(number, 30)
    return f"ghp_{chance}{_digits(zlib.crc32(chance.encode()), 6)}"


def _digits(number: int, length: int) -> str:
    found = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        found = _ALPHABET[digit] + found
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def known(world: "World", host: str, token: str) -> HostToken | None:
    """A token of the host that holds now."""
    found = world.state.host_tokens.get(_digest(token))
    if found is None or found.host != host or (found.expires and found.expires <= world.now()):
        return None
    return found


def shown(headers: Mapping[str, str]) -> list[str]:
    """What a request brings as a token: the password of Basic, else its user name, or a bearer's token."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return [text.strip()]
    if scheme.lower() != "basic":
        return []
    try:
        user, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return [""]
    return [password, user]


def authenticate(world: "World", host: str, headers: Mapping[str, str]) -> HostToken | None:
    """Whose token a request brings; None when it brings none. Raises: HostedUnauthenticated for one that is wrong."""
    given = shown(headers)
    if not given and "authorization" not in headers:
        return None
    found = next(filter(None, (known(world, host, each) for each in given)), None)
    if found is None:
        raise unauthenticated(host, _WRONG[host]).why(
            "no token of that host is this one, or it has expired or was revoked: `acrlab git token` makes one"
        )
    return found


def unauthenticated(host: str, reason: str) -> HostedUnauthenticated:
    """The 401 with its challenge."""
    return HostedUnauthenticated(reason=reason, headers=[("www-authenticate", _CHALLENGE[host])])


def rights(hosted: Hosted, token: HostToken) -> set[str]:
    """What a token lets do with a repository: nobody but the owner's tokens reach further than reading what is public.

    A token of another owner is as good as none, but for knowing who asks.
    """
    found: set[str] = set() if hosted.private else {READ}
    if token.owner.lower() != hosted.owner.lower():
        return found
    for scope in token.scopes:
        everywhere, public = _SCOPES[token.host][scope]
        found |= everywhere | (set() if hosted.private else public)
    return found


def require(hosted: Hosted, token: HostToken | None, right: str) -> None:
    """Raises: HostedUnauthenticated, HostedUnknown where even the existence is a secret, HostedForbidden."""
    if token is None:
        if right == READ and not hosted.private:
            return
        raise unauthenticated(hosted.host, "Repository not found." if hosted.private else "Authentication required.")
    held = rights(hosted, token)
    if right in held:
        return
    if READ not in held:
        raise HostedUnknown().why(f"the repository is private, and the token of {token.owner} does not reach it")
    raise HostedForbidden(title=repositories.address(hosted).title, user=token.owner).why(
        f"{right} was needed; the token {token.name!r} of {token.owner} has the scopes {', '.join(token.scopes)}"
    )
