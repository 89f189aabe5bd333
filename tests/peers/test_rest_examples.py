"""The examples that Microsoft publishes beside its REST specification, made as requests.

What the service would accept is accepted, comes back as it was sent, and has the shape of the example's answer.
The examples are no part of this project: they lie in ../shared/reference/rest-examples beside it, or nowhere.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acrlab.agents.bases.stand_ins import StandIns
from tests.architecture.tree import HOME
from tests.arm.cloud import Answer, Cloud
from tests.peers.lanes import not_run

FOLDER = HOME.parent / "shared" / "reference" / "rest-examples"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.json"))
ARM = [name for name in FILES if not name.startswith("dataplane")]
GROUP, REGISTRY = "myResourceGroup", "myRegistry"
TASKS, RUN = "2025-03-01-preview", "0accec26-d6de-4757-8e74-d080f38eaaab"
VERBS = {
    "Create": "PUT", "CreateOrUpdate": "PUT", "Update": "PATCH", "Delete": "DELETE", "Get": "GET", "List": "GET",
    "ListByResourceGroup": "GET", "ListUsages": "GET", "GetPrivateLinkResource": "GET",
    "ListPrivateLinkResources": "GET",
}  # fmt: skip
# Of a collection: its name in paths, the parameter that names a member.
COLLECTIONS = {
    "CacheRules": ("cacheRules", "cacheRuleName"), "CredentialSets": ("credentialSets", "credentialSetName"),
    "ConnectedRegistries": ("connectedRegistries", "connectedRegistryName"),
    "PrivateEndpointConnections": ("privateEndpointConnections", "privateEndpointConnectionName"),
    "Replications": ("replications", "replicationName"), "ScopeMaps": ("scopeMaps", "scopeMapName"),
    "Tokens": ("tokens", "tokenName"), "Webhooks": ("webhooks", "webhookName"),
    "AgentPools": ("agentPools", "agentPoolName"), "Tasks": ("tasks", "taskName"), "Runs": ("runs", "runId"),
    "TaskRuns": ("taskRuns", "taskRunName"),
}  # fmt: skip
# What the file's name says of those that have no operation of their own.
NAMELESS = {
    "CacheRuleDelete": "CacheRules_Delete", "CredentialSetUpdate": "CredentialSets_Update",
    "ImportImageByManifestDigest": "Registries_ImportImage", "RegistryList": "Registries_List",
    "RegistryListByResourceGroup": "Registries_ListByResourceGroup", "RegistryListUsages": "Registries_ListUsages",
}  # fmt: skip


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return found


def operation(name: str) -> tuple[str, str]:
    family, _, verb = (example(name).get("operationId") or NAMELESS[Path(name).stem]).partition("_")
    return family, verb


class Stage:
    """The subscription of the examples, here."""

    run = ""  # the id of the run that is there

    def __init__(self, folder: Path) -> None:
        self.cloud = Cloud(folder)
        self.cloud.world.upstreams = StandIns(folder / "stand-ins")

    def here(self, value: Any) -> Any:
        """With the ids of this world in place of those of the examples."""
        text = re.sub(r"/subscriptions/[0-9a-f-]{36}", self.cloud.s, json.dumps(value))
        return json.loads(text.replace("2020-12-31T", "2030-12-31T").replace(RUN, self.run or RUN))

    def request(self, name: str) -> Answer:
        family, verb = operation(name)
        given = self.here(example(name))["parameters"]
        if family == "ConnectedRegistries":
            given["connectedRegistryName"] = "myConnectedRegistry"  # one example says myScopeMap
        body = next((value for value in given.values() if isinstance(value, dict)), None)
        query = "&".join(f"{key}={value}" for key, value in given.items() if key.startswith("$") and value != "")
        return self.cloud.ask(
            VERBS.get(verb, "POST"), self.path(name, family, verb, given), body, version=given["api-version"],
            query=query,
        )  # fmt: skip

    def path(self, name: str, family: str, verb: str, given: dict[str, Any]) -> str:
        sub = self.cloud.s
        if family == "Operations":
            return "/providers/Microsoft.ContainerRegistry/operations"
        if verb == "CheckNameAvailability":
            return f"{sub}/providers/Microsoft.ContainerRegistry/checkNameAvailability"
        if family == "Registries" and "registryName" not in given:
            group = f"/resourceGroups/{given['resourceGroupName']}" if "resourceGroupName" in given else ""
            return f"{sub}{group}/providers/Microsoft.ContainerRegistry/registries"
        own = f"{sub}/resourceGroups/{GROUP}/providers/Microsoft.ContainerRegistry/registries/{given['registryName']}"
        if family in COLLECTIONS:
            collection, parameter = COLLECTIONS[family]
            own += f"/{collection}" + (f"/{given[parameter]}" if parameter in given else "")
        if verb in ("Create", "CreateOrUpdate", "Update", "Delete", "Get", "List"):
            return own
        tail = {"GetPrivateLinkResource": f"privateLinkResources/{given.get('groupName')}",
                "ListPrivateLinkResources": "privateLinkResources", "GetQueueStatus": "listQueueStatus",
                "GetLogSasUrl": "listLogSasUrl", "GetBuildSourceUploadUrl": "listBuildSourceUploadUrl",
                }.get(verb, verb[0].lower() + verb[1:])  # fmt: skip
        return f"{own}/{tail}"


# What an example takes for granted: made by other examples, or as here.
CONNECTED = "registry-2025-11-01/ConnectedRegistryCreate.json"
WANTS = {
    "CacheRules": ["registry-2025-11-01/CredentialSetCreate.json"],
    "CredentialSets_Update": ["registry-2025-11-01/CredentialSetCreate.json"],
    "ConnectedRegistries_Get": [CONNECTED], "ConnectedRegistries_Deactivate": [CONNECTED],
    "ConnectedRegistries_Update": [CONNECTED],
    "Replications_Update": ["registry-2025-11-01/ReplicationCreate.json"],
    "Webhooks_Update": ["registry-2025-11-01/WebhookCreate.json"],
    "Webhooks_Ping": ["registry-2025-11-01/WebhookCreate.json"],
    "Webhooks_ListEvents": ["registry-2025-11-01/WebhookCreate.json"],
    "Webhooks_GetCallbackConfig": ["registry-2025-11-01/WebhookCreate.json"],
}
# Refused here, as the service would.
REFUSED = {
    "ImportImageByManifestDigest": "names of repositories are in lower case",
    "ImportImageByTag": "names of repositories are in lower case",
    "ImportImageFromPublicRegistry": "names of repositories are in lower case",
    "PrivateEndpointConnectionCreateOrUpdate": "a connection is made by its private endpoint: see tests/arm",
    "ScopeMapCreate": "actions are repositories/<name>/content/write, as the other examples have it",
    "ScopeMapUpdate": "actions are repositories/<name>/content/write, as the other examples have it",
    "TasksUpdate_WithOpaqueCustomCredentials": "cpu is 2: the service's own error, recorded, names no other",
}
# What is missing here, and why.
STANDARD = "recorded: only registries of tier Premium show it"
REPLICA = "recorded (2023): a replication's status has no message, and at first no word"
QUEUED = "a quick run, and no agent works on it: the example's was begun by a base image, and is over"
LATER = ("imageUpdateTrigger", "logArtifact", "task", "outputImages", "startTime", "finishTime")
ALLOWED = {
    "RegistryCreate": {".properties.networkRuleSet": STANDARD},
    "RegistryCreateAbac": {".properties.networkRuleSet": STANDARD},
    "RegistryCreateZoneRedundant": {".properties.networkRuleSet": STANDARD},
    "RegistryUpdate": {".properties.networkRuleSet": STANDARD},
    "ReplicationCreate": {".properties.status.displayStatus": REPLICA, ".properties.status.message": REPLICA},
    "ReplicationCreateZoneRedundant": {
        ".properties.status.displayStatus": REPLICA, ".properties.status.message": REPLICA,
    },
    "ReplicationUpdate": {".properties.status.message": REPLICA},
    "TokenCreate": {
        ".properties.credentials.certificates[].thumbprint": "the example's certificate was left out of our copy",
        ".properties.credentials.certificates[].expiry": "the example's certificate was left out of our copy",
    },
    "RunsGet": {f".properties.{each}": QUEUED for each in LATER},
    "RunsList": {f".value[].properties.{each}": QUEUED for each in LATER},
    "TaskRunsCreate": {
        ".properties.runRequest.credentials": "who may sign in where is not told again (inferred)",
        ".properties.runRequest.isArchiveEnabled": "what was not sent is not told (inferred)",
    },
}  # fmt: skip


def test_the_examples_are_there() -> None:
    if not FILES:
        not_run("rest-examples: ../shared/reference is not beside this project")
    assert len(FILES) == 60 and len(ARM) == 58


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    found = Stage(tmp_path)
    found.cloud.group(GROUP)
    yield found


def prepare(stage: Stage, name: str) -> None:
    family, verb = operation(name)
    if (family, verb) == ("Registries", "Create") or name.endswith("CheckNameAvailable.json"):
        return
    own = f"{stage.cloud.s}/resourceGroups/{GROUP}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}"

    def put(below: str, body: dict[str, Any], version: str = "2025-11-01") -> None:
        answer = stage.cloud.ask("PUT", f"{own}{below}", body, version=version)
        assert answer.status in (200, 201), answer.json

    properties = {"adminUserEnabled": True, "dataEndpointEnabled": family == "ConnectedRegistries"}
    put("", {"location": "westus", "tags": {"key": "x"}, "sku": {"name": "Premium"}, "properties": properties})
    actions = ["repositories/myrepository/content/read", "gateway/myConnectedRegistry/config/read",
               "gateway/myConnectedRegistry/config/write", "gateway/myConnectedRegistry/message/read",
               "gateway/myConnectedRegistry/message/write"]  # fmt: skip
    for scope_map in ("myScopeMap", "myNewScopeMap"):
        put(f"/scopeMaps/{scope_map}", {"properties": {"actions": actions}})
    for token in ("syncToken", "client1Token", "client2Token", *(["myToken"] if verb != "Create" else [])):
        put(f"/tokens/{token}", {"properties": {"scopeMapId": f"{own}/scopeMaps/myScopeMap"}})
    for each in WANTS.get(f"{family}_{verb}", WANTS.get(family, [])):
        assert stage.request(each).status in (200, 201), each
    if family == "AgentPools":
        put("/agentPools/myAgentPool", {"location": "westus", "properties": {"count": 1, "tier": "S1"}}, TASKS)
    if family in ("Tasks", "Registries") and verb in ("Update", "ScheduleRun"):
        body = stage.here(example("tasks-2025-03-01-preview/TasksCreate.json"))["parameters"]["taskCreateParameters"]
        put("/tasks/myTask", {**body, "properties": {**body["properties"], "agentPoolName": None}}, TASKS)
    if family == "Runs":
        stage.run = stage.request("tasks-2025-03-01-preview/RegistriesScheduleRun.json").json["properties"]["runId"]


@pytest.mark.parametrize("name", ARM)
def test_it_is_answered_as_the_example_says(name: str, stage: Stage) -> None:
    prepare(stage, name)
    answer = stage.request(name)
    if reason := REFUSED.get(Path(name).stem):
        assert 400 <= answer.status < 500, f"no longer refused: {reason}"
        return
    assert answer.status < 300, (answer.status, str(answer.json)[:600])
    said = example(name)["responses"]
    assert str(answer.status) in said, (answer.status, list(said))
    wanted = stage.here(said[str(answer.status)]).get("body")
    found = different(wanted, answer.json or None)
    assert set(found) == {f"{each}: missing" for each in ALLOWED.get(Path(name).stem, {})}
    if operation(name)[1] in ("Create", "Update"):
        sent = next(value for value in stage.here(example(name))["parameters"].values() if isinstance(value, dict))
        assert not changed(sent, answer.json), "what was sent comes back"


def changed(sent: Any, found: Any, at: str = "") -> list[str]:
    """What was sent and came back otherwise; what did not come back at all is looked at apart."""
    if isinstance(sent, dict) and isinstance(found, dict):
        return [each for key in sent.keys() & found.keys() for each in changed(sent[key], found[key], f"{at}.{key}")]
    if isinstance(sent, list):  # secrets are not told again, in the example as here
        sent = [each for each in sent if not (isinstance(each, dict) and each.get("isSecret"))]
    if isinstance(sent, list) and isinstance(found, list) and len(sent) == len(found):
        return [each for pair in zip(sent, found, strict=True) for each in changed(*pair, f"{at}[]")]
    same = str(sent).casefold() == str(found).casefold()  # Linux, linux: the service has one spelling (recorded)
    secret = found is None or at.endswith((".token", ".password.value"))
    return [] if same or sent is None or secret else [f"{at}: {sent} became {found}"]


def different(wanted: Any, found: Any, at: str = "") -> list[str]:
    """Where the answer has not the shape of the example's: what is missing, and what is of another type."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [f"{at}: {type(found).__name__} and no object"]
        told = [f"{at}.{key}: missing" for key in wanted if key not in found and wanted[key] is not None]
        both = [key for key in wanted if key in found]
        return told + [each for key in both for each in different(wanted[key], found[key], f"{at}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(found, list):
            return [f"{at}: {type(found).__name__} and no list"]
        return different(wanted[0], found[0], f"{at}[]") if wanted and found else []
    if wanted is None or found is None or isinstance(found, type(wanted)):
        return []
    return [f"{at}: {type(found).__name__} and not {type(wanted).__name__}"]
