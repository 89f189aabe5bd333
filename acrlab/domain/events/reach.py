"""What leaves a registry: the events that its webhooks were to hear of."""

from typing import Any

from acrlab.domain.events.happening import Happening


class WebhookFired(Happening, frozen=True):
    """A webhook had something to say. `content` is the body of the request that it makes."""

    webhook: str
    event: str
    content: dict[str, Any]
    headers: dict[str, str]
    uri: str


Reach = WebhookFired
