"""acr purge as an engine use case, over content that was pushed through the data plane."""

from collections.abc import Callable
from typing import Any

import pytest

from acrlab.domain.access import ANONYMOUS, Principal
from acrlab.domain.errors import Unauthenticated
from acrlab.domain.purges import Options, PurgeInvalid, age
from acrlab.engine import tokens
from acrlab.engine.lifecycle.purge import Report, purge
from tests.arm.cloud import Cloud
from tests.lifecycle.content import Shelf

Make = Callable[..., Shelf]
DAY = 86400.0


@pytest.fixture
def shop(cloud: Cloud, shelf: Make) -> Shelf:
    """Five tags, a day apart; the newest is a day old."""
    registry = shelf()
    for number in range(1, 6):
        registry.push("shop/web", f"v{number}", text=str(number))
        cloud.world.advance(DAY)
    registry.push("shop/db", "v1")
    return registry


def run(shop: Shelf, *filters: str, by: Principal | None = None, **flags: Any) -> Report:
    world = shop.cloud.world
    registry = world.state.registries[shop.name]
    return purge(world, registry, by or tokens.admin(registry), Options(filters=filters, **flags))


def test_old_tags_go_and_their_manifests_stay(shop: Shelf) -> None:
    report = run(shop, "shop/web:.*", ago="2d12h")
    assert report.tags == ("shop/web:v3", "shop/web:v2", "shop/web:v1") and report.manifests == ()
    assert shop.tags("shop/web") == ["v4", "v5"] and len(shop.digests("shop/web")) == 5
    assert report.lines[-2:] == ("Number of deleted tags: 3", "Number of deleted manifests: 0")
    assert "Deleted: contoso.azurecr.io/shop/web:v1" in report.lines


def test_a_dry_run_says_the_same_and_does_nothing(shop: Shelf) -> None:
    before = shop.cloud.world.version
    report = run(shop, "shop/web:.*", ago="0d", untagged=True, dry_run=True)
    assert (len(report.tags), len(report.manifests)) == (5, 5) and shop.cloud.world.version == before
    assert report.lines[-2:] == ("Number of tags to be deleted: 5", "Number of manifests to be deleted: 5")
    done = run(shop, "shop/web:.*", ago="0d", untagged=True)
    assert (done.tags, done.manifests) == (report.tags, report.manifests)
    assert shop.digests("shop/web") == [] and shop.tags("shop/db") == ["v1"]


def test_keep_spares_the_newest_of_those_that_would_go(shop: Shelf) -> None:
    assert run(shop, "shop/web:.*", ago="1d12h", keep=2).tags == ("shop/web:v2", "shop/web:v1")
    assert shop.tags("shop/web") == ["v3", "v4", "v5"]


def test_a_repository_is_matched_whole_and_a_tag_anywhere(shop: Shelf) -> None:
    assert run(shop, "shop:.*", ago="0d").tags == ()
    assert run(shop, "shop/.*:[12]$", ago="12h", dry_run=True).tags == ("shop/web:v2", "shop/web:v1")
    assert run(shop, "shop/web:^v1$", "shop/web:5", ago="0d").tags == ("shop/web:v5", "shop/web:v1")


def test_untagged_goes_but_for_the_parts_of_what_stays_and_what_refers(cloud: Cloud, shelf: Make) -> None:
    registry = shelf()
    parts = [registry.push("app", text=text) for text in ("one", "two")]
    index = registry.index("app", *parts, tags=("v1",))
    loose = registry.push("app", text="loose")
    assert run(registry, untagged_only=True).manifests == ()
    cloud.world.advance(1)
    assert run(registry, untagged_only=True).manifests == (f"app@{loose}",)
    assert set(registry.digests("app")) == {index, *parts}
    gone = run(registry, "app:.*", ago="0d", untagged=True).manifests
    assert set(gone) == {f"app@{each}" for each in (index, *parts)}
    assert registry.digests("app") == []


def test_locked_content_stays_unless_it_is_asked_for(shop: Shelf) -> None:
    digest = shop.pull("shop/web", "v1").headers["docker-content-digest"]
    shop.ask("PATCH", "/acr/v1/shop/web/_tags/v1", b'{"deleteEnabled":false}')
    shop.ask("PATCH", f"/acr/v1/shop/web/_manifests/{digest}", b'{"writeEnabled":false}')
    shop.cloud.world.advance(DAY)
    assert "shop/web:v1" not in run(shop, "shop/web:.*", ago="12h", untagged=True).tags
    assert shop.tags("shop/web") == ["v1"]
    report = run(shop, "shop/web:.*", ago="12h", untagged=True, include_locked=True)
    assert report.tags == ("shop/web:v1",) and shop.digests("shop/web") == []


def test_a_purge_needs_its_rights(shop: Shelf) -> None:
    with pytest.raises(Unauthenticated):
        run(shop, "shop/web:.*", ago="0d", by=ANONYMOUS)
    assert len(shop.tags("shop/web")) == 5


@pytest.mark.parametrize(
    ("filters", "flags"),
    [
        ((), {"ago": "1d"}), (("a:b",), {}), (("a",), {"ago": "1d"}), ((":b",), {"ago": "1d"}),
        (("a:",), {"ago": "1d"}),
        (("a:(",), {"ago": "1d"}), (("a:(a+)+$",), {"ago": "1d"}), (("a:(a|a)*$",), {"ago": "1d"}),
        (("a:" + "a*" * 9,), {"ago": "1d"}), (("a:" + "x" * 300,), {"ago": "1d"}), (("a:b",), {"ago": "soon"}),
        (("a:b",), {"ago": "-1d"}), (("a:b",), {"ago": "1d", "keep": -1}),
        (("a:b",), {"ago": "1d", "untagged": True, "untagged_only": True}),
    ],
)  # fmt: skip
def test_what_a_purge_cannot_be_told(shop: Shelf, filters: tuple[str, ...], flags: Any) -> None:
    before = shop.cloud.world.version
    with pytest.raises(PurgeInvalid):
        run(shop, *filters, **flags)
    assert shop.cloud.world.version == before


def test_ages() -> None:
    assert (age("2d3h6m"), age("1.5h"), age("90s"), age("500ms")) == (183960, 5400, 90, 0.5)
    assert age("999999999d") == age("54787.5d")
