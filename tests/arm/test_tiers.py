"""What a tier refuses, and what stands against changing it."""

from collections.abc import Callable
from typing import Any

import pytest

from acrlab.domain import events
from tests.arm.cloud import NEWEST, NOW, Cloud

OFF = {"status": "disabled"}


def policy(name: str, **values: Any) -> dict[str, Any]:
    return {"policies": {f"{name}Policy": {"status": "enabled", **values}}}


@pytest.mark.parametrize(
    ("sku", "properties", "code", "text"),
    [
        ("Basic", {"anonymousPullEnabled": True}, "BadRequest", "Anonymous pull is not supported for SKU Managed_B"),
        (
            "Standard", {"publicNetworkAccess": "Disabled"}, "DisablingPublicNetworkAccessNotSupported",
            "Disabling public network access is not supported for the SKU Standard.",
        ),
        (
            "Basic", {"networkRuleSet": {"defaultAction": "Deny"}}, "NetworkRuleNotSupported",
            "The requested feature virtual network rule is not supported for the SKU Basic.",
        ),
        ("Standard", {"networkRuleSet": {"ipRules": [{"value": "1.2.3.4"}]}}, "NetworkRuleNotSupported", "Standard"),
        ("Standard", {"dataEndpointEnabled": True}, "FeatureNotSupported", "data endpoint"),
        ("Standard", {"regionalEndpoints": "Enabled"}, "FeatureNotSupported", "regional endpoints"),
        ("Standard", {"encryption": {"status": "enabled"}}, "FeatureNotSupported", "customer-managed key"),
        ("Standard", policy("trust"), "FeatureNotSupported", "content trust"),
        ("Standard", policy("retention", days=5), "FeatureNotSupported", "retention policy"),
        ("Standard", policy("quarantine"), "FeatureNotSupported", "quarantine policy"),
        ("Standard", {"policies": {"exportPolicy": OFF}}, "FeatureNotSupported", "export policy"),
    ],
)  # fmt: skip
def test_a_tier_without_the_feature(cloud: Cloud, sku: str, properties: dict[str, Any], code: str, text: str) -> None:
    before = cloud.world.version
    answer = cloud.registry(sku=sku, version=NEWEST, **properties)
    assert (answer.status, answer.code, answer.json["status"]) == (400, code, "Failed")
    assert text in answer.message
    assert cloud.world.version == before
    assert any("those that have it" in reason for reason in cloud.world.refusals[-1].because)
    assert cloud.world.refusals[-1].evidence in ("recorded", "doc", "inferred")
    premium = cloud.registry(version=NEWEST, **properties)
    # A key of one's own needs a vault, closed exports a closed door: there the tier no longer stands in the way.
    assert premium.status == 201 or premium.code in ("InvalidEncryptionKey", "ExportPolicyConflict"), "Premium has it"


@pytest.mark.parametrize(
    ("sku", "properties"),
    [
        ("Standard", {"anonymousPullEnabled": True}),
        ("Basic", policy("softDelete")),
        ("Basic", {"zoneRedundancy": "Enabled"}),
    ],
)
def test_what_lower_tiers_have(cloud: Cloud, sku: str, properties: dict[str, Any]) -> None:
    assert cloud.registry(sku=sku, version=NEWEST, **properties).status == 201


def test_zones_were_premium_in_the_classic_profile(make: Callable[..., Cloud]) -> None:
    cloud = make(profile="exam-classic")
    cloud.group()
    answer = cloud.registry(sku="Basic", version=NEWEST, zoneRedundancy="Enabled")
    assert (answer.status, answer.code) == (400, "FeatureNotSupported")


def test_there_is_room_for_so_many_rules(cloud: Cloud) -> None:
    rules = [{"value": f"1.2.{each // 256}.{each % 256}"} for each in range(201)]
    assert cloud.registry("within", networkRuleSet={"ipRules": rules[:200]}).status == 201
    answer = cloud.registry("beyond", networkRuleSet={"ipRules": rules})
    assert (answer.status, answer.code) == (400, "QuotaExceeded")
    assert "Quota exceeded for resource type ipRules for the registry SKU Premium." in answer.message


def moved(cloud: Cloud, sku: str) -> Any:
    return cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": sku}})


def test_up_and_down_while_nothing_stands_against_it(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    for sku in ("Premium", "Standard", "Basic"):
        assert moved(cloud, sku).json["sku"] == {"name": sku, "tier": sku}
    assert "networkRuleSet" not in cloud.ask("GET", f"{cloud.r}/contoso").json["properties"]


def test_down_only_without_what_the_lower_tier_lacks(cloud: Cloud) -> None:
    cloud.registry(sku="Premium", dataEndpointEnabled=True, anonymousPullEnabled=True)
    answer = moved(cloud, "Basic")
    assert (answer.status, answer.code) == (400, "FeatureNotSupported")
    assert "data endpoints" in answer.message
    assert "nonymous" in answer.message
    body = {"sku": {"name": "Standard"}, "properties": {"dataEndpointEnabled": False}}
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", body).status == 200, "removed in the same request"


def test_down_only_when_the_data_fits(make: Callable[..., Cloud]) -> None:
    cloud = make()
    cloud.group()
    cloud.registry(sku="Premium")
    held = events.BlobLinked(at=NOW, registry="contoso", repository="app", digest=f"sha256:{'a' * 64}", size=50 * 2**40)
    cloud.world.commit(held)
    answer = moved(cloud, "Standard")
    assert (answer.status, answer.code) == (400, "FeatureNotSupported")
    assert "torage ceiling" in answer.message
