"""The cheapest tier that does, why, and what a month of each costs."""

from itertools import combinations

import pytest

from acrlab import tiers
from acrlab.domain import amounts, billing
from acrlab.domain.tiers import CLASSIC, CURRENT, profile
from acrlab.tiers import advise, costs

DAYS = 365 / 12


@pytest.mark.parametrize(
    ("needs", "more", "tier"),
    [
        ((), {}, "Basic"),
        (("soft delete", "ACR Tasks"), {}, "Basic"),
        (("anonymous pull",), {}, "Standard"),
        (("private_link",), {}, "Premium"),
        (("Geo-replication",), {}, "Premium"),
        ((), {"regions": 2}, "Premium"),
        ((), {"webhooks": 2}, "Basic"),
        ((), {"webhooks": 3}, "Standard"),
        ((), {"webhooks": 11}, "Premium"),
        ((), {"webhooks": 501}, ""),
        ((), {"tokens": 501}, "Premium"),
        ((), {"replications": 40}, "Premium"),
        ((), {"reads": 10000}, "Basic"),
        ((), {"reads": 10001}, "Premium"),
        ((), {"writes": 4001}, ""),
        ((), {"stored": "300 GiB"}, "Basic"),
        ((), {"stored": "500 GiB"}, "Premium"),
        ((), {"stored": "41 TiB"}, "Premium"),
        ((), {"stored": "101 TiB"}, ""),
        (("anonymous pull",), {"stored": "300 GiB"}, "Standard"),
    ],
)
def test_the_cheapest_that_does(needs: tuple[str, ...], more: dict[str, int], tier: str) -> None:
    assert advise(*needs, **more).tier == tier


def test_the_profile_decides() -> None:
    assert advise("availability zones").tier == "Basic"
    assert advise("availability zones", edition=CLASSIC).tier == "Premium"
    assert advise(reads=3000, edition=CLASSIC).tier == "Standard"


@pytest.mark.parametrize("edition", [CURRENT, CLASSIC])
def test_no_cheaper_tier_would_do_for_any_pair_of_features(edition: str) -> None:
    facts = profile(edition)
    for pair in combinations(facts.tier("Basic").features, 2):
        able = [name for name, tier in facts.tiers.items() if all(map(tier.includes, pair))]
        assert advise(*pair, edition=edition).tier == able[0], "without storage the lower tier is the cheaper one"


def test_every_need_has_its_reason_and_its_source() -> None:
    found = advise("anonymous pull", "private link", stored="20 GiB", regions=3, webhooks=5, writes=100)
    assert [each.need for each in found.reasons] == [
        "Anonymous pull", "Private Link", "3 regions", "20 GiB stored", "5 × webhooks", "100 writes a minute",
    ]  # fmt: skip
    assert all(each.because and each.source[-10:] > "2022" for each in found.reasons)
    text = repr(found)
    assert text.startswith(f"Premium: {3 * DAYS * 1.6666:.2f} USD a month")
    assert "Basic lacks Anonymous pull, Private Link, 3 regions, 5 × webhooks." in text
    assert "<td" in found._repr_mimebundle_()["text/html"]


def test_what_is_not_known_is_not_guessed() -> None:
    assert advise("privat link").tier == "Premium", "a slip is understood"
    with pytest.raises(ValueError, match="private link"):
        advise("private")
    with pytest.raises(ValueError, match="webhooks"):
        advise(hooks=3)
    with pytest.raises(ValueError, match="no amount of storage"):
        advise(stored="much")
    with pytest.raises(KeyError):
        advise(edition="exam-2030")


def test_amounts() -> None:
    assert amounts.stored("1.5 GiB") == 3 * 2**29 and amounts.stored("2tib") == 2**41 and amounts.stored(7) == 7
    assert amounts.shown(3 * 2**30) == "3 GiB" and amounts.shown(2**40) == "1 TiB" and amounts.shown(5) == "5 bytes"


def test_costs_are_drawn_for_each_tier_that_can() -> None:
    drawn = costs(("10 GiB", "1 TiB"), (1, 2))
    labels = [bar.label.removesuffix(", cheapest") for bar in drawn.rows]
    assert labels == [
        "10 GiB, 1 region, Basic", "10 GiB, 1 region, Standard", "10 GiB, 1 region, Premium",
        "10 GiB, 2 regions, Premium", "1 TiB, 1 region, Basic", "1 TiB, 1 region, Standard",
        "1 TiB, 1 region, Premium", "1 TiB, 2 regions, Premium",
    ]  # fmt: skip
    for bar in drawn.rows:
        size, regions, tier, *_ = bar.label.split(", ")
        expected = billing.monthly(profile(), tier, amounts.stored(size), int(regions.split()[0]))
        assert bar.value == pytest.approx(expected) and bar.text == f"{expected:.2f}"
    assert [bar.label for bar in drawn.rows if "cheapest" in bar.label] == [
        "10 GiB, 1 region, Basic, cheapest", "1 TiB, 1 region, Premium, cheapest",
    ]  # fmt: skip


def test_it_is_found_where_it_is_looked_for() -> None:
    assert sorted(tiers.__all__) == ["Advice", "Twin", "advise", "costs", "twin"]
