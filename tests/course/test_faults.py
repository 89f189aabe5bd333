"""Seeded faults: a rule of the emulator is switched off, and a lab's check has to notice."""

from typing import Any

import pytest

from acrlab.client.control import Control
from acrlab.course import proof
from acrlab.course.diary import Log
from acrlab.course.folder import find
from acrlab.course.lab import Lab
from acrlab.course.rest import Refused
from acrlab.engine import locks
from tests.course.conftest import LABS

REGISTRY, BUILD = "contosolab03", "ci/build"


def _nothing(*_: Any) -> None:
    return None


def test_a_lock_that_does_not_stop_a_delete_costs_points_in_lab_03(
    control: Control, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody sweeps too widely. The lock keeps the image under audit; without the rule it is gone, and told."""
    lab = Lab(find(LABS / "03-clean-up-safely"), control, log)
    lab.start()
    proof.solve(lab)
    door = proof.Bench(lab).door(REGISTRY)
    digest = door.manifest(BUILD, "audit").headers["docker-content-digest"]
    for sweep in (lambda: door.delete_manifest(BUILD, digest), lambda: door.delete_tag(BUILD, "audit")):
        with pytest.raises(Refused, match="REGISTRY_DISALLOWED_OPERATION"):
            sweep()
    assert lab.grade().complete
    monkeypatch.setattr(locks, "require_deletable", _nothing)
    door.delete_manifest(BUILD, digest)
    report = lab.grade()
    assert {each.check.name for each in report if not each.passed} == {"nightlies", "orphans"}
    assert "gone or moved: audit" in report.text()
