"""Webhooks: what their body may hold, what they listen to, and how an event reads.

Source: container-registry-webhook and -webhook-reference (2023-10-31); azure-mgmt-containerregistry 15.0.0.
"""

import re
from urllib.parse import urlsplit

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

TYPE = f"{REGISTRIES}/webhooks"
NAME = re.compile(r"[a-zA-Z0-9]{5,50}")
PUSH, DELETE, QUARANTINE, PING = "push", "delete", "quarantine", "ping"
ACTIONS = (PUSH, DELETE, QUARANTINE, "chart_push", "chart_delete")
ENABLED, DISABLED = "enabled", "disabled"
LATEST = "latest"
_READ = Field(kind="string", read_only=True)
SHAPE = Field(
    kind="object", label="Webhook",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "location": Field(kind="string"), "tags": Field(kind="map"),
        "properties": Field(
            kind="object", label="WebhookProperties",
            fields={
                "serviceUri": Field(kind="string"), "customHeaders": Field(kind="map"),
                "status": Field(kind="string", values=(ENABLED, DISABLED)), "scope": Field(kind="string"),
                "actions": Field(kind="array"), "provisioningState": _READ,
            },
        ),
    },
)  # fmt: skip


def listens(scope: str, repository: str, tag: str) -> bool:
    """Say whether a scope takes in an event: nothing is everything, `repo:*` any tag, `repo` the tag latest."""
    if not scope:
        return True
    name, colon, wanted = scope.partition(":")
    if name != repository:
        return False
    wanted = wanted if colon else LATEST
    return wanted in ("*", tag)


def address(text: str) -> str:
    """The address as it is asked, or nothing when it is none: http or https, with a host."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return ""
    if not usable or any(letter.isspace() for letter in text):
        return ""
    return text if parts.path else parts._replace(path="/").geturl()
