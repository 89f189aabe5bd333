"""What the bodies of runs, tasks, task runs and agent pools may hold.

Source: azure-mgmt-containerregistrytasks 1.0.0b1 (2025-03-01-preview), azure-mgmt-containerregistry 10.3.0 (limits).
"""

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

TASK, RUN = f"{REGISTRIES}/tasks", f"{REGISTRIES}/runs"
TASK_RUN, POOL = f"{REGISTRIES}/taskRuns", f"{REGISTRIES}/agentPools"
VERSIONS = ("2018-09-01", "2019-04-01", "2019-06-01-preview", "2025-03-01-preview")
TIMEOUT = (300, 28800, 3600)  # seconds: least, most, default
CPU = 2  # cores of an agent outside of pools

_READ = Field(kind="string", read_only=True)
_TEXT = Field(kind="string")
_FLAG = Field(kind="boolean")
_STATUS = Field(kind="string", values=("Enabled", "Disabled"))
_TIMEOUT = Field(kind="integer")
IDENTITY = Field(
    kind="object", label="IdentityProperties",
    fields={
        "principalId": _READ, "tenantId": _READ,
        "type": Field(
            kind="string", values=("SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None")
        ),
        "userAssignedIdentities": Field(kind="object"),
    },
)  # fmt: skip
PLATFORM = Field(
    kind="object", label="PlatformProperties",
    fields={
        "os": Field(kind="string", values=("linux", "windows")),
        "architecture": Field(kind="string", values=("amd64", "x86", "386", "arm", "arm64")),
        "variant": Field(kind="string", values=("v6", "v7", "v8")),
    },
)  # fmt: skip
_AGENT = Field(kind="object", label="AgentProperties", fields={"cpu": Field(kind="integer")})
_PAIRS = Field(  # azure-cli 2.91.0 sends a type with them, which says nothing
    kind="array", label="Argument", fields={"name": _TEXT, "value": _TEXT, "isSecret": _FLAG, "type": _READ}
)
CREDENTIALS = Field(
    kind="object", label="Credentials",
    fields={
        "sourceRegistry": Field(
            kind="object", label="SourceRegistryCredentials",
            fields={"identity": _TEXT, "loginMode": Field(kind="string", values=("None", "Default"))},
        ),
        "customRegistries": Field(kind="object"),
    },
)  # fmt: skip
_SECRET = Field(
    kind="object", label="SecretObject",
    fields={"value": _TEXT, "type": Field(kind="string", values=("Opaque", "Vaultsecret"))},
)  # fmt: skip
CUSTOM = Field(
    kind="object", label="CustomRegistryCredentials",
    fields={"userName": _SECRET, "password": _SECRET, "identity": _TEXT},
)  # fmt: skip

# Requests for a run, by type

_RUN = {"type": _TEXT, "isArchiveEnabled": _FLAG, "agentPoolName": _TEXT, "logTemplate": _TEXT}
_DIRECT = {
    **_RUN, "timeout": _TIMEOUT, "platform": PLATFORM, "agentConfiguration": _AGENT, "sourceLocation": _TEXT,
    "credentials": CREDENTIALS,
}  # fmt: skip
_DOCKER = {
    "imageNames": Field(kind="array"), "isPushEnabled": _FLAG, "noCache": _FLAG, "dockerFilePath": _TEXT,
    "target": _TEXT, "arguments": _PAIRS,
}  # fmt: skip
_FILE = {"taskFilePath": _TEXT, "valuesFilePath": _TEXT, "values": _PAIRS}
_ENCODED = {"encodedTaskContent": _TEXT, "encodedValuesContent": _TEXT, "values": _PAIRS}
_OVERRIDE = Field(
    kind="object", label="OverrideTaskStepProperties",
    fields={
        "contextPath": _TEXT, "file": _TEXT, "arguments": _PAIRS, "target": _TEXT, "values": _PAIRS,
        "updateTriggerToken": _TEXT,
    },
)  # fmt: skip
REQUESTS = {
    "DockerBuildRequest": Field(kind="object", label="DockerBuildRequest", fields={**_DIRECT, **_DOCKER}),
    "FileTaskRunRequest": Field(kind="object", label="FileTaskRunRequest", fields={**_DIRECT, **_FILE}),
    "EncodedTaskRunRequest": Field(kind="object", label="EncodedTaskRunRequest", fields={**_DIRECT, **_ENCODED}),
    "TaskRunRequest": Field(
        kind="object", label="TaskRunRequest",
        fields={**_RUN, "taskId": _TEXT, "taskName": _TEXT, "overrideTaskStepProperties": _OVERRIDE},
    ),
}  # fmt: skip
REQUIRED = {
    "DockerBuildRequest": ("dockerFilePath", "platform"),
    "FileTaskRunRequest": ("taskFilePath", "platform"),
    "EncodedTaskRunRequest": ("encodedTaskContent", "platform"),
    "TaskRunRequest": (),
}
RUN_UPDATE = Field(kind="object", label="RunUpdateParameters", fields={"isArchiveEnabled": _FLAG})

# Tasks

_NAMED_STATUS = {"name": _TEXT, "status": _STATUS}
_AUTH = Field(
    kind="object", label="AuthInfo",
    fields={
        "tokenType": Field(kind="string", values=("PAT", "OAuth")), "token": _TEXT, "refreshToken": _TEXT,
        "scope": _TEXT, "expiresIn": Field(kind="integer"),
    },
)  # fmt: skip
_TIMERS = Field(kind="array", label="TimerTrigger", fields={**_NAMED_STATUS, "schedule": _TEXT})
_SOURCES = Field(
    kind="array", label="SourceTrigger",
    fields={
        **_NAMED_STATUS, "sourceTriggerEvents": Field(kind="array"),
        "sourceRepository": Field(
            kind="object", label="SourceProperties",
            fields={
                "sourceControlType": Field(kind="string", values=("Github", "VisualStudioTeamService")),
                "repositoryUrl": _TEXT, "branch": _TEXT, "sourceControlAuthProperties": _AUTH,
            },
        ),
    },
)  # fmt: skip
_BASE_IMAGE = Field(
    kind="object", label="BaseImageTrigger",
    fields={
        **_NAMED_STATUS, "baseImageTriggerType": Field(kind="string", values=("All", "Runtime")),
        "updateTriggerEndpoint": Field(kind="string", truth="stored"),
        "updateTriggerPayloadType": Field(kind="string", values=("Default", "Token"), truth="stored"),
    },
)  # fmt: skip
EVENTS = ("commit", "pullrequest")
_STEP = {
    "type": _TEXT, "contextPath": _TEXT, "contextAccessToken": _TEXT,
    "baseImageDependencies": Field(kind="array", read_only=True),
}  # fmt: skip
STEPS = {
    "Docker": Field(kind="object", label="DockerBuildStep", fields={**_STEP, **_DOCKER}),
    "FileTask": Field(kind="object", label="FileTaskStep", fields={**_STEP, **_FILE}),
    "EncodedTask": Field(kind="object", label="EncodedTaskStep", fields={**_STEP, **_ENCODED}),
}
STEP_REQUIRED = {
    "Docker": ("dockerFilePath", "contextPath"), "FileTask": ("taskFilePath", "contextPath"),
    "EncodedTask": ("encodedTaskContent",),
}  # fmt: skip
TASKS = Field(
    kind="object", label="Task",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "location": _TEXT, "tags": Field(kind="map"), "identity": IDENTITY,
        "properties": Field(
            kind="object", label="TaskProperties",
            fields={
                "provisioningState": _READ, "creationDate": _READ, "status": _STATUS, "platform": PLATFORM,
                "agentConfiguration": _AGENT, "agentPoolName": _TEXT, "timeout": _TIMEOUT,
                "step": Field(kind="object"),
                "trigger": Field(
                    kind="object", label="TriggerProperties",
                    fields={"timerTriggers": _TIMERS, "sourceTriggers": _SOURCES, "baseImageTrigger": _BASE_IMAGE},
                ),
                "credentials": CREDENTIALS, "logTemplate": Field(kind="string", truth="stored"),
                "isSystemTask": Field(kind="boolean", truth="stored"),
            },
        ),
    },
)  # fmt: skip

# Agent pools, task runs

POOLS = Field(
    kind="object", label="AgentPool",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "location": _TEXT, "tags": Field(kind="map"),
        "properties": Field(
            kind="object", label="AgentPoolProperties",
            fields={
                "count": Field(kind="integer"), "tier": _TEXT,
                "os": Field(kind="string", values=("Linux", "Windows")), "virtualNetworkSubnetResourceId": _TEXT,
                "provisioningState": _READ,
            },
        ),
    },
)  # fmt: skip
TASK_RUNS = Field(
    kind="object", label="TaskRun",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "location": _TEXT, "tags": Field(kind="map"), "identity": IDENTITY,
        "properties": Field(
            kind="object", label="TaskRunProperties",
            fields={
                "provisioningState": _READ, "runRequest": Field(kind="object"),
                "runResult": Field(kind="object", read_only=True), "forceUpdateTag": _TEXT,
            },
        ),
    },
)  # fmt: skip
