"""What start.yaml cannot say: connections of an earlier attempt are forgotten."""

from contextlib import suppress

from acrlab.client import running
from acrlab.client.control import ControlRefused
from acrlab.course.rest import Rest

CONNECTIONS = ("lab15-ci", "lab15-reader")


def begin(rest: Rest, group: str) -> None:
    for name in CONNECTIONS:
        with suppress(ControlRefused):
            running.control().disconnect(name)
