"""The API of Azure DevOps at dev.azure.com: repositories, pull requests, service hooks, statuses, as labs need them.

Source: Azure DevOps Services REST API 7.1 (2025), git and hooks.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from acrlab.domain import hosting
from acrlab.domain.access import Principal
from acrlab.domain.hosting_errors import HostedInvalid, HostedMissing, HostedRefused, HostedUnknown
from acrlab.engine.hosting import followers, hooks, pulls, repositories, statuses, tokens
from acrlab.engine.state import Hosted, SourceHook
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.git import rest, routes
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

REPOSITORY = "/{owner}/{project}/_apis/git/repositories/{name}"
SUBSCRIPTIONS = "/{owner}/_apis/hooks/subscriptions"
ORGANIZATION = "organization"  # a scope: a token of the organization that may have hooks
MOST_COMMITS = 100
_KINDS = {"git.push": hooks.PUSH, "git.pullrequest.created": hooks.PULL, "git.pullrequest.updated": hooks.PULL}
_STATUSES = {"succeeded": "success", "failed": "failure", "error": "error", "pending": "pending"}


def authorize(call: Call, route: Route) -> None:
    """As git is let in; service hooks belong to the organization.

    Raises: HostedUnauthenticated, HostedUnknown, HostedForbidden.
    """
    if route.scope != ORGANIZATION:
        _by_name(call)
        routes.authorize(call, route)
        return
    token = tokens.authenticate(call.world, hosting.DEVOPS, call.request.headers)
    if token is None:
        raise tokens.unauthenticated(hosting.DEVOPS, "TF400813: The user '' is not authorized to access this resource.")
    if token.owner.lower() != call.params["owner"].lower():
        raise HostedUnknown()
    call.principal = Principal(id=token.owner, kind="gitToken", name=token.name)
    for hosted in _of(call):
        tokens.require(hosted, token, tokens.HOOKS)


def _by_name(call: Call) -> None:
    """A repository may be addressed by its id as well."""
    found = next((each for each in call.world.state.hosted.values() if each.id == call.params.get("name")), None)
    if found is not None:
        call.params["name"] = found.name


def _of(call: Call) -> list[Hosted]:
    owner = call.params["owner"].lower()
    found = call.world.state.hosted.values()
    return [each for each in found if (each.host, each.owner.lower()) == (hosting.DEVOPS, owner)]


def dress(call: Call, response: Response) -> None:
    """The API says its errors in JSON, where git is told a sentence."""
    if "/_apis/" not in call.request.path or response.status < 400 or not isinstance(response.body, bytes):
        return
    if response.headers[:1] == [routes.PLAIN]:
        response.headers[0] = ("content-type", "application/json; charset=utf-8")
        error = {"$id": "1", "innerException": None, "message": response.body.decode().strip(), "errorCode": 0}
        response.body = msgspec.json.encode({**error, "typeKey": "VssServiceException", "eventId": 3000})


def _list(found: list[Any]) -> Response:
    return http.json(200, {"value": found, "count": len(found)})


def _url(hosted: Hosted) -> str:
    return repositories.address(hosted).url.replace("/_git/", "/_apis/git/repositories/")


def _repository(hosted: Hosted) -> dict[str, Any]:
    return {
        "id": hosted.id, "name": hosted.name, "url": _url(hosted), "project": {"name": hosted.project},
        "defaultBranch": f"{hosting.REFS}{hosted.head}", "remoteUrl": repositories.address(hosted).url,
    }  # fmt: skip


def repository(call: Call) -> Response:
    """A repository."""
    return http.json(200, _repository(rest.hosted(call)))


def refs(call: Call) -> Response:
    """The refs, those that a filter begins with."""
    wanted = f"refs/{call.request.parameters().get('filter', '')}"
    found = sorted(rest.hosted(call).refs.items())
    return _list([{"name": ref, "objectId": sha} for ref, sha in found if ref.startswith(wanted)])


def commits(call: Call) -> Response:
    """The history of a branch, newest first. Raises: HostedMissing."""
    hosted = rest.hosted(call)
    name = call.request.parameters().get("searchCriteria.itemVersion.version", hosted.head)
    tip = hosted.refs.get(f"{hosting.REFS}{name}")
    if tip is None:
        raise HostedMissing()
    with call.world.git.open(hosted.id) as objects:
        found = objects.log(tip, "", MOST_COMMITS)
    told = ({"commitId": each.id, "comment": each.message.strip(), "author": {"name": each.author}} for each in found)
    return _list(list(told))


# Pull requests


def _pull(hosted: Hosted, facts: dict[str, Any]) -> dict[str, Any]:
    state = "completed" if facts["merged"] else "active" if facts["state"] == followers.OPEN else "abandoned"
    return {
        "pullRequestId": facts["number"], "status": state, "title": facts["title"], "description": facts["body"],
        "createdBy": {"displayName": facts["user"]}, "creationDate": facts["created"], "closedDate": facts["closed"],
        "sourceRefName": f"{hosting.REFS}{facts['head']['ref']}",
        "targetRefName": f"{hosting.REFS}{facts['base']['ref']}", "mergeStatus": "succeeded",
        "lastMergeSourceCommit": {"commitId": facts["head"]["sha"]},
        "lastMergeTargetCommit": {"commitId": facts["base"]["sha"]},
        "lastMergeCommit": {"commitId": facts["merge_commit"]} if facts["merge_commit"] else None,
        "repository": _repository(hosted), "url": f"{_url(hosted)}/pullRequests/{facts['number']}",
    }  # fmt: skip


def list_pulls(call: Call) -> Response:
    """The pull requests: the active ones unless others are asked for."""
    hosted, state = rest.hosted(call), call.request.parameters().get("searchCriteria.status", "active")
    found = [_pull(hosted, each) for each in hosted.pulls.values()]
    return _list([each for each in reversed(found) if state in ("all", each["status"])])


def pull(call: Call) -> Response:
    """One pull request. Raises: HostedMissing."""
    hosted = rest.hosted(call)
    return http.json(200, _pull(hosted, pulls.find(hosted, rest.number(call))))


def create_pull(call: Call) -> Response:
    """Open a pull request. Raises: HostedInvalid."""
    hosted, given = rest.hosted(call), rest.given(call)
    wishes = {
        "head": given.get("sourceRefName"), "base": given.get("targetRefName"), "title": given.get("title"),
        "body": given.get("description"),
    }  # fmt: skip
    return http.json(201, _pull(hosted, pulls.open_(call.world, hosted, wishes, call.principal.id)))


def change_pull(call: Call) -> Response:
    """Complete, abandon or reactivate it, or change its words.

    Raises: HostedMissing, HostedInvalid, HostedMoved, HostedNotMergeable.
    """
    hosted, given, number, who = rest.hosted(call), rest.given(call), rest.number(call), call.principal.id
    state, last = given.get("status"), given.get("lastMergeSourceCommit")
    if state == "completed":
        options = given.get("completionOptions")
        squash = isinstance(options, dict) and options.get("mergeStrategy") == "squash"
        sha = last.get("commitId") if isinstance(last, dict) else None
        wishes = {"merge_method": "squash" if squash else "merge", "sha": sha}
        pulls.merge(call.world, hosted, number, wishes, who)
        return pull(call)
    states = {"abandoned": followers.CLOSED, "active": followers.OPEN}
    if state is not None and state not in states:
        raise HostedInvalid(reason=f"The pull request status {str(state)[:40]} is not supported.")
    wishes = {"title": given.get("title"), "body": given.get("description")}
    found = pulls.change(call.world, hosted, number, wishes | ({"state": states[state]} if state else {}), who)
    return http.json(200, _pull(hosted, found))


# Statuses


def set_status(call: Call) -> Response:
    """Say how a commit fares. Raises: HostedMissing, HostedInvalid."""
    hosted, given = rest.hosted(call), rest.given(call)
    context = given.get("context")
    name = context.get("name") if isinstance(context, dict) else None
    wishes = {
        "state": _STATUSES.get(given.get("state", "")) if isinstance(given.get("state"), str) else None,
        "description": given.get("description"), "target_url": given.get("targetUrl"), "context": name,
    }  # fmt: skip
    found = statuses.put(call.world, hosted, call.params["sha"], wishes, call.principal.id)
    return http.json(201, _status(found))


def list_statuses(call: Call) -> Response:
    """What was said of a commit."""
    return _list([_status(each) for each in rest.hosted(call).statuses.get(call.params["sha"], [])])


def _status(found: dict[str, Any]) -> dict[str, Any]:
    state = next(word for word, ours in _STATUSES.items() if ours == found["state"])
    return {
        "id": found["id"], "state": state, "description": found["description"], "targetUrl": found["target_url"],
        "context": {"name": found["context"]}, "creationDate": found["created_at"],
    }  # fmt: skip


# Service hooks


def _subscription(hosted: Hosted, hook: SourceHook) -> dict[str, Any]:
    kind = next(kind for kind, ours in _KINDS.items() if ours == hook.kinds[0])
    return {
        "id": f"{hosted.id[:-4]}{hook.id:04x}", "status": "enabled" if hook.active else "disabledByUser",
        "publisherId": "tfs", "eventType": kind, "consumerId": "webHooks", "consumerActionId": "httpRequest",
        "publisherInputs": {"repository": hosted.id}, "consumerInputs": {"url": hook.url},
    }  # fmt: skip


def subscriptions(call: Call) -> Response:
    """The subscriptions of an organization."""
    return _list([_subscription(hosted, each) for hosted in _of(call) for each in hosted.hooks.values()])


def subscribe(call: Call) -> Response:
    """Make a subscription. Raises: HostedInvalid, HostedRefused, HostedUnknown."""
    given = rest.given(call)
    publisher, consumer = given.get("publisherInputs"), given.get("consumerInputs")
    if not isinstance(publisher, dict) or not isinstance(consumer, dict) or given.get("consumerId") != "webHooks":
        raise HostedRefused(reason="a subscription has publisherInputs, consumerInputs, and webHooks as consumerId")
    kind, url = _KINDS.get(str(given.get("eventType"))), consumer.get("url")
    if kind is None or not isinstance(url, str):
        raise HostedRefused(reason=f"the event is one of {', '.join(_KINDS)}, and consumerInputs have a url")
    hosted = next((each for each in _of(call) if publisher.get("repository") in (each.id, each.name)), None)
    if hosted is None:
        raise HostedUnknown()
    return http.json(200, _subscription(hosted, hooks.put(call.world, hosted, url, [kind], call.principal.id)))


def unsubscribe(call: Call) -> Response:
    """End a subscription. Raises: HostedMissing."""
    for hosted in _of(call):
        for each in hosted.hooks.values():
            if _subscription(hosted, each)["id"] == call.params["subscription"]:
                hooks.remove(call.world, hosted, each.id, call.principal.id)
                return Response(204)
    raise HostedMissing()


_ROWS: tuple[tuple[str, str, str, Callable[[Call], Response]], ...] = (
    ("GET", REPOSITORY, tokens.READ, repository),
    ("GET", f"{REPOSITORY}/refs", tokens.READ, refs),
    ("GET", f"{REPOSITORY}/commits", tokens.READ, commits),
    ("GET", f"{REPOSITORY}/pullrequests", tokens.READ, list_pulls),
    ("POST", f"{REPOSITORY}/pullrequests", tokens.WRITE, create_pull),
    ("GET", f"{REPOSITORY}/pullrequests/{{number}}", tokens.READ, pull),
    ("PATCH", f"{REPOSITORY}/pullrequests/{{number}}", tokens.WRITE, change_pull),
    ("GET", f"{REPOSITORY}/commits/{{sha}}/statuses", tokens.READ, list_statuses),
    ("POST", f"{REPOSITORY}/commits/{{sha}}/statuses", tokens.STATUS, set_status),
    ("GET", SUBSCRIPTIONS, ORGANIZATION, subscriptions),
    ("POST", SUBSCRIPTIONS, ORGANIZATION, subscribe),
    ("DELETE", f"{SUBSCRIPTIONS}/{{subscription}}", ORGANIZATION, unsubscribe),
)
ROUTES = (
    *routes.DEVOPS_ROUTES,
    *(
        Route(
            method=method, path=path, handler=handler, scope=scope, spec="Azure DevOps REST API 7.1",
            body=0 if method in ("GET", "DELETE") else rest.BODY,
        )
        for method, path, scope, handler in _ROWS
    ),
)  # fmt: skip
