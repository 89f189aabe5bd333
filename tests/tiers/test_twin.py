"""The tier twin: the same work in three worlds that know nothing of each other."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

import acrlab
from acrlab.client.cloud import Cloud
from acrlab.domain.tiers import CLASSIC
from acrlab.tiers import twin

HELLO = acrlab.Image.hello()


def wishing(cloud: Cloud, tier: str) -> dict[str, Any]:
    """Asks for two features and pushes."""
    registry = cloud.registry("northwind", tier=tier)

    def wish(properties: dict[str, Any]) -> str:
        try:
            cloud.arm.registries.begin_update(cloud.group, registry.name, {"properties": properties}).result()
            return "yes"
        except HttpResponseError as refusal:
            return str(refusal.error.code) if refusal.error else "?"

    registry.push("hello:1.0", HELLO)
    return {
        "anonymous pull": wish({"anonymousPullEnabled": True}),
        "data endpoints": wish({"dataEndpointEnabled": True}),
        "tags": len(registry.tags("hello")),
    }


def test_three_tiers_side_by_side() -> None:
    before = dict(os.environ)
    found = twin(wishing)
    assert [run.tier for run in found.runs] == ["Basic", "Standard", "Premium"]
    assert [run.found["anonymous pull"] for run in found.runs] == ["BadRequest", "yes", "yes"]
    assert [run.found["data endpoints"] for run in found.runs] == ["FeatureNotSupported", "FeatureNotSupported", "yes"]
    assert [run.refused for run in found.runs] == [
        {"BadRequest": 1, "FeatureNotSupported": 1}, {"FeatureNotSupported": 1}, {},
    ]  # fmt: skip
    assert [round(run.billed, 2) for run in found.runs] == [5.0, 20.0, 50.0]
    assert all(run.found["tags"] == "1" and not run.throttled and not run.ended for run in found.runs)
    assert dict(os.environ) == before
    assert repr(twin(wishing)) == repr(found), "the same twice"


def test_who_is_throttled_waits_on_the_labs_clock_alone() -> None:
    def writing(cloud: Cloud, tier: str) -> None:
        registry = cloud.registry("northwind", tier=tier)
        pushed = registry.push("hello:1.0", HELLO)
        manifest = registry.manifest(f"hello@{pushed.digest}")
        for number in range(100):
            registry.content.set_manifest("hello", io.BytesIO(manifest.raw), tag=str(number))

    basic, standard = twin(writing, edition=CLASSIC, tiers=("basic", "standard")).runs
    assert (basic.throttled, basic.lost) == (1, 60.0)
    assert (standard.throttled, standard.lost) == (0, 0.0)


def test_work_that_ends_early_is_told() -> None:
    def refused(cloud: Cloud, tier: str) -> None:
        cloud.registry("no", tier=tier)

    found = twin(refused, tiers=("Basic",))
    assert found.runs[0].ended == "InvalidResourceName" and found.runs[0].billed == 0.0
    assert "ended by" in repr(found)


def test_a_mistake_in_the_work_is_the_authors() -> None:
    with pytest.raises(ZeroDivisionError):
        twin(lambda cloud, tier: {"x": 1 / 0})
    with pytest.raises(KeyError):
        twin(wishing, tiers=("Gold",))


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud of the learner's, with something in it."""
    with acrlab.Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        with acrlab.connect() as cloud:
            cloud.registry("contoso", tier="Premium").push("kept:1.0", HELLO)
            yield cloud


def test_a_fork_begins_as_the_own_world_is_and_leaves_it_alone(own: Cloud) -> None:
    def looking(cloud: Cloud, tier: str) -> dict[str, Any]:
        registry = cloud.registry("contoso", group=own.group)
        found = {"before": len(registry.repositories())}
        registry.delete("kept:1.0")
        return found | {"after": len(registry.repositories())}

    found = twin(looking, of=own)
    assert [run.found for run in found.runs] == [{"before": "1", "after": "0"}] * 3
    assert len(own.registry("contoso").repositories()) == 1


def notebook(folder: Path, *cells: tuple[str, str]) -> Path:
    rows = [
        {"cell_type": "code", "source": source, "metadata": {"tags": [tag] if tag else []}, "outputs": []}
        for tag, source in cells
    ]
    path = folder / "own.ipynb"
    path.write_text(json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def test_a_notebook_is_run_as_each_tier(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        ("parameters", "TIER = 'Basic'"),
        ("", "import acrlab\ncloud = acrlab.connect()\nregistry = cloud.registry('northwind', tier=TIER)"),
        ("twin", "# its tier\nregistry.tier"),
        ("", "cloud.arm.registries.begin_update(cloud.group, 'northwind', "
             "{'properties': {'anonymousPullEnabled': True}}).result()"),
    )  # fmt: skip
    source = path.read_text(encoding="utf-8")
    basic, standard = twin(path, tiers=("Basic", "Standard")).runs
    assert (basic.found, standard.found) == ({}, {"its tier": "'Standard'"})
    assert basic.ended.startswith("HttpResponseError") and not standard.ended
    assert basic.refused == {"BadRequest": 1} and standard.refused == {}
    assert path.read_text(encoding="utf-8") == source
