"""Rates and room of a tier: what a bucket refuses and when it opens again, and where a registry is full."""

from collections.abc import Callable

import pytest

from acrlab.domain import events, tiers
from acrlab.domain.access import ANONYMOUS, Principal, Scope
from acrlab.domain.errors import TooManyRequests
from acrlab.engine import tokens
from acrlab.engine.throttling import WINDOW, Buckets
from acrlab.wire.http import Request, Response
from tests.arm.cloud import Cloud
from tests.lifecycle.content import Reply, Shelf, digest_of

TIERS = ("Basic", "Standard", "Premium")
SOMEBODY = Principal(id="1", kind="user", name="somebody")
ELSE = Principal(id="2", kind="user", name="somebody else")
CLASSIC = {"Basic": (1000, 100), "Standard": (3000, 500), "Premium": (10000, 2000)}


@pytest.fixture
def counted(make: Callable[..., Cloud]) -> Callable[..., Cloud]:
    """A world that counts, with a registry."""

    def build(sku: str = "Basic", profile: str = "current-2026", **properties: object) -> Cloud:
        cloud = make(profile=profile)
        cloud.world.buckets = Buckets()
        assert cloud.group().status == 201
        assert cloud.registry(sku=sku, adminUserEnabled=True, **properties).status == 201
        return cloud

    return build


def drawn(cloud: Cloud, category: str, who: Principal = SOMEBODY) -> int:
    """How many requests pass before one is refused."""
    assert cloud.world.buckets is not None
    registry, count = cloud.world.state.registries["contoso"], 0
    try:
        while True:
            cloud.world.buckets.take(cloud.world, registry, who, category)
            count += 1
    except TooManyRequests:
        return count


def left(cloud: Cloud, category: str, who: Principal = SOMEBODY) -> str:
    """What Retry-After says; "" when the request passes."""
    assert cloud.world.buckets is not None
    try:
        cloud.world.buckets.take(cloud.world, cloud.world.state.registries["contoso"], who, category)
    except TooManyRequests as refusal:
        return str(dict(refusal.fields["headers"])["retry-after"])
    return ""


@pytest.mark.parametrize("sku", TIERS)
def test_the_rates_of_2026(counted: Callable[..., Cloud], sku: str) -> None:
    facts = tiers.profile().tier(sku).rates
    for category in ("DataplaneRead", "DataplaneWrite", "DataplaneDelete", "ListReferrers"):
        cloud = counted(sku)
        own, whole = facts[category].per_identity, facts[category].per_registry
        assert own is not None
        assert drawn(cloud, category) == own, "an identity ends before the registry does"
        assert drawn(cloud, category, ELSE) == whole - own
        assert drawn(cloud, category, ANONYMOUS) == 0
    assert drawn(counted(sku), "OAuth") == facts["OAuth"].per_registry


def test_a_referrers_list_is_a_read_too(counted: Callable[..., Cloud]) -> None:
    cloud = counted()
    drawn(cloud, "DataplaneRead")
    assert left(cloud, "ListReferrers") == "60"
    other = counted()
    assert drawn(other, "ListReferrers") == 250
    assert drawn(other, "DataplaneRead") == 5000 - 250, "each of them was charged as a read, the refused one was not"


@pytest.mark.parametrize("sku", TIERS)
def test_the_rates_that_study_material_quotes(counted: Callable[..., Cloud], sku: str) -> None:
    reads, writes = CLASSIC[sku]
    cloud = counted(sku, "exam-classic")
    assert drawn(cloud, "DataplaneRead") == reads
    assert drawn(cloud, "DataplaneWrite") == writes
    assert drawn(cloud, "DataplaneDelete") == 0, "deleting is a write operation there"
    assert left(cloud, "OAuth") == ""


def test_retry_after_counts_down_and_the_bucket_opens(counted: Callable[..., Cloud]) -> None:
    cloud = counted(profile="exam-classic")
    drawn(cloud, "DataplaneWrite")
    assert left(cloud, "DataplaneWrite") == "60"
    cloud.world.advance(10)
    assert left(cloud, "DataplaneWrite") == "50"
    cloud.world.advance(WINDOW - 10.5)
    assert left(cloud, "DataplaneWrite") == "1"
    cloud.world.advance(0.5)
    assert drawn(cloud, "DataplaneWrite") == 100, "it has filled meanwhile"


def test_it_fills_while_requests_come(counted: Callable[..., Cloud]) -> None:
    cloud = counted(profile="exam-classic")
    for _ in range(60):  # a request every 0.6 seconds is what Basic takes for ever
        for _ in range(5):
            assert left(cloud, "DataplaneWrite") == ""
        cloud.world.advance(3)


def test_a_change_of_tier_changes_the_bucket(counted: Callable[..., Cloud]) -> None:
    cloud = counted(profile="exam-classic")
    drawn(cloud, "DataplaneWrite")
    assert cloud.ask("PATCH", f"{cloud.r}/contoso", {"sku": {"name": "Standard"}}).status == 200
    assert drawn(cloud, "DataplaneWrite") == 500


def test_the_answer_is_the_services(counted: Callable[..., Cloud]) -> None:
    cloud = counted(profile="exam-classic")
    shelf = Shelf(cloud, "contoso")
    found = [shelf.ask("POST", "/v2/app/blobs/uploads/") for _ in range(101)]
    assert [each.status for each in found] == [202] * 100 + [429]
    refused = found[-1]
    assert refused.headers["retry-after"] == "60"
    assert refused.json["errors"][0] == {
        "code": "TOOMANYREQUESTS",
        "message": "Too many requests. Please visit https://aka.ms/acr/skus#sku-feature-matrix to view limits of all "
                   "service tiers.",
    }  # fmt: skip
    assert cloud.world.refusals[-1].because[0] == (
        "the bucket WriteOps of the registry contoso is empty: tier Basic has 100 requests a minute"
    )
    assert shelf.ask("GET", "/v2/").status == 200, "reads have a bucket of their own"
    cloud.registry("fabrikam", "Basic", adminUserEnabled=True)
    assert Shelf(cloud, "fabrikam").ask("POST", "/v2/app/blobs/uploads/").status == 202


def test_a_refused_credential_draws_nothing(counted: Callable[..., Cloud]) -> None:
    cloud = counted(profile="exam-classic")
    for _ in range(150):
        answer = cloud.app.begin(Request("POST", "contoso.azurecr.io", "/v2/app/blobs/uploads/", "", {}, authority=""))
        assert isinstance(answer, Response) and answer.status == 401
    assert drawn(cloud, "DataplaneWrite") == 100


def test_what_is_counted_is_not_repeated_by_a_door(counted: Callable[..., Cloud]) -> None:
    cloud = counted()
    path = f"/v2/app/manifests/{Shelf(cloud, 'contoso').push('app', 'v1')}"
    registry = cloud.world.state.registries["contoso"]
    asked = [Scope("repository", "app", frozenset({"pull"}))]
    bearer = f"Bearer {tokens.access_token(cloud.world, registry, tokens.admin(registry), asked)}"

    def fresh_until() -> float:
        head = Request("GET", registry.login_server, path, "", {"authorization": bearer}, authority="")
        answer = cloud.app.begin(head)
        assert isinstance(answer, Response) and answer.status == 200
        return answer.fresh_until

    assert fresh_until() == 0.0
    cloud.world.buckets = None
    assert fresh_until() > cloud.world.now()


def test_without_the_switch_nobody_is_throttled(cloud: Cloud) -> None:
    cloud.registry(sku="Basic", adminUserEnabled=True)
    shelf = Shelf(cloud, "contoso")
    assert cloud.world.buckets is None
    assert {shelf.ask("POST", "/v2/app/blobs/uploads/").status for _ in range(1100)} == {202}


# Room


@pytest.mark.parametrize(("profile", "sku", "stated"), [
    ("current-2026", "Basic", "40 TiB"), ("current-2026", "Premium", "100 TiB"), ("exam-classic", "Premium", "20 TiB"),
])  # fmt: skip
def test_a_full_registry_takes_nothing_more(make: Callable[..., Cloud], profile: str, sku: str, stated: str) -> None:
    cloud = make(profile=profile)
    cloud.group()
    cloud.registry(sku=sku, adminUserEnabled=True)
    shelf = Shelf(cloud, "contoso")
    digest = shelf.push("app", "v1")
    limit = tiers.profile(profile).tier(sku).limit("max_storage")
    fill(cloud, limit - cloud.world.state.registries["contoso"].stored - 4)
    assert add(shelf, "app", b"four").status == 201
    refused = add(shelf, "app", b"5")
    assert (refused.status, refused.json["errors"][0]["code"]) == (405, "REGISTRY_DISALLOWED_OPERATION")
    assert f"the {stated} of the SKU {sku}" in cloud.world.refusals[-1].because[0]
    again = add(shelf, "other", b"four")
    assert again.status == 201, "content that is there already takes no room"
    assert shelf.ask("GET", f"/v2/app/manifests/{digest}").status == 200
    assert shelf.ask("DELETE", f"/v2/app/manifests/{digest}").status == 202
    assert add(shelf, "app", b"5").status == 201


def test_an_import_needs_room_for_all_of_it(make: Callable[..., Cloud]) -> None:
    cloud = make()
    cloud.group()
    cloud.registry("source", "Basic", adminUserEnabled=True)
    Shelf(cloud, "source").push("app", "v1")
    cloud.registry(sku="Basic")
    fill(cloud, tiers.profile().tier("Basic").limit("max_storage") - 10)
    body = {"source": {"resourceId": f"{cloud.r}/source", "sourceImage": "app:v1"}, "targetTags": ["app:v1"]}
    refused = cloud.ask("POST", f"{cloud.r}/contoso/importImage", body)
    assert refused.status >= 400 and "would exceed the 40 TiB" in cloud.world.refusals[-1].because[0]
    assert not cloud.world.state.registries["contoso"].visible()


def fill(cloud: Cloud, size: int) -> None:
    """Content that nobody wants to push for a test: its event alone."""
    digest = f"sha256:{'f' * 64}"
    linked = events.BlobLinked(
        at=cloud.world.now(), registry="contoso", repository="large", digest=digest, size=size
    )  # fmt: skip
    cloud.world.commit(linked)


def add(shelf: Shelf, repository: str, data: bytes) -> Reply:
    return shelf.ask("POST", f"/v2/{repository}/blobs/uploads/?digest={digest_of(data)}", data)
