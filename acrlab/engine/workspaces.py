"""Log Analytics workspaces: kept, so that settings can name them; nothing is logged into them here."""

import re
from typing import Any

from acrlab.domain.insight_errors import WorkspaceNameInvalid
from acrlab.engine import neighbours
from acrlab.engine.ask import Ask

TYPE = "Microsoft.OperationalInsights/workspaces"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]")
RETENTION = 30  # days. Source: OperationalInsights 2023-09-01, workspaces, PerGB2018


def check_name(name: str) -> None:
    """Raises: WorkspaceNameInvalid."""
    if not NAME.fullmatch(name):
        raise WorkspaceNameInvalid(name=name)


def desired(ask: Ask) -> dict[str, Any]:
    """The body of a workspace. Source: OperationalInsights 2023-09-01, WorkspacesCreate.json.

    Raises: BodyInvalid, PropertyInvalid.
    """
    given = neighbours.tracked(ask)
    properties = {name: value for name, value in given["properties"].items() if value is not None}
    neighbours.checked(properties, sku=dict, retentionInDays=int)
    before = ask.known.body["properties"] if ask.known is not None else {}
    own = {
        "customerId": before.get("customerId") or ask.world.uuid(), "provisioningState": "Succeeded",
        "sku": properties.get("sku") or {"name": "PerGB2018"},
        "retentionInDays": properties.get("retentionInDays", RETENTION),
        "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled",
    }  # fmt: skip
    location = ask.known.body["location"] if ask.known is not None else given["location"]
    return {"location": location, "tags": given.get("tags", {}), "properties": {**own, **properties, **own}}
