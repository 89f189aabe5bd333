"""api.github.com, as far as labs and ACR need it: repositories, branches, commits, files, statuses.

Source: GitHub REST API 2022-11-28.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from acrlab.domain import hosting
from acrlab.domain.access import Principal
from acrlab.domain.hosting_errors import HostedInvalid, HostedMissing, HostedUnauthenticated, HostedUnknown
from acrlab.engine.hosting import contents, repositories, statuses, tokens
from acrlab.engine.hosting.objects import Objects
from acrlab.engine.state import Hosted
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.git import github_hooks, github_pulls, rest, routes
from acrlab.wire.git.github_shapes import branch, commit, repository, status
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

REPOSITORY = "/repos/{owner}/{name}"
MOST_COMMITS = 250  # walked through for one list
WHO = "who"  # a scope: any token
LARGEST_FILE = 8 * 1024 * 1024  # bytes of a request with a file in base64


def authorize(call: Call, route: Route) -> None:
    """Who asks, and whether the token lets them. What may not be seen is not there.

    Raises: HostedUnauthenticated, HostedMissing, HostedForbidden.
    """
    try:
        token = tokens.authenticate(call.world, hosting.GITHUB, call.request.headers)
    except HostedUnauthenticated as refused:
        refused.fields["reason"] = "Bad credentials"
        raise
    if token is not None:
        call.principal = Principal(id=token.owner, kind="gitToken", name=token.name)
    if route.scope == WHO:
        if token is None:
            raise HostedUnauthenticated(reason="Requires authentication")
        return
    hosted = repositories.at(call.world, routes.place(call))
    if hosted is None or (token is None and hosted.private):
        raise HostedMissing()
    if token is None and route.scope != tokens.READ:
        raise HostedUnauthenticated(reason="Requires authentication")
    if route.scope == tokens.HOOKS and token is not None and tokens.HOOKS not in tokens.rights(hosted, token):
        raise HostedMissing().why(f"the token {token.name!r} has no admin:repo_hook, or is not of {hosted.owner}")
    try:
        tokens.require(hosted, token, route.scope)
    except HostedUnknown as refused:
        raise HostedMissing().why(*refused.because) from None


# Repositories


def user(call: Call) -> Response:
    """Whose token it is."""
    return http.json(200, {"login": call.principal.id, "type": "User"})


def repository_(call: Call) -> Response:
    """A repository."""
    return http.json(200, repository(rest.hosted(call)))


def branches(call: Call) -> Response:
    """The branches, by name."""
    hosted = rest.hosted(call)
    found = sorted((name, sha) for ref, sha in hosted.refs.items() if (name := hosting.branch(ref)))
    return rest.page(call, [branch(hosted, name, sha) for name, sha in found])


def branch_(call: Call) -> Response:
    """One branch. Raises: HostedMissing."""
    hosted, name = rest.hosted(call), call.params["branch"]
    sha = hosted.refs.get(f"{hosting.REFS}{name}")
    if sha is None:
        raise HostedMissing()
    return http.json(200, branch(hosted, name, sha))


def _resolved(call: Call, hosted: Hosted, name: str, objects: Objects) -> str:
    """The commit of a branch, a tag, or its own name. Raises: HostedMissing."""
    refs = (f"{hosting.REFS}{name}", f"{hosting.TAGS}{name}")
    found = next((hosted.refs[ref] for ref in refs if ref in hosted.refs), "")
    sha = objects.peel(found or name) if found or hosting.is_sha(name) else ""
    if not sha or objects.kind(sha) != "commit":
        raise HostedMissing()
    return sha


def commits(call: Call) -> Response:
    """The history of a branch, newest first."""
    hosted = rest.hosted(call)
    with call.world.git.open(hosted.id) as objects:
        name = call.request.parameters().get("sha", hosted.head)
        found = objects.log(_resolved(call, hosted, name, objects), "", MOST_COMMITS)
    return rest.page(call, [commit(hosted, each) for each in found])


def commit_(call: Call) -> Response:
    """One commit, with the files it changed."""
    hosted = rest.hosted(call)
    with call.world.git.open(hosted.id) as objects:
        found = objects.commit(_resolved(call, hosted, call.params["ref"], objects))
        files = objects.changed(found.parents[0] if found.parents else "", found.id)
    return http.json(200, {**commit(hosted, found), "files": [{"filename": each} for each in files]})


# Files


def content(call: Call) -> Response:
    """A file, in base64. Raises: HostedMissing."""
    hosted, path = rest.hosted(call), call.params["path"]
    with call.world.git.open(hosted.id) as objects:
        name = call.request.parameters().get("ref", hosted.head)
        data, sha = objects.file(_resolved(call, hosted, name, objects), path)
    text = base64.encodebytes(data).decode()
    return http.json(200, {
        "type": "file", "encoding": "base64", "size": len(data), "name": path.rpartition("/")[2], "path": path,
        "sha": sha, "content": text,
    })  # fmt: skip


def put_content(call: Call) -> Response:
    """Make or change a file: a commit, and so a push. Raises: HostedInvalid, HostedMoved."""
    given = rest.given(call)
    try:
        data = base64.b64decode(given["content"].encode())
    except (KeyError, AttributeError, binascii.Error, ValueError):
        raise _invalid("content is not valid Base64", "content", "invalid") from None
    return _edited(call, given, data)


def _invalid(reason: str, field: str, code: str) -> HostedInvalid:
    return HostedInvalid(reason=reason, resource="Content", field=field, code=code)


def delete_content(call: Call) -> Response:
    """Delete a file: a commit, and so a push. Raises: HostedMissing, HostedMoved."""
    return _edited(call, rest.given(call), None)


def _edited(call: Call, given: dict[str, Any], data: bytes | None) -> Response:
    hosted, path = rest.hosted(call), call.params["path"]
    message, name = given.get("message"), given.get("branch", hosted.head)
    if not isinstance(message, str) or not message or not isinstance(name, str):
        raise _invalid('Invalid request.\n\n"message" wasn\'t supplied.', "message", "missing_field")
    edit = contents.Edit(name, path, data, message, given.get("sha"))
    made, new = contents.edited(call.world, hosted, edit, call.principal.id)
    with call.world.git.open(hosted.id) as objects:
        told = commit(hosted, objects.commit(made))
    return http.json(201 if new else 200, {"content": {"path": path} if data is not None else None, "commit": told})


# Statuses


def set_status(call: Call) -> Response:
    """Say how a commit fares. Raises: HostedInvalid, HostedMissing."""
    hosted = rest.hosted(call)
    found = statuses.put(call.world, hosted, call.params["sha"], rest.given(call), call.principal.id)
    return http.json(201, status(found))


def list_statuses(call: Call) -> Response:
    """What was said of a commit, newest first."""
    hosted = rest.hosted(call)
    with call.world.git.open(hosted.id) as objects:
        sha = _resolved(call, hosted, call.params["ref"], objects)
    return rest.page(call, [status(each) for each in reversed(hosted.statuses.get(sha, []))])


def combined_status(call: Call) -> Response:
    """All of it in one word. Source: GitHub REST API, combined status for a reference."""
    hosted = rest.hosted(call)
    with call.world.git.open(hosted.id) as objects:
        sha = _resolved(call, hosted, call.params["ref"], objects)
    newest = {each["context"]: each for each in hosted.statuses.get(sha, [])}
    found = [status(each) for each in newest.values()]
    state = statuses.combined(newest.values())
    return http.json(200, {"sha": sha, "state": state, "total_count": len(found), "statuses": found})


_ROWS: tuple[tuple[str, str, str, Callable[[Call], Response]], ...] = (
    ("GET", "", tokens.READ, repository_),
    ("GET", "/branches", tokens.READ, branches),
    ("GET", "/branches/{branch*}", tokens.READ, branch_),
    ("GET", "/commits", tokens.READ, commits),
    ("GET", "/commits/{ref*}/statuses", tokens.READ, list_statuses),
    ("GET", "/commits/{ref*}/status", tokens.READ, combined_status),
    ("GET", "/commits/{ref*}", tokens.READ, commit_),
    ("GET", "/contents/{path*}", tokens.READ, content),
    ("PUT", "/contents/{path*}", tokens.WRITE, put_content),
    ("DELETE", "/contents/{path*}", tokens.WRITE, delete_content),
    ("POST", "/statuses/{sha}", tokens.STATUS, set_status),
    *github_hooks.ROWS,
    *github_pulls.ROWS,
)
ROUTES = (
    Route(method="GET", path="/user", handler=user, scope=WHO),
    *(
        Route(
            method=method, path=f"{REPOSITORY}{path}", handler=handler, scope=scope, spec="GitHub REST API 2022-11-28",
            body=0 if method == "GET" else LARGEST_FILE if "contents" in path else rest.BODY,
        )
        for method, path, scope, handler in _ROWS
    ),
)  # fmt: skip
