"""Content that leaves a registry through a blob and comes into another: by signature, by identity, by itself."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from acrlab.domain import parcels, roles
from acrlab.domain.resource_id import parse
from acrlab.domain.transfer_errors import ParcelInvalid
from acrlab.engine import authorization, directory
from acrlab.engine.vaults import items
from tests.accounts.account import Account
from tests.arm.cloud import NOW, Cloud
from tests.lifecycle.content import Shelf, digest_of

Make = Callable[..., Shelf]
VAULTS = "2023-07-01"
PREVIEW = "2025-06-01-preview"
LAYER = "x" * 3000


class Post:
    """Two registries, an account with a container for both, and a vault with the signatures of their pipelines."""

    def __init__(self, shelf: Make) -> None:
        self.home, self.other = shelf(), shelf("fabrikam")
        self.cloud = self.home.cloud
        self.account = Account(self.cloud)
        self.box = self.account.client().create_container("transfer")
        self.vault = f"{self.cloud.g}/providers/Microsoft.KeyVault/vaults/vaulty"
        self.policies: list[dict[str, Any]] = []
        self.allow(self.cloud.id_of("acrlab-sp"), "get", "set")
        self.keep("outgoing", "rwla")
        self.keep("incoming", "rdl")

    def allow(self, who: str, *words: str) -> None:
        tenant = self.cloud.world.state.tenant
        self.policies.append({"tenantId": tenant, "objectId": who, "permissions": {"secrets": list(words)}})
        properties = {"sku": {"family": "A", "name": "standard"}, "tenantId": tenant, "accessPolicies": self.policies}
        body = {"location": "westus", "properties": properties}
        assert self.cloud.ask("PUT", self.vault, body, version=VAULTS).status in (200, 201)

    def keep(self, name: str, permission: str, hours: int = 24, mark: str = "?") -> None:
        """Put a signature for the container into the vault."""
        sas = generate_container_sas(
            self.account.name, "transfer", account_key=self.account.keys[0],
            permission=ContainerSasPermissions.from_string(permission), protocol="https",
            expiry=datetime.fromtimestamp(NOW, UTC) + timedelta(hours=hours),
        )  # fmt: skip
        who = self.cloud.id_of("acrlab-sp")
        vault = self.cloud.world.state.resources[self.vault.lower()]
        principal = directory.principal(self.cloud.world.state.principals[who])
        items.set_secret(self.cloud.world, vault, principal, name, {"value": f"{mark}{sas}"})

    def pipeline(self, kind: str, secret: str = "", *options: str, trusted: bool = True, **more: Any) -> Any:
        """A pipeline called out12 or in1234, whose identity may read the secret."""
        end, shelf, name = {
            "exportPipelines": ("target", self.home, "out12"), "importPipelines": ("source", self.other, "in1234"),
        }[kind]  # fmt: skip
        storage = {"type": "AzureStorageBlobContainer", "uri": f"{self.account.url}/transfer"}
        storage |= {"keyVaultUri": f"https://vaulty.vault.azure.net/secrets/{secret}"} if secret else {}
        storage |= more.pop("storage", {})
        given = {"identity": {"type": "SystemAssigned"}, "properties": {end: storage, "options": list(options), **more}}
        made = self.cloud.ask("PUT", f"{shelf.id}/{kind}/{name}", given, version=PREVIEW)
        assert made.status == 200, made
        if trusted:
            self.allow(made.json["identity"]["principalId"], "get")
        return made.json

    def export(self, *artifacts: str, name: str = "first", blob: str = "today.tar") -> dict[str, Any]:
        request = {
            "pipelineResourceId": f"{self.home.id}/exportPipelines/out12", "artifacts": list(artifacts),
            "target": {"type": "AzureStorageBlob", "name": blob},
        }  # fmt: skip
        return self.ended(f"{self.home.id}/pipelineRuns/{name}", request)

    def take(self, name: str = "first", blob: str = "today.tar", **more: Any) -> dict[str, Any]:
        request = {
            "pipelineResourceId": f"{self.other.id}/importPipelines/in1234",
            "source": {"type": "AzureStorageBlob", "name": blob}, **more,
        }  # fmt: skip
        return self.ended(f"{self.other.id}/pipelineRuns/{name}", request)

    def ended(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        made = self.cloud.ask("PUT", path, {"properties": {"request": request}}, version=PREVIEW)
        assert made.status == 201, made
        shown = self.cloud.ask("GET", path, version=PREVIEW).json["properties"]
        assert shown["provisioningState"] == shown["response"]["status"]
        return dict(shown["response"])

    def runs(self) -> list[dict[str, Any]]:
        found = self.cloud.ask("GET", f"{self.other.id}/pipelineRuns", version=PREVIEW).json["value"]
        return [each["properties"]["response"] for each in found]

    def names(self) -> list[str]:
        return [each.name for each in self.box.list_blobs()]


@pytest.fixture
def post(shelf: Make) -> Iterator[Post]:
    found = Post(shelf)
    yield found
    found.account.close()


OFF = {"trigger": {"sourceTrigger": {"status": "Disabled"}}}


def test_an_image_goes_out_and_comes_in(post: Post) -> None:
    one = post.home.push("team/app", "v1", "v2", text=LAYER)
    both = post.home.index("team/app", one, post.home.push("team/app", text="y"), tags=("all",))
    post.pipeline("exportPipelines", "outgoing")
    gone = post.export("team/app:v1", "team/app:all", f"team/app@{one}")
    assert (gone["status"], gone["progress"], gone["importedArtifacts"]) == ("Succeeded", {"percentage": "100"}, [])
    data = post.box.download_blob("today.tar").readall()
    assert gone["catalogDigest"] == digest_of(data) and gone["finishTime"] >= gone["startTime"]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:  # anybody's tar can read it
        listed = json.load(tar.extractfile("index.json"))["manifests"]
    assert [each["annotations"]["org.opencontainers.image.ref.name"] for each in listed] == [
        "team/app:v1", "team/app:all", f"team/app@{one}",
    ]  # fmt: skip
    post.pipeline("importPipelines", "incoming", **OFF)
    come = post.take(catalogDigest=gone["catalogDigest"])
    assert (come["status"], come["importedArtifacts"]) == (
        "Succeeded", ["team/app:v1", "team/app:all", f"team/app@{one}"],
    )  # fmt: skip
    assert post.other.tags("team/app") == ["all", "v1"]
    assert post.other.pull("team/app", "v1").headers["docker-content-digest"] == one
    assert post.other.pull("team/app", "all").headers["docker-content-digest"] == both
    assert "not sha256:0" in post.take("second", catalogDigest="sha256:0")["pipelineRunErrorMessage"]


def test_content_that_is_nowhere_else_comes_out_of_the_blob(post: Post) -> None:
    digest = post.home.push("app", "v1", text=LAYER)
    post.pipeline("exportPipelines", "outgoing")
    assert post.export("app:v1")["status"] == "Succeeded"
    layer = digest_of(LAYER.encode())
    post.cloud.ask("DELETE", post.home.id)
    post.cloud.world.advance(90000)
    assert layer not in post.cloud.world.state.links
    post.cloud.world.blobs.delete(layer)
    post.keep("incoming", "rdl", hours=48)
    post.pipeline("importPipelines", "incoming", **OFF)
    assert post.take()["status"] == "Succeeded"
    assert post.other.pull("app", "v1").headers["docker-content-digest"] == digest
    assert post.cloud.world.blobs.read(layer) == LAYER.encode()


def test_a_blob_that_arrives_is_imported_by_itself(post: Post) -> None:
    post.home.push("app", "v1")
    post.pipeline("exportPipelines", "outgoing")
    post.pipeline("importPipelines", "incoming", "DeleteSourceBlobOnSuccess")
    assert post.export("app:v1", blob="a/today.tar")["status"] == "Succeeded"
    (run,) = post.runs()
    assert (run["status"], run["importedArtifacts"]) == ("Succeeded", ["app:v1"])
    assert run["trigger"]["sourceTrigger"]["timestamp"].endswith("Z")
    assert post.other.tags("app") == ["v1"] and post.names() == []
    post.box.upload_blob("note.txt", b"no export")
    failed = next(each for each in post.runs() if each["status"] == "Failed")
    assert "is no export: it is no tar" in failed["pipelineRunErrorMessage"]
    assert post.names() == ["note.txt"]


def test_what_is_there_stays_unless_an_option_says_otherwise(post: Post) -> None:
    post.home.push("app", "v1", text="new")
    old = post.other.push("app", "v1", text="old")
    post.pipeline("exportPipelines", "outgoing")
    post.pipeline("importPipelines", "incoming", **OFF)
    assert post.export("app:v1")["status"] == "Succeeded"
    assert "OverwriteBlobs" in post.export("app:v1", name="again")["pipelineRunErrorMessage"]
    refused = post.take()
    assert (refused["status"], "OverwriteTags" in refused["pipelineRunErrorMessage"]) == ("Failed", True)
    assert post.other.pull("app", "v1").headers["docker-content-digest"] == old
    post.pipeline("exportPipelines", "outgoing", "OverwriteBlobs")
    post.pipeline("importPipelines", "incoming", "OverwriteTags", **OFF)
    assert post.export("app:v1", name="third")["status"] == "Succeeded"
    assert post.take("second")["status"] == "Succeeded"
    assert post.other.pull("app", "v1").headers["docker-content-digest"] != old


def test_one_that_fails_stops_all_unless_it_may_go_on(post: Post) -> None:
    post.home.push("app", "v1")
    post.pipeline("exportPipelines", "outgoing")
    stopped = post.export("app:v1", "app:nobody", "nobody:v1")
    assert stopped["status"] == "Failed" and "app:nobody" in stopped["pipelineRunErrorMessage"]
    assert post.names() == []
    post.pipeline("exportPipelines", "outgoing", "ContinueOnErrors")
    went = post.export("app:v1", "app:nobody", name="again")
    assert (went["status"], went["progress"]) == ("Succeeded", {"percentage": "50"})
    assert "app:nobody" in went["pipelineRunErrorMessage"] and post.names() == ["today.tar"]


def test_an_identity_needs_no_signature(post: Post) -> None:
    post.home.push("app", "v1")
    mode = {"storage": {"storageAccessMode": "ManagedIdentity"}}
    made = post.pipeline("exportPipelines", trusted=False, **mode)
    refused = post.export("app:v1")["pipelineRunErrorMessage"]
    assert "AuthorizationPermissionMismatch" in refused and "blobs/read is needed" in refused
    role = next(each.id for each in roles.BUILTIN.values() if each.name == "Storage Blob Data Contributor")
    scope, who = parse(post.account.id), made["identity"]["principalId"]
    post.cloud.world.commit(
        authorization.assigned(post.cloud.world, scope, role, who, "ServicePrincipal", at=0.0)
    )  # fmt: skip
    assert post.export("app:v1", name="again")["status"] == "Succeeded"
    assert post.names() == ["today.tar"]


def expired(post: Post) -> None:
    post.cloud.world.advance(90000)


def renewed(post: Post) -> None:
    post.cloud.ask("POST", f"{post.account.id}/regenerateKey", {"keyName": "key1"}, version="2024-01-01")


def emptied(post: Post) -> None:
    post.account.client().delete_container("transfer")


def closed(post: Post) -> None:
    post.policies.pop()
    post.allow(post.cloud.id_of("acrlab-sp"), "get", "set")


def rewritten(post: Post) -> None:
    post.keep("outgoing", "rl")


def spoiled(post: Post) -> None:
    post.keep("outgoing", "rwla", mark="not a signature: ")


def gone(post: Post) -> None:
    post.cloud.ask("DELETE", post.account.id, version="2024-01-01")


def locked(post: Post) -> None:
    post.account.put(allowSharedKeyAccess=False)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (expired, "Storage refuses https://contosodata.blob.core.windows.net/transfer: 403 AuthenticationFailed."),
        (renewed, "before a key was renewed"),
        (emptied, "404 ContainerNotFound"),
        (closed, "secrets/outgoing cannot be read: 403."),
        (rewritten, "the signature grants rl, the request needs w"),
        (spoiled, "AuthenticationFailed"),
        (gone, "The storage account of https://contosodata.blob.core.windows.net/transfer does not exist."),
        (locked, "KeyBasedAuthenticationNotPermitted"),
    ],
)
def test_a_run_tells_why_it_failed(post: Post, spoil: Callable[[Post], None], told: str) -> None:
    post.home.push("app", "v1")
    post.pipeline("exportPipelines", "outgoing")
    spoil(post)
    failed = post.export("app:v1")
    assert (failed["status"], failed["progress"]) == ("Failed", {"percentage": "0"})
    assert told in failed["pipelineRunErrorMessage"]
    assert "sig=" not in json.dumps(failed)


def test_a_secret_that_is_not_there(post: Post) -> None:
    post.home.push("app", "v1")
    post.pipeline("exportPipelines", "nobody")
    assert "cannot be read: 404. A secret with" in post.export("app:v1")["pipelineRunErrorMessage"]
    post.pipeline("importPipelines", "incoming", **OFF)
    assert "The specified blob does not exist" in post.take()["pipelineRunErrorMessage"]


def test_a_run_takes_its_time_where_timing_is_realistic(
    make: Callable[..., Cloud], shelf: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post(shelf)
    monkeypatch.setattr(post.cloud.world, "realistic_timing", True)
    post.home.push("app", "v1")
    post.pipeline("exportPipelines", "outgoing")
    path, request = f"{post.home.id}/pipelineRuns/first", {
        "pipelineResourceId": f"{post.home.id}/exportPipelines/out12", "artifacts": ["app:v1"],
        "target": {"type": "AzureStorageBlob", "name": "today.tar"},
    }  # fmt: skip
    made = post.cloud.ask("PUT", path, {"properties": {"request": request}}, version=PREVIEW)
    post.cloud.world.advance(30)
    shown = post.cloud.ask("GET", path, version=PREVIEW).json["properties"]
    assert (shown["response"]["status"], shown["response"]["progress"]["percentage"]) == ("Running", "50")
    assert post.cloud.follow(made.headers["azure-asyncoperation"]).json["status"] == "Creating"
    post.cloud.world.advance(30)
    assert post.cloud.follow(made.headers["azure-asyncoperation"]).json["status"] == "Succeeded"
    assert post.names() == ["today.tar"]
    post.account.close()


# What is no export


def archive(**members: bytes) -> bytes:
    parts = [b"".join((parcels.header(name, len(data)), data, parcels.filling(len(data))))
             for name, data in members.items()]  # fmt: skip
    return b"".join((*parts, parcels.END))


LAID = {parcels.MARK: parcels.LAYOUT}
INDEX = b'{"schemaVersion":2,"manifests":[{"digest":"sha256:%s","annotations":{"%s":"app:v1"}}]}'
NAMED = INDEX % (b"0" * 64, parcels.REF.encode())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is no tar"),
        (b"x" * 2000, "a header of its tar has no number"),
        (archive(a=b"x"), "no oci-layout"),
        (archive(**LAID), "no index.json"),
        (archive(**LAID, **{parcels.INDEX: b"{"}), "its index cannot be read"),
        (archive(**LAID, **{parcels.INDEX: NAMED}), f"no blobs/sha256/{'0' * 64}"),
        (archive(**LAID, **{parcels.INDEX: NAMED, f"blobs/sha256/{'0' * 64}": b"{}"}), "app:v1: manifest"),
        (archive(**LAID, **{parcels.INDEX: NAMED})[:1100], "ends too early"),
        (parcels.header("a", 1 << 80), "ends too early"),
    ],
)
def test_a_blob_that_is_no_export(post: Post, data: bytes, told: str) -> None:
    post.pipeline("importPipelines", "incoming", **OFF)
    post.box.upload_blob("today.tar", data)
    failed = post.take()
    assert (failed["status"], told in failed["pipelineRunErrorMessage"]) == ("Failed", True), failed
    assert post.other.tags("app") == []


def test_a_tar_of_many_members_is_not_read_for_ever() -> None:
    one = parcels.header("a", 0)
    with pytest.raises(ParcelInvalid, match="members"):
        list(parcels.members(lambda offset, length: one, 1 << 62))


# As a template


def template(*resources: dict[str, Any]) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources)}


def deployed(post: Post, name: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """How a deployment ends, as the documented flow makes pipelines and their runs."""
    body = {"properties": {"mode": "Incremental", "template": template(*resources)}}
    path = f"{post.cloud.g}/providers/Microsoft.Resources/deployments/{name}"
    made = post.cloud.ask("PUT", path, body, version="2024-11-01")
    assert made.status in (200, 201), made
    return dict(post.cloud.follow(made.headers["azure-asyncoperation"]).json)


def test_templates_make_pipelines_and_run_them(post: Post) -> None:
    post.home.push("app", "v1")
    kind = "Microsoft.ContainerRegistry/registries"
    pipeline = f"resourceId('{kind}/exportPipelines', 'contoso', 'out12')"
    made = deployed(
        post, "pipeline",
        {
            "type": f"{kind}/exportPipelines/", "apiVersion": "2019-12-01-preview", "name": "contoso/out12",
            "location": "westus", "identity": {"type": "SystemAssigned"},
            "properties": {
                "target": {
                    "type": "AzureStorageBlobContainer", "uri": f"{post.account.url}/transfer",
                    "keyVaultUri": "[concat(reference(resourceId('Microsoft.KeyVault/vaults', 'vaulty'), '2019-09-01')"
                                   ".vaultUri, 'secrets/outgoing')]",
                },
                "options": ["OverwriteBlobs"],
            },
        },
        {
            "type": "Microsoft.KeyVault/vaults/accessPolicies", "apiVersion": "2019-09-01", "name": "vaulty/add",
            "dependsOn": [f"[{pipeline}]"],
            "properties": {"accessPolicies": [{
                "tenantId": "[subscription().tenantId]", "permissions": {"secrets": ["get"]},
                "objectId": f"[reference({pipeline}, '2019-12-01-preview', 'Full').identity.principalId]",
            }]},
        },
    )  # fmt: skip
    assert made["status"] == "Succeeded", made
    run = {
        "type": f"{kind}/pipelineRuns/", "apiVersion": "2019-12-01-preview", "name": "contoso/first",
        "location": "westus",
        "properties": {
            "request": {
                "pipelineResourceId": f"{post.home.id}/exportPipelines/out12", "artifacts": ["app:v1"],
                "source": {"type": "", "name": ""}, "target": {"type": "AzureStorageBlob", "name": "today.tar"},
                "catalogDigest": "",
            },
            "forceUpdateTag": "",
        },
    }  # fmt: skip
    went = deployed(post, "run", run)
    assert went["status"] == "Succeeded", went
    assert post.names() == ["today.tar"]
    run["properties"]["request"]["artifacts"] = ["app:nobody"]
    failed = deployed(post, "again", {**run, "name": "contoso/second"})
    assert failed["status"] == "Failed" and "app:nobody" in json.dumps(failed)


def test_policies_are_added_replaced_and_taken_away(post: Post) -> None:
    who = "00000000-0000-4000-8000-00000000cafe"

    def change(kind: str, *words: str) -> list[Any]:
        tenant = post.cloud.world.state.tenant
        given = [{"tenantId": tenant, "objectId": who, "permissions": {"secrets": list(words)}}]
        body = {"properties": {"accessPolicies": given}}
        assert post.cloud.ask("PUT", f"{post.vault}/accessPolicies/{kind}", body, version=VAULTS).status in (200, 201)
        held = post.cloud.ask("GET", post.vault, version=VAULTS).json["properties"]["accessPolicies"]
        return [each["permissions"]["secrets"] for each in held if each["objectId"] == who]

    assert change("add", "get") == [["get"]]
    assert change("add", "List") == [["get", "list"]]
    assert change("replace", "set") == [["set"]]
    assert change("remove", "set") == []
    refused = post.cloud.ask("PUT", f"{post.vault}/accessPolicies/drop", {}, version=VAULTS)
    assert refused.status == 400
