"""The facts files: every fact names its source, every source has a date, and the facts agree."""

import datetime
import re
from collections import Counter
from importlib import resources
from typing import Any

import pytest

from acrlab.data import cited, load

FILES = sorted(
    path.name.removesuffix(".toml") for path in resources.files("acrlab.data").iterdir() if path.name.endswith(".toml")
)
TIERS = {"Basic", "Standard", "Premium"}
PROFILES = {"current-2026", "exam-classic"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACTION = re.compile(r"(\*|[A-Z]\w+\.[A-Z]\w+)(/([\w.]+|\*))*")
KEYS_THAT_CITE = {"source", "order_source", "frozen_source"}

# Where the facts of a file stand: the tables that must carry a source each.
FACTS = {
    "actions": ["meta", "action"],
    "api_versions": ["meta", "versions", "type"],
    "az_commands": ["meta", "reason", "az"],
    "media_types": ["meta", "media_type"],
    "metrics": ["meta", "time", "metric"],
    "policies": ["meta", "policy"],
    "regions": ["meta", "region"],
    "roles": ["meta", "mode", "condition", "operation", "role"],
    "tiers": [
        "meta", "profile", "tier", "limit", "feature", "gate", "quota", "usage", "rate",
        "bandwidth", "price", "downgrade",
    ],
}  # fmt: skip


def citations(facts: Any) -> list[str]:
    if isinstance(facts, list):
        return [key for each in facts for key in citations(each)]
    if not isinstance(facts, dict):
        return []
    own = [facts[key] for key in KEYS_THAT_CITE if isinstance(facts.get(key), str)]
    own += facts.get("confirmed_by", [])
    return own + [key for each in facts.values() for key in citations(each)]


def rows(facts: Any) -> list[dict[str, Any]]:
    """The facts of a table: the table itself, its rows, or its named entries."""
    if isinstance(facts, list):
        return facts
    return [facts] if "source" in facts else list(facts.values())


def carries_source(row: dict[str, Any]) -> bool:
    if "source" in row:
        return True
    values = [row["both"]] if "both" in row else [row.get(name, {}) for name in PROFILES]
    return all("source" in each for each in values)


def test_the_facts_are_the_files_they_should_be() -> None:
    assert set(FILES) == set(FACTS)


def test_a_facts_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        load("prophecies")


def test_a_facts_file_is_read_once() -> None:
    assert load("tiers") is load("tiers")


@pytest.mark.parametrize("name", FILES)
class TestSources:
    def test_every_table_is_accounted_for(self, name: str) -> None:
        assert set(load(name)) == {"sources", *FACTS[name]}

    def test_every_fact_carries_a_source(self, name: str) -> None:
        bare = [(table, row) for table in FACTS[name] for row in rows(load(name)[table]) if not carries_source(row)]
        assert bare == []

    def test_every_source_has_a_title_and_a_date(self, name: str) -> None:
        for source in load(name)["sources"].values():
            assert len(source["title"]) > 8
            assert isinstance(source["date"], datetime.date)
            assert datetime.date(2017, 1, 1) < source["date"] <= load(name)["meta"]["written"]

    def test_citations_resolve_and_no_source_is_idle(self, name: str) -> None:
        cites = [key for table in FACTS[name] for key in citations(load(name)[table])]
        assert set(cites) == set(load(name)["sources"])

    def test_a_citation_reads_as_title_and_iso_date(self, name: str) -> None:
        title, date = cited(load(name), load(name)["meta"]["source"])
        assert title
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", date)

    def test_no_row_stands_twice(self, name: str) -> None:
        for table in FACTS[name]:
            if isinstance(load(name)[table], list):
                keys = [(row["name"], row.get("profile")) for row in load(name)[table]]
                assert [key for key, count in Counter(keys).items() if count > 1] == []


class TestTiers:
    def test_every_limit_and_feature_covers_every_profile_and_tier(self) -> None:
        facts = load("tiers")
        assert set(facts["profile"]) == PROFILES
        assert {row["name"] for row in facts["tier"]} == TIERS
        for row in [*facts["limit"].values(), *facts["feature"].values()]:
            assert ("both" in row) ^ (row.keys() >= PROFILES)
        for row in facts["limit"].values():
            for values in [row[key] for key in ("both", *PROFILES) if key in row]:
                assert values.keys() == TIERS | {"source"}

    def test_features_name_real_tiers_and_what_a_tier_has_a_higher_one_has(self) -> None:
        order = [row["name"] for row in load("tiers")["tier"]]
        for name, row in load("tiers")["feature"].items():
            for values in [row[key] for key in ("both", *PROFILES) if key in row]:
                assert values["tiers"] == order[order.index(values["tiers"][0]) :], name

    def test_limits_never_shrink_with_the_tier(self) -> None:
        endless = float("inf")
        for name, row in load("tiers")["limit"].items():
            for values in [row[key] for key in ("both", *PROFILES) if key in row]:
                steps = [values[tier] for tier in ("Basic", "Standard", "Premium")]
                steps = [endless if step == -1 else step for step in steps]
                assert steps == sorted(steps), name

    def test_every_feature_that_some_tier_lacks_has_a_gate_and_no_other(self) -> None:
        facts = load("tiers")
        lacking = {
            name
            for name, row in facts["feature"].items()
            for key in ("both", *PROFILES)
            if key in row and set(row[key]["tiers"]) != TIERS
        }
        extra = {"artifact_cache"}  # the table of 2026-02 gates it: kept for whoever follows that
        assert set(facts["gate"]) == lacking | extra

    def test_gate_texts_take_the_tier_and_say_how_they_are_known(self) -> None:
        for row in [*load("tiers")["gate"].values(), load("tiers")["quota"]]:
            assert "Basic" in row["text"].format(tier="Basic", resource="webhooks")
            assert row["evidence"] in {"recorded", "doc", "inferred"}
            assert re.fullmatch(r"[A-Za-z]+", row["code"])

    def test_a_gate_whose_code_was_not_found_says_so(self) -> None:
        for row in load("tiers")["gate"].values():
            assert (row["code"] == "FeatureNotSupported") == (row["evidence"] == "inferred")

    def test_usage_rows_and_the_downgrade_rule_name_limits(self) -> None:
        facts = load("tiers")
        assert {row["limit"] for row in facts["usage"]} <= set(facts["limit"])
        assert set(facts["downgrade"]["limits"]) <= set(facts["limit"])

    def test_numbers_per_tier_cover_the_tiers(self) -> None:
        facts = load("tiers")
        for row in [*facts["rate"], *facts["bandwidth"]]:
            assert row["profile"] in PROFILES
            assert row["per_registry"].keys() == TIERS
            assert row.get("per_identity", row["per_registry"]).keys() == TIERS

    def test_a_price_is_known_or_says_that_it_is_not(self) -> None:
        for row in load("tiers")["price"]:
            assert ("amount" in row) == (row["confidence"] != "unknown")
            assert set(row.get("amount", {})) <= TIERS


class TestRoles:
    def test_ids_and_names_are_unique(self) -> None:
        roles = load("roles")["role"]
        assert all(UUID.fullmatch(role["id"]) for role in roles)
        assert len({role["id"] for role in roles}) == len(roles) == 35
        assert len({role["name"].lower() for role in roles}) == len(roles)

    def test_actions_are_full_strings(self) -> None:
        for role in load("roles")["role"]:
            for key in ("actions", "notActions", "dataActions", "notDataActions"):
                assert all(ACTION.fullmatch(action) for action in role.get(key, [])), role["name"]
                assert len(set(role.get(key, []))) == len(role.get(key, []))

    def test_operations_cover_every_mode_with_full_strings(self) -> None:
        modes = {mode["name"] for mode in load("roles")["mode"]}
        for row in load("roles")["operation"]:
            assert row.keys() == {"name", "title", "scope", "evidence", "source", *modes}
            for alternative in [each for mode in modes for each in row[mode]]:
                assert alternative
                assert all(each.startswith("Microsoft.ContainerRegistry/registries/") for each in alternative)

    def test_abac_roles_hold_repository_data_actions_only(self) -> None:
        for role in load("roles")["role"]:
            if role.get("abac"):
                assert "actions" not in role
                assert all("/repositories/" in action for action in role["dataActions"])


class TestRegions:
    def test_names_are_display_names_without_blanks(self) -> None:
        for region in load("regions")["region"]:
            assert region["name"] == region["display"].replace(" ", "").lower()

    def test_pairs_exist_and_a_restricted_region_is_the_pair_of_its_pair_or_newer(self) -> None:
        regions = {region["name"]: region for region in load("regions")["region"]}
        for region in regions.values():
            pair = region.get("paired")
            assert pair is None or pair in regions
            assert pair != region["name"]
            assert not region.get("restricted") or pair

    def test_coordinates_are_on_the_globe_and_as_far_apart_as_regions_are(self) -> None:
        regions = load("regions")["region"]
        for region in regions:
            assert -60 < region["latitude"] < 70
            assert -180 < region["longitude"] <= 180
        spots = Counter((region["latitude"], region["longitude"]) for region in regions)
        assert [spot for spot, count in spots.items() if count > 1] == [(-35.3075, 149.1244)]

    @pytest.mark.parametrize(
        ("name", "west", "south", "east", "north"),
        [
            ("eastus", -84, 36, -75, 40),
            ("westeurope", 3, 50, 8, 54),
            ("spaincentral", -6, 39, -2, 42),
            ("australiaeast", 148, -38, 154, -28),
            ("brazilsouth", -54, -26, -44, -19),
            ("japaneast", 138, 34, 142, 38),
        ],
    )
    def test_regions_lie_where_their_names_say(
        self, name: str, west: float, south: float, east: float, north: float
    ) -> None:
        region = next(each for each in load("regions")["region"] if each["name"] == name)
        assert west < region["longitude"] < east
        assert south < region["latitude"] < north

    def test_the_regions_that_labs_use_are_there_with_their_zones(self) -> None:
        zones = {region["name"]: region["zones"] for region in load("regions")["region"]}
        assert zones["westeurope"] and zones["eastus"] and zones["swedencentral"]
        assert not zones["westus"] and not zones["ukwest"] and not zones["northcentralus"]
        assert len(zones) >= 50


class TestMediaTypes:
    def test_kinds_and_families(self) -> None:
        for row in load("media_types")["media_type"]:
            assert row["kind"] in {"manifest", "index", "legacy", "artifact"}
            assert row["family"] in {"docker", "oci", "oras"}
            assert re.fullmatch(r"application/vnd\.[a-z.+\d]+", row["name"])

    def test_the_family_is_the_one_in_the_name(self) -> None:
        for row in load("media_types")["media_type"]:
            assert f".{row['family']}." in row["name"]


class TestApiVersions:
    def test_versions_stand_in_order(self) -> None:
        names = load("api_versions")["versions"]["names"]
        assert names == sorted(names)
        assert (names[0], names[-1], len(names)) == ("2019-05-01", "2026-09-01-preview", 24)

    def test_every_path_has_the_levels_above_it_before_it(self) -> None:
        for each in load("api_versions")["type"]:
            seen: set[str] = set()
            for row in each["properties"]:
                above = row["path"].rpartition(".")[0]
                assert row["path"] not in seen
                assert not above or above in seen, row["path"]
                seen.add(row["path"])

    def test_windows_begin_and_end_with_known_versions_of_their_track(self) -> None:
        names = load("api_versions")["versions"]["names"]
        for row in [row for each in load("api_versions")["type"] for row in each["properties"]]:
            for track in ("stable", "preview"):
                windows = row.get(track, [])
                for window in [windows] if isinstance(windows, str) else windows:
                    ends = [end for end in window.split("..") if end]
                    assert ends and all(end in names for end in ends), row["path"]
                    assert all(end.endswith("-preview") == (track == "preview") for end in ends)
