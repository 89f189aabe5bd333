"""Retention, soft delete and quarantine on the world's clock."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from acrlab.domain import events, roles
from acrlab.domain.access import Scope
from acrlab.engine import directory, tokens
from tests.arm.cloud import NEWEST, Cloud
from tests.lifecycle.content import Shelf

Make = Callable[..., Shelf]
DAY = 86400.0


def policy(cloud: Cloud, name: str, status: str = "enabled", registry: str = "contoso", **more: Any) -> Any:
    body = {"properties": {"policies": {name: {"status": status, **more}}}}
    return cloud.ask("PATCH", f"{cloud.r}/{registry}", body, version=NEWEST)


# Retention


def test_what_was_untagged_after_the_policy_came_goes_after_its_days(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    before = registry.push("app", "v0", text="before", docker=True)
    registry.ask("DELETE", "/acr/v1/app/_tags/v0")
    cloud.world.advance(1)
    assert policy(cloud, "retentionPolicy", days=10).status == 200
    docker = registry.push("app", "v1", text="a", docker=True)
    oci = registry.push("app", "v2", text="b")
    locked = registry.push("app", "v3", text="c", docker=True)
    moved = registry.push("app", "v4", text="d", docker=True)
    for tag in ("v1", "v2", "v3"):
        registry.ask("DELETE", f"/acr/v1/app/_tags/{tag}")
    registry.push("app", "v4", text="newer", docker=True)
    registry.ask("PATCH", f"/acr/v1/app/_manifests/{locked}", b'{"deleteEnabled":false}')
    cloud.world.advance(9.9 * DAY)
    assert {docker, moved} <= set(registry.digests("app"))
    cloud.world.advance(0.2 * DAY)
    left = set(registry.digests("app"))
    assert not left & {docker, moved} and {before, oci, locked} <= left
    registry.ask("PATCH", f"/acr/v1/app/_manifests/{locked}", b'{"deleteEnabled":true}')
    assert locked not in registry.digests("app")


def test_a_manifest_that_is_tagged_again_stays(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    policy(cloud, "retentionPolicy", days=5)
    digest = registry.push("app", "v1", docker=True)
    registry.ask("DELETE", "/acr/v1/app/_tags/v1")
    cloud.world.advance(3 * DAY)
    registry.push("app", "v1", docker=True)
    cloud.world.advance(30 * DAY)
    assert registry.digests("app") == [digest]


def test_days_count_as_they_are_now_and_a_policy_that_is_off_deletes_nothing(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    policy(cloud, "retentionPolicy", days=30)
    registry.push("app", "keep", text="keep", docker=True)
    digest = registry.push("app", "v1", docker=True)
    registry.ask("DELETE", "/acr/v1/app/_tags/v1")
    cloud.world.advance(10 * DAY)
    policy(cloud, "retentionPolicy", "disabled")
    cloud.world.advance(60 * DAY)
    assert digest in registry.digests("app")
    policy(cloud, "retentionPolicy", days=20)
    cloud.world.advance(60 * DAY)
    assert digest in registry.digests("app"), "it was untagged before the policy came back"
    registry.push("app", "v1", docker=True)
    registry.ask("DELETE", "/acr/v1/app/_tags/v1")
    cloud.world.advance(10 * DAY)
    policy(cloud, "retentionPolicy", days=5)
    assert digest not in registry.digests("app")


def test_zero_days_are_at_once(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    policy(cloud, "retentionPolicy", days=0)
    registry.push("app", "keep", text="keep", docker=True)
    digest = registry.push("app", "v1", docker=True)
    registry.ask("DELETE", "/acr/v1/app/_tags/v1")
    assert digest not in registry.digests("app")


def test_when_it_was_switched_on_is_not_shown(cloud: Cloud, shelf: Make) -> None:
    shelf()
    shown = policy(cloud, "retentionPolicy", days=3).json["properties"]["policies"]["retentionPolicy"]
    assert set(shown) == {"days", "status", "lastUpdatedTime"} and shown["days"] == 3


def test_retention_is_premium_and_soft_delete_not_with_replications(cloud: Cloud, shelf: Make) -> None:
    shelf(sku="Standard")
    assert policy(cloud, "retentionPolicy", days=3).status == 400
    assert policy(cloud, "softDeletePolicy", retentionDays=3).status == 200
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Premium"}}).status == 200
    replica = cloud.ask("PUT", f"{cloud.r}/contoso/replications/eastus", {"location": "eastus"})
    assert replica.code == "FeatureConflict"
    policy(cloud, "softDeletePolicy", "disabled")
    assert cloud.ask("PUT", f"{cloud.r}/contoso/replications/eastus", {"location": "eastus"}).status == 201
    assert policy(cloud, "softDeletePolicy").code == "FeatureConflict"


def test_with_both_policies_what_retention_deletes_can_be_restored(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    policy(cloud, "retentionPolicy", days=3)
    policy(cloud, "softDeletePolicy", retentionDays=7)
    digest = registry.push("app", "v1", docker=True)
    registry.push("app", "v1", text="newer", docker=True)
    cloud.world.advance(4 * DAY)
    assert digest not in registry.digests("app")
    assert [each["digest"] for each in deleted(registry, "app", "manifests")] == [digest]


# Soft delete


@pytest.fixture
def soft(cloud: Cloud, shelf: Make) -> Shelf:
    """A registry that keeps what is deleted for a week."""
    registry = shelf()
    assert policy(cloud, "softDeletePolicy", retentionDays=7).status == 200
    return registry


def deleted(registry: Shelf, repository: str, what: str) -> list[Any]:
    found = registry.ask("GET", f"/acr/v1/_deleted/{repository}/_{what}")
    return list(found.json[what]) if found.status == 200 else []


def restore(registry: Shelf, repository: str, digest: str, tag: str | None, query: str = "force=False") -> Any:
    path = f"/acr/v1/_deleted/{repository}/_manifests/{digest}?{query}"
    return registry.ask("POST", path, json.dumps({"tag": tag}).encode(), "application/json")


def test_what_was_deleted_is_listed_and_comes_back(cloud: Cloud, soft: Shelf) -> None:
    digest = soft.push("team/app", "v1", "v2")
    raw, stored = soft.pull("team/app", "v1").raw, cloud.world.state.registries["contoso"].stored
    assert soft.delete("team/app", digest).status == 202
    assert soft.pull("team/app", "v1").code == "MANIFEST_UNKNOWN"
    assert soft.ask("GET", "/acr/v1/_catalog").json["repositories"] is None
    assert soft.ask("GET", "/acr/v1/_deleted/_catalog").json["repositories"] == ["team/app"]
    assert [each["digest"] for each in deleted(soft, "team/app", "manifests")] == [digest]
    assert [each["tag"] for each in deleted(soft, "team/app", "tags")] == ["v1", "v2"]
    assert cloud.world.state.registries["contoso"].stored == stored, "what is kept is paid for"
    assert restore(soft, "team/app", digest, "v2").status == 200
    assert soft.tags("team/app") == ["v2"] and soft.pull("team/app", "v2").raw == raw
    assert [each["tag"] for each in deleted(soft, "team/app", "tags")] == ["v1"]


def test_it_survives_the_collection_and_is_purged_after_its_days(cloud: Cloud, soft: Shelf) -> None:
    digest, other = soft.push("app", "v1", text="gone"), soft.push("app", "v2", text="stays")
    layer = json.loads(soft.pull("app", "v1").raw)["layers"][0]["digest"]
    soft.delete("app", digest)
    cloud.world.advance(6.5 * DAY)
    assert restore(soft, "app", digest, "v1").status == 200
    assert soft.ask("GET", f"/v2/app/blobs/{layer}").status == 200
    soft.delete("app", digest)
    cloud.world.advance(9 * DAY)
    assert deleted(soft, "app", "manifests") == [] == deleted(soft, "app", "tags")
    assert restore(soft, "app", digest, "v1").status == 404
    assert cloud.world.blobs.size(layer) is None and soft.digests("app") == [other]


def test_fewer_days_count_at_the_next_purge_even_when_it_is_off(cloud: Cloud, soft: Shelf) -> None:
    digest = soft.push("app", "v1")
    soft.delete("app", digest)
    cloud.world.advance(2.5 * DAY)
    policy(cloud, "softDeletePolicy", "disabled", retentionDays=1)
    assert len(deleted(soft, "app", "manifests")) == 1
    cloud.world.advance(1 * DAY)
    assert deleted(soft, "app", "manifests") == []


def test_a_push_of_the_same_is_refused_and_another_brings_the_repository_back(cloud: Cloud, soft: Shelf) -> None:
    digest = soft.push("app", "v1")
    raw = soft.pull("app", "v1")
    assert soft.ask("DELETE", "/acr/v1/app").status == 202
    assert soft.ask("GET", "/acr/v1/app").code == "NAME_UNKNOWN"
    again = soft.ask("PUT", "/v2/app/manifests/v1", raw.raw, raw.headers["content-type"])
    assert again.status == 409 and "restore" in again.message
    other = soft.push("app", "v2", text="other")
    assert soft.digests("app") == [other] and restore(soft, "app", digest, "v1").status == 200
    assert soft.tags("app") == ["v1", "v2"]


def test_a_tag_that_was_taken_meanwhile_needs_force(soft: Shelf) -> None:
    digest = soft.push("app", "v1", text="old")
    soft.delete("app", digest)
    newer = soft.push("app", "v1", text="new")
    assert restore(soft, "app", digest, "v1").status == 409
    assert restore(soft, "app", digest, "v1", "force=True").status == 200
    assert soft.pull("app", "v1").headers["docker-content-digest"] == digest and newer in soft.digests("app")


def test_an_index_comes_back_without_its_children(soft: Shelf) -> None:
    child = soft.push("app", text="child")
    index = soft.index("app", child, tags=("all",))
    soft.delete("app", index)
    soft.delete("app", child)
    assert restore(soft, "app", index, "all").status == 200
    assert soft.digests("app") == [index] and soft.pull("app", child).status == 404


def test_an_untagged_tag_comes_back(soft: Shelf) -> None:
    digest = soft.push("app", "v1")
    soft.ask("DELETE", "/acr/v1/app/_tags/v1")
    assert [each["tag"] for each in deleted(soft, "app", "tags")] == ["v1"]
    assert restore(soft, "app", digest, "v1").status == 200 and soft.tags("app") == ["v1"]
    assert restore(soft, "app", digest, "v9").status == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b'{"tag":5}', 400), (b"[]", 400), (b'{"tag":"-"}', 400), (b"\xff", 400)]
)
def test_a_malformed_restore_is_refused(soft: Shelf, body: bytes, status: int) -> None:
    digest = soft.push("app", "v1")
    soft.delete("app", digest)
    assert soft.ask("POST", f"/acr/v1/_deleted/app/_manifests/{digest}", body).status == status
    assert soft.ask("GET", "/acr/v1/_deleted/none/_manifests").status == 404
    assert len(deleted(soft, "app", "manifests")) == 1


def test_restoring_needs_its_right(cloud: Cloud, soft: Shelf) -> None:
    digest = soft.push("app", "v1")
    soft.delete("app", digest)
    path = f"/acr/v1/_deleted/app/_manifests/{digest}"
    assert soft.ask("POST", path, b"{}", auth="").status == 401
    assert soft.ask("GET", "/acr/v1/_deleted/_catalog", auth="").status == 401


# Quarantine


class Scanner:
    """An application that holds nothing but the roles it is given."""

    def __init__(self, cloud: Cloud, registry: Shelf) -> None:
        self.cloud, self.registry, self.id = cloud, registry, cloud.world.uuid()
        cloud.world.commit(
            events.PrincipalAdded(
                at=cloud.world.now(), id=self.id, kind="servicePrincipal", name="scanner", app_id=cloud.world.uuid(),
                tenant=cloud.world.state.tenant,
            )
        )  # fmt: skip

    def give(self, role: str) -> None:
        found = roles.find(role)
        assert found is not None
        definition = f"{self.cloud.s}/providers/Microsoft.Authorization/roleDefinitions/{found.id}"
        body = {"properties": {
            "roleDefinitionId": definition, "principalId": self.id, "principalType": "ServicePrincipal",
        }}  # fmt: skip
        id = f"{self.registry.id}/providers/Microsoft.Authorization/roleAssignments/{self.cloud.world.uuid()}"
        assert self.cloud.ask("PUT", id, body, version="2022-04-01").status == 201

    def bearer(self, *actions: str) -> str:
        """A token of the registry for the repository app."""
        world = self.cloud.world
        who, home = directory.principal(world.state.principals[self.id]), world.state.registries[self.registry.name]
        return f"Bearer {tokens.access_token(world, home, who, [Scope('repository', 'app', frozenset(actions))])}"


def test_a_push_is_out_of_sight_until_it_passes(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    policy(cloud, "quarantinePolicy")
    hook = {"location": "westus", "properties": {"serviceUri": "https://x.example", "actions": ["push", "quarantine"]}}
    cloud.ask("PUT", f"{registry.id}/webhooks/hook12345", hook)
    digest = registry.push("app", "v1")
    assert registry.pull("app", "v1").code == "MANIFEST_UNKNOWN" and registry.tags("app") == []
    assert registry.ask("GET", "/acr/v1/app/_tags").json["tags"] is None
    assert registry.pull("app", digest).code == "REGISTRY_DISALLOWED_OPERATION"
    path = f"/acr/v1/app/_manifests/{digest}"
    shown = registry.ask("GET", path).json["manifest"]["changeableAttributes"]
    assert shown["quarantineState"] == "Quarantined"
    assert registry.ask("PATCH", path, b'{"quarantineState":"Failed","quarantineDetails":"{}"}').status == 200
    assert registry.pull("app", "v1").status == 404
    assert registry.ask("PATCH", path, b'{"quarantineState":"passed"}').status == 200
    assert registry.pull("app", "v1").status == 200 and registry.tags("app") == ["v1"]
    heard = cloud.ask("POST", f"{registry.id}/webhooks/hook12345/listEvents").json["value"]
    told = [each["eventRequestMessage"]["content"] for each in reversed(heard)]
    assert [each["action"] for each in told] == ["quarantine", "push"]
    assert told[1]["target"]["tag"] == "v1" and "mediaType" not in told[0]["target"]


def test_readers_of_the_quarantine_pull_by_digest_and_do_not_decide(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    policy(cloud, "quarantinePolicy")
    digest = registry.push("app", "v1")
    scanner = Scanner(cloud, registry)
    scanner.give("AcrPush")
    token = scanner.bearer("pull", "metadata_write")
    assert registry.pull("app", digest, token).code == "REGISTRY_DISALLOWED_OPERATION"
    path, passed = f"/acr/v1/app/_manifests/{digest}", b'{"quarantineState":"Passed"}'
    scanner.give("AcrQuarantineReader")
    assert registry.pull("app", digest, token).status == 200
    assert registry.pull("app", "v1", token).code == "MANIFEST_UNKNOWN"
    refused = registry.ask("PATCH", path, passed, auth=scanner.bearer("metadata_write"))
    assert refused.status in (401, 403) and registry.pull("app", "v1").status == 404


@pytest.mark.parametrize("mode", ["LegacyRegistryPermissions", "AbacRepositoryPermissions"])
def test_a_role_over_the_quarantine_is_enough_for_the_quarantine_and_for_nothing_else(
    cloud: Cloud, shelf: Make, mode: str
) -> None:
    registry = shelf(roleAssignmentMode=mode)
    seen = registry.push("app", "old", text="old")
    policy(cloud, "quarantinePolicy")
    digest = registry.push("app", "v1")
    layer = registry.pull_json("app", seen)["layers"][0]["digest"]
    scanner = Scanner(cloud, registry)
    path, passed = f"/acr/v1/app/_manifests/{digest}", b'{"quarantineState":"Passed"}'
    assert registry.pull("app", digest, scanner.bearer("pull")).status == 401
    scanner.give("AcrQuarantineReader")
    reading = scanner.bearer("pull", "metadata_write")
    assert registry.pull("app", digest, reading).status == 200
    config = registry.pull_json("app", digest, reading)["config"]["digest"]
    assert registry.ask("GET", f"/v2/app/blobs/{config}", auth=reading).status == 200
    assert registry.pull("app", seen, reading).status == 401, "what is not in quarantine is for AcrPull"
    assert registry.ask("GET", f"/v2/app/blobs/{layer}", auth=reading).status == 401
    assert registry.ask("GET", "/v2/app/tags/list", auth=reading).status == 401
    assert registry.ask("PATCH", path, passed, auth=reading).status == 401
    scanner.give("AcrQuarantineWriter")
    deciding = scanner.bearer("metadata_write")
    assert registry.ask("PATCH", path, b'{"deleteEnabled":false}', auth=deciding).status == 403
    assert registry.ask("PATCH", "/acr/v1/app/_tags/v1", b'{"deleteEnabled":false}', auth=deciding).status == 401
    assert registry.ask("PATCH", "/acr/v1/app", b'{"writeEnabled":false}', auth=deciding).status == 401
    assert registry.ask("PATCH", path, passed, auth=deciding).status == 200
    assert registry.pull("app", digest, reading).status == 401, "it has left the quarantine"


@pytest.mark.parametrize(
    "body", [b'{"quarantineState":"Maybe"}', b'{"quarantineState":5}', b'{"quarantineDetails":[]}']
)
def test_a_malformed_decision_is_refused(cloud: Cloud, shelf: Make, body: bytes) -> None:
    registry = shelf()
    policy(cloud, "quarantinePolicy")
    digest = registry.push("app", "v1")
    assert registry.ask("PATCH", f"/acr/v1/app/_manifests/{digest}", body).status == 400


def test_what_was_there_before_the_policy_stays_in_sight(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    registry.push("app", "v1")
    policy(cloud, "quarantinePolicy")
    assert registry.pull("app", "v1").status == 200


def test_replay_gives_the_same_state(cloud: Cloud, soft: Shelf) -> None:
    digest = soft.push("app", "v1", "v2")
    soft.delete("app", digest)
    restore(soft, "app", digest, "v1")
    soft.delete("app", soft.push("app", "v3", text="other"))
    cloud.world.advance(2 * DAY)
    before = cloud.world.state
    cloud.world.snapshot("now")
    cloud.world.restore("now")
    assert cloud.world.state == before and cloud.world.state is not before
