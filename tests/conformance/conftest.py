from tests.peers.conftest import cloud, pytest_terminal_summary

__all__ = ["cloud", "pytest_terminal_summary"]
