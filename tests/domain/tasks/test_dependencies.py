"""What the scanner of the Tasks engine sees in a Dockerfile."""

import pytest

from acrlab.domain.tasks.dependencies import HUB, ScanFailed, image, normalised, scan
from acrlab.domain.tasks.run import Image


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("scratch", Image(HUB, "library/scratch", "latest")),
        ("node:22", Image(HUB, "library/node", "22")),
        ("someone/app:1", Image(HUB, "someone/app", "1")),
        ("localhost:5543/hw:1", Image(HUB, "localhost:5543/hw", "1")),
        ("lab.azurecr.io/team/app:2", Image("lab.azurecr.io", "team/app", "2")),
        ("mcr.microsoft.com/x@sha256:ab", Image("mcr.microsoft.com", "x", "", "sha256:ab")),
    ],
)
def test_reference(reference, expected):
    assert image(normalised(reference)) == expected


def test_stages_arguments_and_target():
    text = "\ufeffARG TAG=1\nARG TAG=2\nFROM sdk:$TAG AS build\nFROM build AS test\nFROM ${BASE}/run\n"
    assert scan(text, {"BASE": "lab.azurecr.io"}) == ("lab.azurecr.io/run", ("sdk:1",))
    assert scan(text, {"TAG": "9"}, "test") == ("sdk:9", ())


@pytest.mark.parametrize("text", ["", "RUN true", "FROM", "FROM --platform=linux/amd64 a AS b", "ARG\nFROM a"])
def test_refused(text):
    with pytest.raises(ScanFailed):
        scan(text, {})
