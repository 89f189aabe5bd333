"""Webhooks: made, changed, pinged, asked what they had to tell."""

from typing import Any

import msgspec

from acrlab.domain import webhooks
from acrlab.domain.errors import BodyInvalid
from acrlab.domain.reach_errors import ReachNameInvalid, WebhookInvalid, WebhookLocationInvalid
from acrlab.domain.registry import read
from acrlab.engine.ask import Ask
from acrlab.engine.reach import deliveries, replications
from acrlab.engine.state import Delivery

_NOT_SENT = "acrlab records what a webhook has to tell and does not send it"


def check_name(name: str) -> None:
    """Raises: ReachNameInvalid."""
    if not webhooks.NAME.fullmatch(name):
        raise ReachNameInvalid(what="Webhook")


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a webhook after a PUT or PATCH.

    Raises: BodyInvalid, WebhookInvalid, WebhookLocationInvalid.
    Source: recorded, acr_create_webhook (2023-12): a scope that was not sent is "".
    """
    given = read(webhooks.SHAPE, ask.given, ask.version, kind=webhooks.TYPE)
    known = ask.known.body if ask.known is not None else None
    kept = known["properties"] if known is not None and ask.patch else {}
    properties = {
        "customHeaders": {}, "status": webhooks.ENABLED, "scope": "", **kept, **given.get("properties", {}),
    }  # fmt: skip
    _require_whole(properties)
    if known is None:
        _require_place(ask, given["location"])
    return {
        "location": known["location"] if known is not None else given["location"],
        "tags": given.get("tags", known["tags"] if known is not None and ask.patch else {}),
        "properties": properties,
    }


def _require_whole(properties: dict[str, Any]) -> None:
    for name in ("serviceUri", "actions"):
        if not properties.get(name):
            raise BodyInvalid(reason=f"Required property '{name}' not found in JSON. Path 'properties'.")
    if not webhooks.address(properties["serviceUri"]):
        raise WebhookInvalid(reason="serviceUri is not an absolute http or https address")
    for each in properties["actions"]:
        if each not in webhooks.ACTIONS:
            raise WebhookInvalid(reason=f"{str(each)[:60]!r} is not one of {', '.join(webhooks.ACTIONS)}")
    if not all(isinstance(value, str) for pair in properties["customHeaders"].items() for value in pair):
        raise WebhookInvalid(reason="customHeaders are names and values")


def _require_place(ask: Ask, location: str) -> None:
    found = replications.regions(ask.world, replications.registry_of(ask.world, str(ask.id)))
    if location not in found:
        raise WebhookLocationInvalid(location=location, regions=", ".join(found))


# What is asked of one


def ping(ask: Ask) -> dict[str, Any]:
    """Fire a ping. Source: recorded, acr_create_webhook (2023-12)."""
    assert ask.known is not None
    fired = deliveries.fired(ask.world, ask.known, {"action": webhooks.PING}, ask.by)
    ask.world.commit(fired)
    return {"id": fired.event}


def config(ask: Ask) -> dict[str, Any]:
    """Where it sends to, and with which headers."""
    assert ask.known is not None
    properties = ask.known.body["properties"]
    return {"serviceUri": properties["serviceUri"], "customHeaders": properties["customHeaders"]}


def told(ask: Ask) -> dict[str, Any]:
    """What it had to tell, newest first."""
    found = ask.world.state.deliveries.get(ask.id.key, [])
    return {"value": [_shown(each) for each in reversed(found)]}


def _shown(delivery: Delivery) -> dict[str, Any]:
    """An event as listEvents has it; nothing was sent, so nobody answered.

    Source: recorded, acr_create_webhook (2023-12); the shape of what is missing: azure-mgmt-containerregistry 15.0.0.
    """
    length = len(msgspec.json.encode(delivery.content))
    headers = {
        "User-Agent": "AzureContainerRegistry/1.0", **delivery.headers,
        "traceparent": f"00-{delivery.id.replace('-', '')}-{delivery.id.replace('-', '')[:16]}-01",
        "X-Forwarded-For": "true", "Content-Type": "application/json; charset=utf-8", "Content-Length": str(length),
    }  # fmt: skip
    request = {
        "content": delivery.content, "headers": headers, "method": "POST", "requestUri": delivery.uri, "version": "1.1",
    }  # fmt: skip
    return {
        "eventRequestMessage": request, "eventResponseMessage": {"content": "", "reasonPhrase": _NOT_SENT},
        "id": delivery.id,
    }  # fmt: skip
