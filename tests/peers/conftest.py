"""Fixtures of the lanes that drive other people's programs against a live emulator."""

import pytest

from tests.peers.cloud import Cloud
from tests.peers.lanes import summary
from tests.peers.programs import Program


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """One emulator per test module, with its doors open and an environment for other programs."""
    with Cloud.open(tmp_path_factory.mktemp("home")) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter):
    summary(terminalreporter)


@pytest.fixture(scope="session")
def kit():
    """BuildKit's own code, asked by a small program."""
    program = Program("dockerfiles")
    yield program
    program.close()
