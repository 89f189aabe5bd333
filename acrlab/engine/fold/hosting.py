"""The fold of what happens at the git hosts."""

from collections.abc import Callable
from typing import Any

from acrlab.domain import events
from acrlab.domain.hosting import PULLS
from acrlab.engine.state import Hosted, HostToken, SourceHook, State

MOST_TOLD = 100  # kept of one webhook; inferred, no published figure


def _opened(state: State, event: events.HostedOpened) -> None:
    state.hosted[event.repository] = Hosted(
        event.id, event.host, event.owner, event.project, event.name, event.private, event.at, event.at
    )


def _closed(state: State, event: events.HostedClosed) -> None:
    del state.hosted[event.repository]


def _issued(state: State, event: events.HostTokenIssued) -> None:
    state.host_tokens[event.digest] = HostToken(event.host, event.owner, event.name, list(event.scopes), event.expires)


def _revoked(state: State, event: events.HostTokenRevoked) -> None:
    state.host_tokens.pop(event.digest, None)


def _moved(state: State, event: events.RefMoved) -> None:
    hosted = state.hosted[event.repository]
    hosted.pushed = event.at
    hosted.head = event.head or hosted.head
    hosted.peeled.pop(event.ref, None)
    if not event.new:
        hosted.refs.pop(event.ref, None)
        return
    hosted.refs[event.ref] = event.new
    if event.peeled:
        hosted.peeled[event.ref] = event.peeled


def _pull_moved(state: State, event: events.PullRequestMoved) -> None:
    hosted = state.hosted[event.repository]
    hosted.pulls[event.number] = dict(event.facts)
    hosted.refs[f"{PULLS}{event.number}/head"] = event.facts["head"]["sha"]


def _hook_put(state: State, event: events.SourceHookPut) -> None:
    hosted = state.hosted[event.repository]
    hosted.numbered = max(hosted.numbered, event.hook)
    known = hosted.hooks.get(event.hook)
    hosted.hooks[event.hook] = SourceHook(
        event.hook, event.url, list(event.kinds), event.active, event.content_type, event.secret, event.made_by,
        known.created if known is not None else event.at, known.told if known is not None else [],
    )  # fmt: skip


def _hook_removed(state: State, event: events.SourceHookRemoved) -> None:
    del state.hosted[event.repository].hooks[event.hook]


def _hook_fired(state: State, event: events.SourceHookFired) -> None:
    told = state.hosted[event.repository].hooks[event.hook].told
    told.append({"id": event.event, "at": event.at, "kind": event.kind, "content": event.content})
    del told[:-MOST_TOLD]


def _status_put(state: State, event: events.CommitStatusPut) -> None:
    state.hosted[event.repository].statuses.setdefault(event.commit, []).append(dict(event.facts))


FOLD: dict[type, Callable[[State, Any], None]] = {
    events.HostedOpened: _opened,
    events.HostedClosed: _closed,
    events.HostTokenIssued: _issued,
    events.HostTokenRevoked: _revoked,
    events.RefMoved: _moved,
    events.PullRequestMoved: _pull_moved,
    events.SourceHookPut: _hook_put,
    events.SourceHookRemoved: _hook_removed,
    events.SourceHookFired: _hook_fired,
    events.CommitStatusPut: _status_put,
}
