"""Quotas of each tier at their edges: the last that fits is made, the next is refused, and a downgrade counts them."""

from collections.abc import Callable
from typing import Any

import pytest

from acrlab.domain import events, tiers
from acrlab.engine import groups
from tests.arm.cloud import STABLE, Answer, Cloud

Maker = Callable[[Cloud, int], Answer]
TIERS = ("Basic", "Standard", "Premium")


def child(cloud: Cloud, kind: str, name: str, body: dict[str, Any]) -> Answer:
    return cloud.ask("PUT", f"{cloud.r}/contoso/{kind}/{name}", body)


def webhook(cloud: Cloud, number: int) -> Answer:
    hook = {"serviceUri": "https://x.example", "actions": ["push"]}
    return child(cloud, "webhooks", f"hook{number:04}", {"location": "westus", "properties": hook})


def scope_map(cloud: Cloud, number: int) -> Answer:
    actions = ["repositories/app/content/read"]
    return child(cloud, "scopeMaps", f"map-{number:05}", {"properties": {"actions": actions}})


def token(cloud: Cloud, number: int) -> Answer:
    id = f"{cloud.r}/contoso/scopeMaps/_repositories_pull"
    return child(cloud, "tokens", f"token-{number:05}", {"properties": {"scopeMapId": id}})


def replication(cloud: Cloud, number: int) -> Answer:
    region = [each for each in groups.regions() if each != "westus"][number]
    return child(cloud, "replications", region, {"location": region})


def cache_rule(cloud: Cloud, number: int) -> Answer:
    rule = {"sourceRepository": f"docker.io/library/a{number}", "targetRepository": f"a{number}"}
    return child(cloud, "cacheRules", f"rule-{number:05}", {"properties": rule})


MAKERS: dict[str, Maker] = {
    "webhooks": webhook, "scope_maps": scope_map, "tokens": token, "replications": replication,
    "cache_rules": cache_rule,
}  # fmt: skip
WORDS = {"webhooks": "webhooks", "scope_maps": "scopeMaps", "tokens": "tokens", "cache_rules": "cacheRules"}


def filled(cloud: Cloud, limit: str, count: int) -> None:
    """So many of them, the first asked for and the others as their events: a quota is about how many there are."""
    if not count:
        return
    assert MAKERS[limit](cloud, 0).status in (200, 201)
    made = cloud.world.state.resources[next(key for key in cloud.world.state.resources if _of(key, limit))]
    stem, slash, _ = made.id.rpartition("/")
    cloud.world.commit(*(
        events.ResourcePut(at=made.created, id=f"{stem}{slash}filler-{number:05}", body=made.body)
        for number in range(1, count)
    ))  # fmt: skip


def _of(key: str, limit: str) -> bool:
    return f"/{WORDS[limit].lower()}/" in key and "/_repositories" not in key


@pytest.mark.parametrize("sku", TIERS)
@pytest.mark.parametrize("limit", WORDS)
def test_the_last_that_fits_is_made_and_the_next_is_not(cloud: Cloud, limit: str, sku: str) -> None:
    cloud.registry(sku=sku)
    most = tiers.profile().tier(sku).limit(limit)
    filled(cloud, limit, most - 1)
    assert MAKERS[limit](cloud, most).status in (200, 201)
    refused = MAKERS[limit](cloud, most + 1)
    assert (refused.status, refused.code) == (400, "QuotaExceeded")
    assert refused.message == (
        f"Quota exceeded for resource type {WORDS[limit]} for the registry SKU {sku}. Learn more about different SKU "
        "quotas and upgrade process: https://aka.ms/acr/tiers"
    )
    assert MAKERS[limit](cloud, most).status in (200, 201), "one that is there can be changed"
    usage = {each["name"]: each for each in cloud.ask("GET", f"{cloud.r}/contoso/listUsages").json["value"]}
    shown = {"webhooks": "Webhooks", "scope_maps": "ScopeMaps", "tokens": "Tokens"}.get(limit)
    if shown is not None:
        assert usage[shown]["currentValue"] == usage[shown]["limit"] == most
    one = next(key for key in cloud.world.state.resources if _of(key, limit) and "filler" not in key)
    assert cloud.ask("DELETE", one).status in (200, 202, 204)
    assert MAKERS[limit](cloud, most + 1).status in (200, 201), "a place that is free is given again"


@pytest.mark.parametrize("sku", ["Basic", "Standard"])
def test_a_quota_of_nothing_is_a_feature_that_lacks(cloud: Cloud, sku: str) -> None:
    cloud.registry(sku=sku)
    refused = replication(cloud, 0)
    assert (refused.status, refused.code) == (400, "FeatureNotSupported")


def test_replications_have_no_quota(cloud: Cloud) -> None:
    cloud.registry()
    most = len(groups.regions()) - 1
    assert {replication(cloud, number).status for number in range(most)} <= {200, 201}


@pytest.mark.parametrize(("profile", "most"), [("current-2026", 200), ("exam-classic", 100)])
def test_ip_rules(make: Callable[..., Cloud], profile: str, most: int) -> None:
    cloud = make(profile=profile)
    cloud.group()
    cloud.registry()

    def ruled(count: int) -> Answer:
        rules = [{"action": "Allow", "value": f"10.0.{number // 250}.{number % 250}"} for number in range(count)]
        change = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": rules}}}
        return cloud.ask("PATCH", f"{cloud.r}/contoso", change, version=STABLE)

    assert ruled(most).status == 200
    refused = ruled(most + 1)
    assert (refused.status, refused.code) == (400, "QuotaExceeded") and "resource type ipRules" in refused.message


@pytest.mark.parametrize(
    ("limit", "sku", "title"),
    [("webhooks", "Basic", "Webhooks"), ("webhooks", "Standard", "Webhooks"), ("tokens", "Basic", "Tokens"),
     ("scope_maps", "Standard", "Scope maps")],
)  # fmt: skip
def test_a_downgrade_counts_what_there_is(cloud: Cloud, limit: str, sku: str, title: str) -> None:
    cloud.registry()
    most = tiers.profile().tier(sku).limit(limit)
    filled(cloud, limit, most + 1)
    refused = cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": sku}})
    assert refused.status == 400
    assert f"{title}: the registry has {most + 1}, the SKU {sku} allows {most}." in refused.message
    one = next(key for key in cloud.world.state.resources if _of(key, limit) and "filler" not in key)
    assert cloud.ask("DELETE", one).status in (200, 202, 204)
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": sku}}).status == 200
    up = cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Premium"}})
    assert (up.status, up.json["sku"]["name"]) == (200, "Premium"), "up is always possible"


def test_a_downgrade_waits_for_replications(cloud: Cloud) -> None:
    cloud.registry()
    assert replication(cloud, 0).status in (200, 201)
    refused = cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Standard"}})
    assert refused.status == 400
    assert "Geo-replications: the registry has 1, the SKU Standard allows 0." in refused.message
    region = next(each for each in groups.regions() if each != "westus")
    assert cloud.ask("DELETE", f"{cloud.r}/contoso/replications/{region}").status == 202
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Standard"}}).status == 200


def test_all_that_stands_against_it_is_told_at_once(cloud: Cloud) -> None:
    cloud.registry(anonymousPullEnabled=True, dataEndpointEnabled=True)
    filled(cloud, "webhooks", 3)
    refused = cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Basic"}})
    for text in ("Webhooks: the registry has 3", "Anonymous pull: in use", "Dedicated data endpoints: in use"):
        assert text in refused.message
    assert len(cloud.world.refusals[-1].because) == 3
    assert cloud.ask("GET", f"{cloud.r}/contoso").json["sku"]["name"] == "Premium"
