"""What holds for every test: a clean slate, and the lane a test is in is the folder it is in."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

try:
    import hypothesis
except ModuleNotFoundError:  # the learner's environment: no lane of it needs generated input
    hypothesis = None  # type: ignore[assignment]

TESTS = Path(__file__).parent
LANES = ("peers", "conformance", "notebooks", "browser")

# A learner's own Azure credentials and a running emulator are none of the tests' business.
FOREIGN = ("AZURE_", "ARM_", "ACRLAB_", "IDENTITY_", "MSI_")
TOLD_TO_TESTS = ("ACRLAB_TOOLS", "ACRLAB_LANES")

if hypothesis:
    # Generated input takes the time it takes; a slow machine is no bug. CI looks at the same
    # examples every time: what is found by chance elsewhere becomes an example of its own.
    hypothesis.settings.register_profile("laptop", deadline=None)
    hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def pytest_configure(config: pytest.Config) -> None:
    """Only tests have their asserts rewritten.

    pytest does it to every module of a package that has a plugin, too, and CPython 3.11 now and then refuses to parse
    in two threads at once ("AST constructor recursion depth mismatch"): an emulator imports in threads.
    """
    hook = config.pluginmanager.rewrite_hook
    if hook is not None:
        getattr(hook, "_must_rewrite", set()).discard("acrlab")


@pytest.fixture(scope="session", autouse=True)
def clean_slate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the credentials or the emulator of whoever started it."""
    patch = pytest.MonkeyPatch()
    for name in list(os.environ):
        tool = name.startswith("ACRLAB_") and Path(os.environ[name]).is_file()
        if name.startswith(FOREIGN) and name not in TOLD_TO_TESTS and not tool:
            patch.delenv(name)
    patch.setenv("ACRLAB_HOME", str(tmp_path_factory.mktemp("acrlab-home")))
    yield
    patch.undo()


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(marker.name in (*LANES, "slow") for marker in item.iter_markers()):
            continue
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in LANES:
            item.add_marker(folder)
