"""The widget: it shows what a face says and tells the face what was done. All rules are the face's, in Python.

What a browser is sent is the screen that is shown and nothing else: there is no key in it before an answer is in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from acrlab.ui.markup import Markup

Form = Mapping[str, list[str]]  # the controls of the screen by name, with what is chosen in them
LONGEST = 10_000  # characters of one value
MOST = 200  # values of one form
_HERE = Path(__file__).parent


class Face(Protocol):
    """Something with screens."""

    name: str

    def screen(self) -> Markup:
        """The screen as it is now."""
        ...

    def act(self, act: str, argument: str, form: Form) -> bool:
        """Do what a button says. False: nothing is to be shown anew, as for a button that this screen does not have."""
        ...


class Panel(anywidget.AnyWidget):  # type: ignore[misc]
    """A face in JupyterLab, Notebook or Voilà. `turn` counts the screens: a click on an old one is dropped."""

    _esm = _HERE / "panel.js"
    _css = _HERE / "panel.css"
    html = traitlets.Unicode().tag(sync=True)
    turn = traitlets.Int().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)

    def __init__(self, face: Face) -> None:
        super().__init__(html=face.screen(), name=face.name)
        self.face = face
        self.on_msg(self._heard)

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict) or content.get("turn") != self.turn:
            return
        form = read(content.get("form"))
        if form is not None and self.face.act(str(content.get("act", "")), str(content.get("argument", "")), form):
            self.show()

    def show(self) -> None:
        """Show the face's screen as it is now."""
        with self.hold_sync():
            self.html = self.face.screen()
            self.turn += 1

    def __repr__(self) -> str:
        return f"<acrlab {self.name}: run this cell in JupyterLab to see it>"

    def _repr_keys(self) -> Any:
        return iter(())


class Telling(Face, Protocol):
    """A face that can be read without being lived with: in a terminal, and in a notebook that nobody runs."""

    def text(self) -> str:
        """All of it, as text."""
        ...

    def html(self) -> Markup:
        """All of it, as one page."""
        ...


class Look(Panel):
    """A panel with a twin. A notebook keeps the twin; where there is a kernel, the panel is what is seen."""

    _css = "\n".join((_HERE / name).read_text("utf-8") for name in ("panel.css", "looks.css"))
    face: Telling

    def __repr__(self) -> str:
        return self.face.text()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        twin = {"text/plain": self.face.text(), "text/html": str(self.face.html())}
        return {**twin, "application/vnd.jupyter.widget-view+json": view}


def read(raw: Any) -> Form | None:
    """A form as a browser sent it; None when it is none."""
    if not isinstance(raw, dict):
        return None
    form: dict[str, list[str]] = {}
    for name, values in raw.items():
        if not isinstance(values, list) or not all(isinstance(each, str) and len(each) <= LONGEST for each in values):
            return None
        form[str(name)] = values
    return form if sum(map(len, form.values())) <= MOST else None
