"""What a browser test sees: a page, all that reached it, and how to get about in JupyterLab."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, WebSocket

from tests.browser import jupyter

IDLE = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
PATIENCE = 60_000  # milliseconds
# Voilà asks a CDN for an icon font that nothing of ours uses; it does without.
SUPERFLUOUS = re.compile(r"https://cdn\.jsdelivr\.net/.*(fortawesome|font-awesome)")
OURS = re.compile(r"https?://(127\.0\.0\.1|localhost)[:/]")
# What others say of themselves: JupyterLab when a kernel is restarted under it, jupytext's menu where Voilà has none.
HARMLESS = re.compile(r"net::ERR_|Failed to load resource|Canceled future for|labextensions/jupyterlab-jupytext")


class Sight:
    """A page with a memory. `kind` and `path` are of the question and the notebook that it shows."""

    kind: str
    path: Path

    def __init__(self, page: Page, course: Path, pictures: Path) -> None:
        self.page, self.course, self._pictures = page, course, pictures
        self.errors: list[str] = []
        self.strange: list[str] = []
        self.received: list[bytes] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._erred(str(error)))
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("websocket", self._opened)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._erred(message.text)

    def _erred(self, text: str) -> None:
        if not HARMLESS.search(text):
            self.errors.append(text)

    def _asked(self, request: Request) -> None:
        if request.url.startswith("http") and not OURS.match(request.url) and not SUPERFLUOUS.match(request.url):
            self.strange.append(request.url)

    def _answered(self, response: Response) -> None:
        if "/api/" in response.url and "json" in response.headers.get("content-type", ""):
            self.received.append(response.url.encode())

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self._framed(frame))

    def _framed(self, frame: str | bytes) -> None:
        self.received.append(frame.encode() if isinstance(frame, str) else frame)

    # Getting about

    def notebook(self, name: str, *sources: str) -> Path:
        """A notebook of one's own in the course."""
        return jupyter.notebook(self.course / f"{name}.ipynb", *sources)

    def open(self, lab: str, path: str) -> None:
        """Open a notebook in JupyterLab and wait for its kernel."""
        self.page.goto(f"{lab}/lab/tree/{path}?reset")
        self.page.wait_for_function(IDLE)
        self.theme("Light")

    def run(self) -> None:
        """Run all cells and wait for the end."""
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(IDLE)

    def command(self, name: str, **arguments: Any) -> None:
        """Do what a menu of JupyterLab does."""
        self.page.evaluate("([name, given]) => window.jupyterapp.commands.execute(name, given)", [name, arguments])

    def theme(self, name: str) -> None:
        """Switch JupyterLab to its theme Light or Dark; it remembers the last one."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        self.page.wait_for_selector(f'body[data-jp-theme-name="JupyterLab {name}"]', state="attached")

    def cells(self) -> int:
        """How many cells the open notebook has."""
        return int(self.page.evaluate(f"{NOTEBOOK}.content.widgets.length"))

    @property
    def panel(self) -> Locator:
        """The widget; the last one where there are several."""
        return self.page.locator("section.acrlab").last

    @property
    def heading(self) -> str:
        """What its screen is about."""
        return self.panel.locator("h3").inner_text()

    @contextmanager
    def onward(self) -> Iterator[None]:
        """What is done inside leads to another screen; wait for it."""
        before = self.panel.locator("form").evaluate("form => { window.shownBefore = form; return true; }")
        assert before
        yield
        self.page.wait_for_function(
            "() => { const all = document.querySelectorAll('section.acrlab'); const last = all[all.length - 1];"
            " return last.querySelector('form') !== window.shownBefore && !last.hasAttribute('aria-busy'); }"
        )

    def press(self, name: str) -> None:
        """Press a button of the widget by its name and wait for what comes."""
        with self.onward():
            self.panel.get_by_role("button", name=name, exact=True).first.click()

    def buttons(self) -> list[str]:
        """What the buttons say."""
        return self.panel.get_by_role("button").all_inner_texts()

    def picture(self, name: str, what: Locator | None = None) -> None:
        """Keep a screenshot of the page, or of a part of it."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        path = self._pictures / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower()).strip('-')}.png"
        shot = (what or self.page).screenshot
        shot(path=path, animations="disabled", caret="hide")

    def reached(self, text: str) -> bool:
        """Whether a text came over the network or stands in the page."""
        written = text.encode("unicode_escape"), text.encode(), text.replace('"', '\\"').encode()
        return any(each in frame for frame in self.received for each in written) or text in self.page.content()
