"""Webhooks of a repository at api.github.com. Source: GitHub REST API 2022-11-28, repository webhooks."""

from collections.abc import Callable
from typing import Any

from acrlab.engine.hosting import hooks, tokens
from acrlab.engine.state import SourceHook
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.git import rest
from acrlab.wire.git.github_shapes import hook, moment
from acrlab.wire.http import Response


def listed(call: Call) -> Response:
    """The webhooks."""
    hosted = rest.hosted(call)
    return rest.page(call, [hook(hosted, each) for each in hosted.hooks.values()])


def shown(call: Call) -> Response:
    """One webhook. Raises: HostedMissing."""
    hosted = rest.hosted(call)
    return http.json(200, hook(hosted, hooks.find(hosted, rest.number(call))))


def create(call: Call) -> Response:
    """Make a webhook. Raises: HostedInvalid."""
    hosted, given = rest.hosted(call), rest.given(call)
    if given.get("name", "web") != "web":
        raise hooks.invalid("name", "custom", "'name' is invalid: only web is")
    return http.json(201, hook(hosted, _put(call, given, None)))


def change(call: Call) -> Response:
    """Change a webhook. Raises: HostedMissing, HostedInvalid."""
    hosted = rest.hosted(call)
    return http.json(200, hook(hosted, _put(call, rest.given(call), hooks.find(hosted, rest.number(call)))))


def _put(call: Call, given: dict[str, Any], known: SourceHook | None) -> SourceHook:
    config = given.get("config", {})
    kinds = given.get("events", known.kinds if known is not None else [hooks.PUSH])
    active = given.get("active", known.active if known is not None else True)
    if not isinstance(config, dict) or not isinstance(kinds, list) or not all(isinstance(each, str) for each in kinds):
        raise hooks.invalid("config", "invalid")
    url, kind = config.get("url", known.url if known is not None else ""), config.get("content_type", "form")
    secret = config.get("secret", known.secret if known is not None else "")
    if not all(isinstance(each, str) for each in (url, kind, secret)) or kind not in ("form", "json"):
        raise hooks.invalid("config", "invalid")
    return hooks.put(
        call.world, rest.hosted(call), url, kinds, call.principal.id, number=known.id if known is not None else 0,
        active=active is True, content_type=kind, secret=secret, made_by=known.made_by if known is not None else "",
    )  # fmt: skip


def remove(call: Call) -> Response:
    """Remove a webhook. Raises: HostedMissing."""
    hooks.remove(call.world, rest.hosted(call), rest.number(call), call.principal.id)
    return Response(204)


def deliveries(call: Call) -> Response:
    """What a webhook had to tell, newest first. It was recorded, and not sent: each says so."""
    found = hooks.find(rest.hosted(call), rest.number(call))
    return rest.page(call, [
        {
            "guid": each["id"], "delivered_at": moment(each["at"]), "event": each["kind"],
            "action": each["content"].get("action"), "status": "recorded, not sent", "status_code": 0,
            "request": {"headers": {"X-GitHub-Event": each["kind"]}, "payload": each["content"]},
        }
        for each in reversed(found.told)
    ])  # fmt: skip


ROWS: tuple[tuple[str, str, str, Callable[[Call], Response]], ...] = (
    ("GET", "/hooks", tokens.HOOKS, listed),
    ("POST", "/hooks", tokens.HOOKS, create),
    ("GET", "/hooks/{number}", tokens.HOOKS, shown),
    ("PATCH", "/hooks/{number}", tokens.HOOKS, change),
    ("DELETE", "/hooks/{number}", tokens.HOOKS, remove),
    ("GET", "/hooks/{number}/deliveries", tokens.HOOKS, deliveries),
)
