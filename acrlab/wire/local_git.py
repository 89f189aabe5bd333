"""The controls of the git hosts: repositories and tokens, made for a lab."""

from pathlib import Path
from typing import Any

import msgspec

from acrlab.domain import hosting
from acrlab.domain.errors import BodyInvalid
from acrlab.engine.hosting import repositories, tokens
from acrlab.engine.state import Hosted
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Answer, Response
from acrlab.wire.local import decoded
from acrlab.wire.routes import Route
from acrlab.wire.slow import Slow

BODY = 64 * 1024  # bytes


class _Create(msgspec.Struct):
    repository: str
    folder: str = ""
    private: bool = False
    token: bool = True


class _Named(msgspec.Struct):
    repository: str


class _Issue(msgspec.Struct):
    owner: str
    host: str = hosting.GITHUB
    name: str = ""
    scopes: list[str] = []
    life: float = 0.0


class _Token(msgspec.Struct):
    token: str


def listed(call: Call) -> Response:
    """The repositories, by address."""
    found = sorted(call.world.state.hosted.items())
    return http.json(200, [_told(hosted) for _, hosted in found])


def _told(hosted: Hosted) -> dict[str, Any]:
    branches = {branch: sha for ref, sha in sorted(hosted.refs.items()) if (branch := hosting.branch(ref))}
    place = repositories.address(hosted)
    return {
        "repository": place.title, "host": hosted.host, "url": place.url, "private": hosted.private,
        "defaultBranch": hosted.head, "branches": branches, "hooks": [each.url for each in hosted.hooks.values()],
    }  # fmt: skip


def create(call: Call) -> Answer:
    """Make a repository, and a token of its owner unless that is not wanted. Its folder may hold a lot."""
    asked = decoded(call, _Create)
    if asked.folder and not Path(asked.folder).is_absolute():
        raise BodyInvalid(reason="the folder is given by its whole path")
    place = hosting.address(asked.repository)
    draft = repositories.Draft(call.world, place, asked.folder)

    def opened(_: None) -> Response:
        told = _told(draft.opened(call.principal.id, private=asked.private))
        if asked.token:
            told["token"] = tokens.issue(call.world, place.host, place.owner, call.principal.id)
        return http.json(201, told)

    return Slow(draft.write, opened, draft.drop)


def delete(call: Call) -> Response:
    """Delete a repository."""
    place = hosting.address(decoded(call, _Named).repository)
    repositories.delete(call.world, place, call.principal.id)
    return http.json(200, {"deleted": place.title})


def issue(call: Call) -> Response:
    """Make a token: it is told this once."""
    asked = decoded(call, _Issue)
    if asked.host not in tokens.ALL or asked.life < 0:
        raise BodyInvalid(reason=f"a host is {' or '.join(tokens.ALL)}, and a life is seconds")
    token = tokens.issue(
        call.world, asked.host, asked.owner, call.principal.id, name=asked.name, scopes=asked.scopes, life=asked.life
    )
    return http.json(201, {"owner": asked.owner, "host": asked.host, "token": token})


def revoke(call: Call) -> Response:
    """End a token."""
    return http.json(200, {"revoked": tokens.revoke(call.world, decoded(call, _Token).token, call.principal.id)})


ROUTES = tuple(
    Route(method=method, path=f"/_acrlab/{path}", handler=handler, scope="control", body=body)
    for method, path, handler, body in (
        ("GET", "git", listed, 0),
        ("POST", "git", create, BODY),
        ("POST", "git/delete", delete, BODY),
        ("POST", "git/tokens", issue, BODY),
        ("POST", "git/revoke", revoke, BODY),
    )
)
