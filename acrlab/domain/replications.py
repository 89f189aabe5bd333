"""Replications: what their body may hold.

Source: azure-mgmt-containerregistry 15.0.0; recorded, acr_create_replication (2023-12).
"""

import re

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

TYPE = f"{REGISTRIES}/replications"
NAME = re.compile(r"[a-zA-Z0-9]{5,50}")
SERVICE = "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26"  # the application of the service itself. Source: recorded
_READ = Field(kind="string", read_only=True)
SHAPE = Field(
    kind="object", label="Replication",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "location": Field(kind="string"), "tags": Field(kind="map"),
        "properties": Field(
            kind="object", label="ReplicationProperties",
            fields={
                "provisioningState": _READ, "status": Field(kind="object", read_only=True),
                "regionEndpointEnabled": Field(kind="boolean"),
                "zoneRedundancy": Field(kind="string", values=("Enabled", "Disabled"), truth="stored"),
            },
        ),
    },
)  # fmt: skip
