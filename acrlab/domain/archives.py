"""Archives of operating system packages in a registry, and their versions: what their body may hold.

Source: azure-mgmt-containerregistry 15.1.0b3. Nothing else is published about them.
"""

import re

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

ARCHIVE = f"{REGISTRIES}/packages/archives"
VERSION = f"{ARCHIVE}/versions"
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,49}")  # inferred
_READ = Field(kind="string", read_only=True)
_TEXT = Field(kind="string")
_HEAD = {"id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True)}
SHAPE = Field(
    kind="object", label="Archive",
    fields={
        **_HEAD,
        "properties": Field(
            kind="object", label="ArchiveProperties",
            fields={
                "packageSource": Field(
                    kind="object", label="ArchivePackageSourceProperties",
                    fields={"type": Field(kind="string", values=("remote",)), "url": _TEXT},
                ),
                "publishedVersion": _TEXT, "repositoryEndpointPrefix": _TEXT, "repositoryEndpoint": _READ,
                "provisioningState": _READ,
            },
        ),
    },
)  # fmt: skip
VERSION_SHAPE = Field(
    kind="object", label="ArchiveVersion",
    fields={
        **_HEAD,
        "properties": Field(
            kind="object", label="ArchiveVersionProperties",
            fields={"provisioningState": _READ, "archiveVersionErrorMessage": _READ},
        ),
    },
)  # fmt: skip
