"""Why something was refused: the emulator's reasons, attached to the SDK's own exceptions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import HttpResponseError

from acrlab.client.control import ControlRefused, NotRunning
from acrlab.client.display import Table, facts, short

Source = Callable[[], list[dict[str, Any]]]  # the refusals of the emulator, newest first


class Refusal(dict[str, Any]):
    """One refused request and the chain behind it."""

    def table(self) -> Table:
        """Who asked, what was answered, why, and which page says so; without ids."""
        who = self.get("principal") or {"kind": "nobody", "name": ""}
        source = f": {self['source']}" if self["source"] else ""
        rows = (
            ("asked", f"{self['method']} {_shown(self['url'])}"),
            ("by", f"{who['kind']} {who['name']}".strip()),
            ("refused", f"{self['status']} {self['code']}: {self['text']}"),
            *(("because", reason) for reason in self["because"]),
            ("evidence", self["evidence"] + source),
        )
        return Table(("", ""), rows)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


def last(source: Source) -> Refusal | Table:
    """The newest refusal that was more than a request to sign in, or a question whether something is there."""
    for found in source():
        if found["status"] != 401 and found["method"] != "HEAD":
            return Refusal(found)
    return facts("", {}, "nothing was refused yet")


@contextmanager
def explained(source: Source | None) -> Iterator[None]:
    """Let the SDK's exceptions pass, with the reasons as a note."""
    try:
        yield
    except HttpResponseError as error:
        annotate(error, source)
        raise


def annotate(error: HttpResponseError, source: Source | None) -> None:
    """Add the reasons to an exception, once; an exception of something else stays as it is."""
    if source is None or getattr(error, "__notes__", None) or error.response is None:
        return
    asked = urlsplit(str(error.response.request.url))
    try:
        known = source()
    except (NotRunning, ControlRefused):
        return
    for found in known:
        url = urlsplit(found["url"])
        same = (url.hostname, url.path.rstrip("/")) == (asked.hostname, unquote(asked.path).rstrip("/"))
        if same and found["status"] == error.status_code:
            error.add_note(Refusal(found).table().text())
            return


def explain_in_notebook(shell: Any, source: Source) -> None:
    """Have IPython add the reasons to every SDK exception that ends a cell, whoever made the client."""

    def handler(shell: Any, kind: type, error: HttpResponseError, trace: Any, tb_offset: int | None = None) -> None:
        annotate(error, source)
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    shell.set_custom_exc((HttpResponseError,), handler)


def _shown(url: str) -> str:
    found = urlsplit(url)
    return f"{found.hostname}{'/'.join(map(short, found.path.split('/')))}"
