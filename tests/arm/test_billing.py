"""The cost meter: days, storage, regions and tasks on the world's clock, and the same in another tier."""

from collections.abc import Callable

import pytest

from acrlab.domain import billing, events, tiers
from acrlab.domain.billing import GIB, MONTH, Bill, Span
from acrlab.engine import billing as meter
from tests.arm.cloud import Cloud

DAY = 86400.0
UNIT = {"Basic": 0.1666, "Standard": 0.6666, "Premium": 1.6666}
GB_MONTH = 0.10


def bill(cloud: Cloud, name: str = "contoso", tier: str = "") -> Bill:
    (account,) = [each for each in meter.accounts(cloud.world) if each.registry == name]
    return meter.bill(cloud.world, account, tier)


def amounts(found: Bill) -> dict[str, float | None]:
    return {each.name: each.amount for each in found.lines}


def hold(cloud: Cloud, size: int, name: str = "contoso") -> None:
    """Content that nobody wants to push for a test: its event alone."""
    digest = f"sha256:{size:064x}"
    cloud.world.commit(
        events.BlobLinked(at=cloud.world.now(), registry=name, repository="large", digest=digest, size=size)
    )


@pytest.mark.parametrize("tier", UNIT)
def test_a_registry_costs_by_the_day(cloud: Cloud, tier: str) -> None:
    cloud.registry(sku=tier)
    cloud.world.advance(10.5 * DAY)
    found = bill(cloud)
    assert amounts(found) == {"registry_unit": pytest.approx(10.5 * UNIT[tier])}
    assert found.total == pytest.approx(10.5 * UNIT[tier]) and not found.unpriced
    assert found.until - found.since == 10.5 * DAY
    assert found.lines[0].meter == f"{tier} Registry Unit (1/Day)"


def test_what_is_included_is_free_and_the_rest_is_not(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    hold(cloud, 10 * GIB)
    cloud.world.advance(MONTH)
    assert amounts(bill(cloud)) == {"registry_unit": pytest.approx(365 / 12 * UNIT["Basic"])}
    hold(cloud, 15 * GIB)
    cloud.world.advance(MONTH)
    assert amounts(bill(cloud))["extra_storage"] == pytest.approx(15 * GB_MONTH)
    elsewhere = amounts(bill(cloud, tier="standard"))
    assert "extra_storage" not in elsewhere and elsewhere["registry_unit"] == pytest.approx(730 / 12 * UNIT["Standard"])


def test_the_documents_own_example(cloud: Cloud) -> None:
    """Source: container-registry-skus: Basic with 25 GB costs 0.167 + 15 x 0.003 = 0.212 a day."""
    cloud.registry(sku="Basic")
    hold(cloud, 25 * GIB)
    cloud.world.advance(DAY)
    assert bill(cloud).total == pytest.approx(0.212, abs=0.005)


def test_deleted_content_stops_costing(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    hold(cloud, 20 * GIB)
    cloud.world.advance(MONTH)
    digest = f"sha256:{20 * GIB:064x}"
    cloud.world.commit(
        events.BlobUnlinked(at=cloud.world.now(), registry="contoso", repository="large", digest=digest)
    )  # fmt: skip
    cloud.world.advance(MONTH)
    assert amounts(bill(cloud))["extra_storage"] == pytest.approx(10 * GB_MONTH)


def test_a_change_of_tier_is_two_lines(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    cloud.world.advance(2 * DAY)
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Premium"}}).status == 200
    cloud.world.advance(3 * DAY)
    found = bill(cloud)
    assert [(each.meter.split()[0], each.quantity) for each in found.lines] == [("Basic", 2.0), ("Premium", 3.0)]
    assert found.total == pytest.approx(2 * UNIT["Basic"] + 3 * UNIT["Premium"]) and found.tier == "Premium"
    cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Basic"}})
    cloud.world.advance(DAY)
    assert bill(cloud).tier == "Basic" and bill(cloud).lines[0].quantity == 3.0


def test_every_further_region_costs_and_its_storage_has_no_known_price(cloud: Cloud) -> None:
    cloud.registry()
    hold(cloud, 3 * GIB)
    cloud.world.advance(DAY)
    made = cloud.ask("PUT", f"{cloud.r}/contoso/replications/eastus", {"location": "eastus"})
    assert made.status in (200, 201)
    cloud.world.advance(4 * DAY)
    found = bill(cloud)
    assert amounts(found)["geo_replica"] == pytest.approx(4 * UNIT["Premium"])
    assert found.unpriced == ("Premium GB Registry Replication Data Stored (1 GB/Month)",)
    assert found.total == pytest.approx(9 * UNIT["Premium"])
    lower = bill(cloud, tier="Basic")
    assert amounts(lower) == {"registry_unit": pytest.approx(5 * UNIT["Basic"])}
    assert any("Geo-replications: the registry has 1" in each for each in lower.obstacles)
    assert cloud.ask("DELETE", f"{cloud.r}/contoso/replications/eastus").status == 202
    cloud.world.advance(DAY)
    assert amounts(bill(cloud))["geo_replica"] == pytest.approx(4 * UNIT["Premium"])


def test_a_home_replication_is_no_further_region(cloud: Cloud) -> None:
    cloud.registry(zoneRedundancy="Enabled")
    cloud.world.advance(DAY)
    assert amounts(bill(cloud)) == {"registry_unit": pytest.approx(UNIT["Premium"])}


def test_tasks_have_six_thousand_free_seconds_a_month() -> None:
    span = [Span(DAY, "Basic", 0, 0)]
    (_, task) = billing.lines(tiers.profile(), span, {"2026-09": 7000.0, "2026-10": 5000.0})
    assert (task.name, task.quantity, task.amount) == ("task_vcpu_second", 1000.0, pytest.approx(0.1))


def test_seconds_of_a_run_count_for_each_of_its_processors(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    id, now = f"{cloud.r}/contoso/runs/ca1", cloud.world.now()
    cloud.world.commit(
        events.RunQueued(at=now, id=id, registry="contoso", number=1, log="x", request={},
                         properties={"agentConfiguration": {"cpu": 4}}),
        events.RunStarted(at=now, id=id), events.RunEnded(at=now, id=id, status="Succeeded", seconds=2000.0),
    )  # fmt: skip
    cloud.world.advance(DAY)
    assert amounts(bill(cloud))["task_vcpu_second"] == pytest.approx(0.2)


def test_a_deleted_registry_has_cost_until_then(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    cloud.world.advance(DAY)
    assert cloud.ask("DELETE", f"{cloud.r}/contoso").status in (200, 202)
    cloud.world.advance(30 * DAY)
    assert bill(cloud).total == pytest.approx(UNIT["Basic"])
    cloud.registry(sku="Basic")
    assert len(meter.accounts(cloud.world)) == 2, "a new one of the same name begins a new account"


def test_the_bill_belongs_to_the_present_history(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    cloud.world.advance(DAY)
    cloud.world.snapshot("then")
    cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Premium"}})
    cloud.world.advance(DAY)
    cloud.world.restore("then")
    assert bill(cloud).total == pytest.approx(UNIT["Basic"])


def test_a_year_is_billed_twice_the_same(make: Callable[..., Cloud]) -> None:
    found = []
    for _ in range(2):
        cloud = make()
        cloud.group()
        cloud.registry(sku="Standard")
        for size in (60, 70, 80):
            hold(cloud, size * GIB)
            cloud.world.advance(365 * DAY / 3)
        found.append(bill(cloud))
    assert found[0] == found[1]
    assert amounts(found[0])["extra_storage"] == pytest.approx((30 + 110) * 4 * GB_MONTH)


def test_a_month_of_any_tier() -> None:
    facts = tiers.profile()
    assert billing.monthly(facts, "Basic", 300 * GIB) == pytest.approx(365 / 12 * UNIT["Basic"] + 290 * GB_MONTH)
    assert billing.monthly(facts, "Premium", 0, regions=3) == pytest.approx(3 * 365 / 12 * UNIT["Premium"])


def test_a_tier_that_does_not_exist(cloud: Cloud) -> None:
    cloud.registry(sku="Basic")
    with pytest.raises(KeyError):
        bill(cloud, tier="Gold")
