"""What axe-core says of the widgets on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
_AXE = Axe()


def serious(page: Page, inside: str = "section.acrlab") -> list[str]:
    """Serious and critical findings inside our own part of the page: rule, help and the first place."""
    found = _AXE.run(page, context=inside).response
    assert found["passes"], "axe looked at nothing"
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0].get('failureSummary', '')}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]
