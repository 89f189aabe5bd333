"""What the notebook about tiers shows is what the emulator works by."""

import re

import pytest

from acrlab.course import tier_facts
from acrlab.course.bars import WIDTH, Bar, Bars
from acrlab.domain import tiers

EDITIONS = (tiers.CURRENT, tiers.CLASSIC)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_limit_and_feature_is_shown(edition: str) -> None:
    known = tiers.profile(edition)
    limits, features = tier_facts.limits(edition), tier_facts.features(edition)
    assert {row[0] for row in limits.rows} == {each.title for each in known.tier("Basic").limits.values()}
    assert {row[0] for row in features.rows} == {each.title for each in known.tier("Basic").features.values()}
    assert limits.columns[1:4] == features.columns[1:4] == ("Basic", "Standard", "Premium")


def test_a_number_is_the_one_of_its_profile() -> None:
    rows = {edition: {row[0]: row[1:4] for row in tier_facts.limits(edition).rows} for edition in EDITIONS}
    assert rows[tiers.CURRENT]["Storage ceiling"] == ("40 TiB", "40 TiB", "100 TiB")
    assert rows[tiers.CLASSIC]["Storage ceiling"] == ("20 TiB", "20 TiB", "20 TiB")


def test_only_what_changed_is_called_a_change() -> None:
    assert tier_facts.changes().rows
    assert all(row[2] != row[3] for row in tier_facts.changes().rows)


def test_bandwidth_is_of_the_classic_table_and_says_what_contradicts_it() -> None:
    table = tier_facts.transfers("1 GiB")
    assert ("Basic", "upload", "10 Mbps", "859 s") in {row[:4] for row in table.rows} and len(table.rows) == 6
    assert "MBps" in table.note
    now = tier_facts.transfers("1 GiB", tiers.CURRENT)
    assert not now.rows and now.note == "The profile current-2026 states no bandwidth."


def test_a_limit_that_never_changed_is_drawn_once() -> None:
    assert len(tier_facts.compared("webhooks").rows) == 3
    assert len(tier_facts.compared("max_storage").rows) == 6
    with pytest.raises(KeyError):
        tier_facts.compared("patience")


def test_prices_name_their_source_and_how_sure_it_is() -> None:
    table = tier_facts.prices()
    assert {row[-2] for row in table.rows} <= {"high", "medium", "low", "unknown"}
    assert all(re.search(r"\d{4}-\d{2}-\d{2}$", row[-1]) for row in table.rows)
    assert not any("{" in cell for row in table.rows for cell in row)


def test_bars_are_in_proportion_and_read_the_same_as_text_and_as_html() -> None:
    bars = Bars("sizes", [Bar("a", 1, "1 GiB"), Bar("b", 4, "4 GiB"), Bar("c", -1, "no limit"), Bar("d", 0, "0")])
    title, *rows = bars.text().splitlines()
    assert title == "sizes"
    assert [row.count("█") for row in rows] == [WIDTH // 4, WIDTH, WIDTH, 0]
    for word in ("1 GiB", "4 GiB", "no limit", "sizes"):
        assert word in bars.text()
        assert word in bars.html()
    drawn = re.findall(r'aria-hidden="true">([^<]*)<', bars.html())
    assert [each.count("█") for each in drawn] == [WIDTH // 4, WIDTH, WIDTH, 0]
    assert bars.html().count('scope="row"') == bars.html().count('aria-hidden="true"') == 4


def test_bars_of_nothing() -> None:
    assert Bars("nothing", []).text() == "nothing"
    assert Bars("zero", [Bar("a", 0, "0")]).share(Bar("a", 0, "0")) == 0.0


def test_text_in_bars_cannot_become_markup() -> None:
    assert "<b>x" not in Bars("<b>x", [Bar("<b>x", 1, "<b>x")]).html().replace("<b>&lt;b&gt;x</b>", "")
