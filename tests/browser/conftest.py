"""A browser, JupyterLab and Voilà: one of each for the whole lane; pages, notebooks and screenshots for each test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright import sync_api

from tests.browser import jupyter
from tests.browser.questions import KINDS, cell
from tests.browser.sight import Sight
from tests.peers.lanes import not_run

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PICTURES = jupyter.ROOT / "build" / "screenshots"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's own Chromium."""
    own = os.environ.get("ACRLAB_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not own:
        not_run("browser: no Chromium (apt-get install chromium, or set ACRLAB_CHROMIUM)")
    return own


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root; it looks at nothing but our own servers.
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return jupyter.course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def lab(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab over a copy of the course."""
    home = tmp_path_factory.mktemp("lab-home")
    with jupyter.served(course, home, *jupyter.LAB, f"--ServerApp.root_dir={course}") as address:
        yield address


@pytest.fixture(scope="session")
def voila(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Voilà over the same copy."""
    command = (*jupyter.VOILA, f"--port={jupyter.free_port()}", str(course))
    with jupyter.served(course, tmp_path_factory.mktemp("voila-home"), *command) as address:
        yield address


@pytest.fixture
def sight(browser: sync_api.Browser, course: Path, request: pytest.FixtureRequest) -> Iterator[Sight]:
    with seeing(browser, course, request.node.name) as made:
        yield made


@pytest.fixture(scope="module", params=KINDS)
def asked(browser: sync_api.Browser, lab: str, course: Path, request: pytest.FixtureRequest) -> Iterator[Sight]:
    """A page with a question of each kind in turn, for several tests one after the other."""
    with seeing(browser, course, f"asked-{request.param}") as made:
        made.kind = request.param
        made.path = made.notebook(f"asked-{made.kind}", cell(KINDS[made.kind]), "'the next cell'")
        made.open(lab, made.path.name)
        made.run()
        made.panel.locator("h3").wait_for()
        yield made


@contextmanager
def seeing(browser: sync_api.Browser, course: Path, name: str) -> Iterator[Sight]:
    """A page that remembers everything that reached it; it may reach nothing but this machine."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 1600}, reduced_motion="reduce", color_scheme="light", locale="en-GB"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = Sight(context.new_page(), course, PICTURES)
    yield made
    made.picture(f"end-of-{name}")
    context.close()
    assert not made.strange, f"the page went elsewhere: {made.strange}"
    assert not made.errors, f"the page had errors: {made.errors}"
