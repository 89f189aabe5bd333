"""The source of the shop: a repository with an image and three tests, and the same once more with a fault."""

import tempfile
from contextlib import suppress
from pathlib import Path

from acrlab.client import running
from acrlab.client.control import ControlRefused
from acrlab.course.rest import Rest

REPOSITORY = "contoso/lab11"
GOOD = {
    "Dockerfile": "FROM busybox\nCOPY *.sh /\n",
    "unit.sh": "echo unit: fine\n",
    "smoke.sh": "echo smoke: fine\n",
    "style.sh": "echo style: fine\n",
}
FOLDERS = {"good": GOOD, "broken": GOOD | {"smoke.sh": "echo smoke: no answer; exit 1\n"}}


def begin(rest: Rest, group: str) -> None:
    """Make the repository anew."""
    with suppress(ControlRefused):
        running.control().git_delete(REPOSITORY)
    with tempfile.TemporaryDirectory() as place:
        for folder, files in FOLDERS.items():
            Path(place, folder).mkdir()
            for name, text in files.items():
                Path(place, folder, name).write_text(text, encoding="utf-8")
        running.control().git_create(REPOSITORY, place)
