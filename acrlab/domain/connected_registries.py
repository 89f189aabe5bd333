"""Connected registries: what their body may hold.

Source: azure-mgmt-containerregistry 15.0.0; intro-connected-registry (2025). Identity and authType are those of the
models of 2026-09-01-preview.
"""

import re

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

TYPE = f"{REGISTRIES}/connectedRegistries"
NAME = re.compile(r"[a-zA-Z0-9]{5,50}")
READ_ONLY, READ_WRITE = "ReadOnly", "ReadWrite"
MODES = (READ_WRITE, READ_ONLY, "Registry", "Mirror")
BY_TOKEN, BY_IDENTITY = "SyncToken", "ManagedIdentity"
DAY = 86400.0  # seconds
_ISO = re.compile(r"P(?=.)(?:(\d{1,4})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_UNITS = (DAY, 3600.0, 60.0, 1.0)
_READ = Field(kind="string", read_only=True)
_TEXT = Field(kind="string")
_SWITCH = Field(kind="string", values=("Enabled", "Disabled"))
_SYNC = Field(
    kind="object", label="SyncProperties",
    fields={
        "tokenId": _TEXT, "schedule": _TEXT, "syncWindow": _TEXT, "messageTtl": _TEXT, "lastSyncTime": _READ,
        "gatewayEndpoint": _READ, "authType": Field(kind="string", values=(BY_TOKEN, BY_IDENTITY)),
    },
)  # fmt: skip
SHAPE = Field(
    kind="object", label="ConnectedRegistry",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "identity": Field(
            kind="object", label="ManagedServiceIdentity",
            fields={
                "principalId": _READ, "tenantId": _READ,
                "type": Field(kind="string", values=("UserAssigned", "None")),
                "userAssignedIdentities": Field(kind="object"),
            },
        ),
        "properties": Field(
            kind="object", label="ConnectedRegistryProperties",
            fields={
                "mode": Field(kind="string", values=MODES),
                "parent": Field(kind="object", label="ParentProperties", fields={"id": _TEXT, "syncProperties": _SYNC}),
                "syncProperties": _SYNC,
                "clientTokenIds": Field(kind="array"), "notificationsList": Field(kind="array"),
                "logging": Field(
                    kind="object", label="LoggingProperties",
                    fields={
                        "logLevel": Field(kind="string", values=("Debug", "Information", "Warning", "Error", "None")),
                        "auditLogStatus": _SWITCH,
                    },
                ),
                "garbageCollection": Field(
                    kind="object", label="GarbageCollectionProperties",
                    fields={"enabled": Field(kind="boolean"), "schedule": _TEXT},
                ),
                "provisioningState": _READ, "version": _READ, "connectionState": _READ, "lastActivityTime": _READ,
                "activation": Field(kind="object", read_only=True), "loginServer": Field(kind="object", read_only=True),
                "statusDetails": Field(kind="array", read_only=True),
                "registrySyncResult": Field(kind="object", read_only=True),
            },
        ),
    },
)  # fmt: skip


def seconds(text: str) -> float | None:
    """Read an ISO 8601 duration of days and less; None when it is none."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    return sum(int(number) * unit for number, unit in zip(found.groups(), _UNITS, strict=True) if number)


class Span:
    """How long a duration may be. Units: seconds."""

    SYNC_WINDOW = (3600.0, 7 * DAY)
    MESSAGE_TTL = (DAY, 90 * DAY)
