"""Triggers over time as JupyterLab shows them, light and dark."""

from tests.browser.axe import serious
from tests.browser.sight import Sight

NIGHTLY = """
import base64
import acrlab
from acrlab import ui

cloud = acrlab.connect()
registry = cloud.registry("tailspin")
step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(
    b"version: v1.1.0\\nsteps:\\n- {id: note, build: -f nowhere ., ignoreErrors: true}\\n").decode()}
triggers = {"timerTriggers": [{"name": "nightly", "schedule": "0 3 * * *"}],
            "baseImageTrigger": {"name": "base", "baseImageTriggerType": "Runtime"}}
registry.tasks.create("nightly", status="Enabled", step=step, trigger=triggers)
for number in "12":
    registry.build({"Dockerfile": "FROM scratch\\nCOPY a /\\n", "a": number}, "base:1")
    cloud.emulator.advance("2d")
registry.tasks.settled("nightly")
ui.triggers(cloud, "nightly")
"""
TIMELINE = ".jp-OutputArea:has(svg[aria-label^='Triggers over time'])"
HISTORY = ".jp-OutputArea:has(caption):not(:has(svg[role=img]))"


def test_a_timeline(sight: Sight, lab: str) -> None:
    path = sight.notebook("timeline", NIGHTLY, "ui.history(registry.tasks)")
    sight.open(lab, path.name)
    sight.run()
    assert serious(sight.page, HISTORY) == []
    sight.picture("run-history", sight.page.locator(HISTORY))
    drawing = sight.page.locator(f"{TIMELINE} svg[role=img]")
    drawing.wait_for()
    marks = drawing.locator("circle").count()
    assert marks >= 4 and sight.page.locator(f"{TIMELINE} tbody tr").count() == marks
    sight.picture("trigger-timeline", sight.page.locator(TIMELINE))
    assert serious(sight.page, TIMELINE) == []
    sight.theme("Dark")
    assert serious(sight.page, TIMELINE) == []
    sight.picture("trigger-timeline-dark", sight.page.locator(TIMELINE))
