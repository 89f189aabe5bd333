"""Transfer through storage: what an export pipeline, an import pipeline and a run of one may hold.

Source: azure-mgmt-containerregistry 15.1.0b3; container-registry-transfer-prerequisites (2026).
"""

import re

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

EXPORT, IMPORT = f"{REGISTRIES}/exportPipelines", f"{REGISTRIES}/importPipelines"
RUN = f"{REGISTRIES}/pipelineRuns"
NAME = re.compile(r"[a-zA-Z0-9]{5,50}")
CONTAINER = re.compile(r"https://[a-z0-9]{3,24}\.blob\.core\.windows\.net/[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])?/?")
BLOB = re.compile(r"[^\s?#]{1,1024}")
BY_TOKEN, BY_IDENTITY = "SasToken", "ManagedIdentity"
_READ = Field(kind="string", read_only=True)
_TEXT = Field(kind="string")
_HEAD = {"id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True)}
_IDENTITY = Field(
    kind="object", label="IdentityProperties",
    fields={
        "principalId": _READ, "tenantId": _READ,
        "type": Field(kind="string", values=("SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None")),
        "userAssignedIdentities": Field(kind="object"),
    },
)  # fmt: skip
_STORAGE = {
    "uri": _TEXT, "keyVaultUri": _TEXT, "storageAccessMode": Field(kind="string", values=(BY_IDENTITY, BY_TOKEN)),
    "type": Field(kind="string", values=("AzureStorageBlobContainer",)),
}  # fmt: skip
_OPTIONS = Field(
    kind="array",
    values=("OverwriteTags", "OverwriteBlobs", "DeleteSourceBlobOnSuccess", "ContinueOnErrors"),
)
_TRIGGER = Field(
    kind="object", label="PipelineTriggerProperties",
    fields={
        "sourceTrigger": Field(
            kind="object", label="PipelineSourceTriggerProperties",
            fields={"status": Field(kind="string", values=("Enabled", "Disabled"))},
        )
    },
)  # fmt: skip


def _pipeline(label: str, **properties: Field) -> Field:
    known = {**properties, "options": _OPTIONS, "provisioningState": _READ}
    return Field(
        kind="object", label=label,
        fields={
            **_HEAD, "location": _TEXT, "identity": _IDENTITY,
            "properties": Field(kind="object", label=f"{label}Properties", fields=known),
        },
    )  # fmt: skip


EXPORT_SHAPE = _pipeline(
    "ExportPipeline", target=Field(kind="object", label="ExportPipelineTargetProperties", fields=_STORAGE)
)
IMPORT_SHAPE = _pipeline(
    "ImportPipeline",
    source=Field(kind="object", label="ImportPipelineSourceProperties", fields=_STORAGE),
    trigger=_TRIGGER,
)
# The templates of the service send the end that a run does not have with an empty type and name.
_NAMED = {"type": Field(kind="string", values=("AzureStorageBlob", "")), "name": _TEXT}
RUN_SHAPE = Field(
    kind="object", label="PipelineRun",
    fields={
        **_HEAD, "location": _READ,  # the templates of the service send one
        "properties": Field(
            kind="object", label="PipelineRunProperties",
            fields={
                "request": Field(
                    kind="object", label="PipelineRunRequest",
                    fields={
                        "pipelineResourceId": _TEXT, "artifacts": Field(kind="array"), "catalogDigest": _TEXT,
                        "source": Field(kind="object", label="PipelineRunSourceProperties", fields=_NAMED),
                        "target": Field(kind="object", label="PipelineRunTargetProperties", fields=_NAMED),
                    },
                ),
                "response": Field(kind="object", read_only=True),
                "forceUpdateTag": _TEXT, "provisioningState": _READ,
            },
        ),
    },
)  # fmt: skip
