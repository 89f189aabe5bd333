"""Tier meter, access explorer and storage map in JupyterLab: by keyboard alone, light and dark, wide and narrow."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.browser.axe import serious
from tests.browser.sight import Sight

SHOP = """
import acrlab
from acrlab import Image, ui

cloud = acrlab.connect()
cloud.fresh("looks")
registry = cloud.registry("looks", tier="Standard")
base = Image.build({"usr/lib/runtime.bin": bytes(range(256)) * 800})
framework = Image.build({"usr/lib/framework.bin": bytes(range(256)) * 300}, base=base)
for name, text, parent in (("api", "1", base), ("api", "2", base), ("web", "3", framework), ("cart", "4", framework)):
    registry.push(f"shop/{name}:1.0", Image.build({"main.py": text}, base=parent))
registry.push("hello:1.0", Image.hello())
registry.lock("hello:1.0")
for number in range(9):
    hook = {"location": "westeurope", "properties": {"serviceUri": "https://shop.example.com/", "actions": ["push"]}}
    cloud.arm.webhooks.begin_create(cloud.group, "looks", f"hook{number}", hook).result()
parts = {"properties": {"actions": ["repositories/shop/*/content/read"]}}
readers = cloud.arm.scope_maps.begin_create(cloud.group, "looks", "shop-readers", parts).result()
courier = {"properties": {"scopeMapId": readers.id}}
token = cloud.arm.tokens.begin_create(cloud.group, "looks", "courier", courier).result()
"""
NARROW = "document.querySelectorAll('section.acrlab').forEach(each => { each.style.maxWidth = '%s'; })"
WIDER = """() => { const at = document.querySelector('section.acrlab form');
return at.scrollWidth > at.clientWidth + 1; }"""


@contextmanager
def shown(sight: Sight, lab: str, name: str, call: str) -> Iterator[None]:
    """A widget, at the end held to what every widget is: nothing serious by axe, in no theme and no width."""
    path = sight.notebook(name, SHOP, call)
    sight.page.set_viewport_size({"width": 1280, "height": 2600})
    sight.open(lab, path.name)
    sight.run()
    sight.panel.locator("h3").wait_for()
    yield
    for theme in ("Light", "Dark"):
        sight.theme(theme)
        assert serious(sight.page) == []
        sight.picture(f"{name}-{theme}", sight.panel)
        sight.page.evaluate(NARROW % "400px")
        assert serious(sight.page) == []
        assert not sight.page.evaluate(WIDER), "nothing sticks out"
        sight.picture(f"{name}-{theme}-narrow", sight.panel)
        sight.page.evaluate(NARROW % "")


def test_the_plot_of_the_cost(sight: Sight, lab: str) -> None:
    path = sight.notebook("cost-plot", "from acrlab import ui", "ui.costs()")
    sight.open(lab, path.name)
    sight.run()
    plot = ".jp-OutputArea:has(svg[aria-label^='Cost of a month'])"
    sight.page.locator(f"{plot} svg").get_by_text("from 466 GiB on: Premium").wait_for()
    for theme in ("Light", "Dark"):
        sight.theme(theme)
        assert serious(sight.page, plot) == []
        sight.picture(f"cost-plot-{theme}", sight.page.locator(plot))


def test_the_tier_meter(sight: Sight, lab: str) -> None:
    with shown(sight, lab, "tier-meter", "ui.tier(cloud, registry)"):
        meter = sight.panel.get_by_role("meter", name="Webhooks")
        assert meter.get_attribute("aria-valuetext") == "9 of 10"
        sight.panel.get_by_label("Beside it").focus()
        with sight.onward():
            sight.panel.get_by_label("Beside it").select_option("Basic")
        assert sight.panel.get_by_label("Beside it").evaluate("each => each === document.activeElement")
        assert "too little" in sight.panel.inner_text()
        sight.panel.locator("summary").focus()
        sight.page.keyboard.press("Enter")
        assert sight.panel.get_by_text("Standard Registry Unit (1/Day)").is_visible()


def test_the_access_explorer_by_keyboard(sight: Sight, lab: str) -> None:
    with shown(sight, lab, "access-explorer", "ui.access(cloud, registry)"):
        before = sight.cells()
        with sight.onward():
            sight.panel.get_by_role("combobox", name="On").select_option("shop/api")
        sight.panel.get_by_role("combobox", name="Who").focus()
        sight.page.keyboard.press("Tab")
        focused = "document.activeElement.getAttribute('aria-label')"
        while "courier" not in str(sight.page.evaluate(focused)):
            here = sight.page.evaluate(focused)
            sight.page.keyboard.press("ArrowDown")
            assert sight.page.evaluate(focused) != here, "every arrow leads on until the courier"
        sight.page.keyboard.press("Home")
        sight.page.keyboard.press("ArrowRight")
        assert sight.page.evaluate(focused) == "courier, pull: allowed"
        with sight.onward():
            sight.page.keyboard.press("Enter")
        assert sight.page.evaluate(focused) == "courier, pull: allowed", "the cell keeps the focus"
        assert "the scope map shop-readers says repositories/shop/*/content/read" in sight.panel.inner_text()
        sight.page.keyboard.press("ArrowRight")
        with sight.onward():
            sight.page.keyboard.press(" ")
        assert "courier: push, on shop/api" in sight.panel.inner_text()
        assert "repositories/shop/api/content/write is needed" in sight.panel.inner_text()
        assert sight.cells() == before, "no key was a shortcut of the notebook"


def test_the_storage_map(sight: Sight, lab: str) -> None:
    with shown(sight, lab, "storage-map", "ui.storage(registry)"):
        drawing = sight.panel.locator("svg[role=img]")
        assert drawing.get_by_text("stored once, used 4×").is_visible()
        with sight.onward():
            sight.panel.get_by_label("If this was deleted").select_option("hello/")
        assert "refused, nothing is freed" in sight.panel.inner_text()
        with sight.onward():
            sight.panel.get_by_label("If this was deleted").select_option("untagged")
        assert "This stays, because others point to it" in sight.panel.inner_text()
        sight.panel.locator("summary").first.click()
        assert sight.panel.locator("details").first.locator("tbody tr").count() >= 10
