"""Pull requests at api.github.com. Source: GitHub REST API 2022-11-28, pulls."""

from collections.abc import Callable

from acrlab.domain.hosting_errors import HostedMissing
from acrlab.engine.hosting import followers, pulls, tokens
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.git import rest
from acrlab.wire.git.github_shapes import commit, pull
from acrlab.wire.http import Response

MOST_COMMITS = 250  # Source: GitHub REST API, list commits on a pull request


def listed(call: Call) -> Response:
    """The pull requests, newest first: the open ones unless others are asked for."""
    hosted, query = rest.hosted(call), call.request.parameters()
    state = query.get("state", followers.OPEN)
    found = [each for each in hosted.pulls.values() if state in ("all", each["state"])]
    for end in ("head", "base"):
        wanted = query.get(end, "").removeprefix(f"{hosted.owner}:")
        found = [each for each in found if not wanted or each[end]["ref"] == wanted]
    return rest.page(call, [pull(hosted, each) for each in sorted(found, key=lambda each: -each["number"])])


def shown(call: Call) -> Response:
    """One pull request. Raises: HostedMissing."""
    hosted = rest.hosted(call)
    return http.json(200, pull(hosted, pulls.find(hosted, rest.number(call))))


def create(call: Call) -> Response:
    """Open a pull request. Raises: HostedInvalid."""
    hosted = rest.hosted(call)
    return http.json(201, pull(hosted, pulls.open_(call.world, hosted, rest.given(call), call.principal.id)))


def change(call: Call) -> Response:
    """Change title, body or state. Raises: HostedMissing, HostedInvalid."""
    hosted = rest.hosted(call)
    found = pulls.change(call.world, hosted, rest.number(call), rest.given(call), call.principal.id)
    return http.json(200, pull(hosted, found))


def merge(call: Call) -> Response:
    """Merge. Raises: HostedMissing, HostedNotMergeable, HostedMoved."""
    sha = pulls.merge(call.world, rest.hosted(call), rest.number(call), rest.given(call), call.principal.id)
    return http.json(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def merged(call: Call) -> Response:
    """Whether it is merged: 204 when it is. Raises: HostedMissing."""
    if not pulls.find(rest.hosted(call), rest.number(call))["merged"]:
        raise HostedMissing()
    return Response(204)


def files(call: Call) -> Response:
    """The files it changes."""
    hosted = rest.hosted(call)
    facts = pulls.find(hosted, rest.number(call))
    with call.world.git.open(hosted.id) as objects:
        found = objects.changed(facts["base"]["sha"], facts["head"]["sha"])
    return rest.page(call, [{"filename": each} for each in found])


def commits(call: Call) -> Response:
    """The commits it brings."""
    hosted = rest.hosted(call)
    facts = pulls.find(hosted, rest.number(call))
    with call.world.git.open(hosted.id) as objects:
        found = objects.log(facts["head"]["sha"], facts["base"]["sha"], MOST_COMMITS)
    return rest.page(call, [commit(hosted, each) for each in reversed(found)])


ROWS: tuple[tuple[str, str, str, Callable[[Call], Response]], ...] = (
    ("GET", "/pulls", tokens.READ, listed),
    ("POST", "/pulls", tokens.WRITE, create),
    ("GET", "/pulls/{number}", tokens.READ, shown),
    ("PATCH", "/pulls/{number}", tokens.WRITE, change),
    ("GET", "/pulls/{number}/files", tokens.READ, files),
    ("GET", "/pulls/{number}/commits", tokens.READ, commits),
    ("GET", "/pulls/{number}/merge", tokens.READ, merged),
    ("PUT", "/pulls/{number}/merge", tokens.WRITE, merge),
)
