"""The source of the shop: a repository of the emulator's own git host."""

import tempfile
from contextlib import suppress
from pathlib import Path

from acrlab.client import running
from acrlab.client.control import ControlRefused
from acrlab.course.rest import Rest

FILES = {"Dockerfile": "FROM scratch\nCOPY *.html /\n", "index.html": "welcome\n"}
REPOSITORY = "contoso/lab12"


def begin(rest: Rest, group: str) -> None:
    """Make the repository anew."""
    with suppress(ControlRefused):
        running.control().git_delete(REPOSITORY)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        running.control().git_create(REPOSITORY, folder)
