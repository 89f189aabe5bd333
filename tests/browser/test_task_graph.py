"""A run as it is watched in JupyterLab: the graph and its log while it goes, light and dark."""

from tests.browser.axe import serious
from tests.browser.sight import Sight

FOLLOWED = '''
import acrlab
from acrlab import ui

registry = acrlab.connect().registry("wingtip")
task = """
version: v1.1.0
steps:
  - {id: web, build: -t $Registry/web:$ID ., when: ["-"]}
  - {id: worker, build: -t $Registry/worker:$ID ., when: ["-"]}
  - {id: test-web, build: -f nowhere ., when: [web], ignoreErrors: true}
  - {id: test-worker, build: -f nowhere ., when: [worker, test-web]}
  - {id: ship, push: ["$Registry/web:$ID"], when: [test-web, test-worker]}
"""
run = ui.follow(registry.run(task, {"Dockerfile": "FROM scratch\\nCOPY a /\\n", "a": "a"}, wait=False), task)
run
'''
GRAPH = ".jp-OutputArea:has(svg[aria-label^='Steps of run'])"


def test_a_run_is_followed(sight: Sight, lab: str) -> None:
    path = sight.notebook("followed", FOLLOWED)
    sight.open(lab, path.name)
    sight.run()
    graph = sight.page.locator(f"{GRAPH} svg[role=img]")
    told = "web succeeded; worker succeeded; test-web failed, ignored; test-worker failed; ship not begun"
    graph.and_(sight.page.locator(f"[aria-label$='{told}']")).wait_for()
    assert graph.count() == 1, "it is replaced, not repeated"
    sight.page.get_by_text("The steps as a table").click()
    assert sight.page.get_by_role("cell", name="✗ failed", exact=True).is_visible()
    assert sight.page.get_by_role("cell", name="push $Registry/web:$ID", exact=True).is_visible()  # no formula
    log = sight.page.locator(f"{GRAPH} [role=log]").first
    lowest = log.evaluate(
        "each => each.getBoundingClientRect().bottom - each.firstChild.getBoundingClientRect().bottom"
    )
    assert abs(lowest) < 20, "the end of a log that grows is in sight"
    sight.picture("task-graph", sight.page.locator(GRAPH))
    assert serious(sight.page, GRAPH) == []
    sight.theme("Dark")
    assert serious(sight.page, GRAPH) == []
    sight.picture("task-graph-dark", sight.page.locator(GRAPH))
