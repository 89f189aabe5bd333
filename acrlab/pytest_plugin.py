"""A registry for anybody's tests: the fixtures `acr_emulator` and `acr_registry`.

A script that pushes, tested as it is: nothing of it is replaced, and its DefaultAzureCredential just works.

    import subprocess, sys
    from acrlab import Image

    def push(registry):
        return subprocess.run([sys.executable, "push.py", registry.login_server, "hello:1.0"]).returncode

    def test_it_pushes(acr_registry):
        assert push(acr_registry) == 0
        assert [tag.name for tag in acr_registry.tags("hello")] == ["1.0"]

    def test_it_fails_when_the_tag_is_locked(acr_registry):
        acr_registry.push("hello:1.0", Image.hello())
        acr_registry.lock("hello:1.0", "write")
        assert push(acr_registry) == 1
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from acrlab.client.registry import Registry
    from acrlab.emulator import Emulator

MARK = "pytest"  # the snapshot that a test goes back to


@pytest.fixture(scope="session")
def acr_emulator() -> Iterator["Emulator"]:
    """An emulator in memory with open doors, and `os.environ` pointing to it until the session ends.

    Every test that uses it finds the world as fixtures of wider scope left it.
    """
    from acrlab.emulator import Emulator

    with pytest.MonkeyPatch.context() as patch, Emulator() as emulator:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield emulator


@pytest.fixture(autouse=True)
def _acr_world_as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """Undo what a test did to the emulator; does nothing for tests that do not use it."""
    if "acr_emulator" not in request.fixturenames:
        yield
        return
    world = request.getfixturevalue("acr_emulator").world
    world.snapshot(MARK)
    yield
    world.restore(MARK)


@pytest.fixture
def acr_registry(acr_emulator: "Emulator", _acr_world_as_it_was: None) -> Iterator["Registry"]:
    """A new, empty registry in the Premium tier with its admin user enabled; gone when the test ends.

    `login_server` says where it is, `credentials` who may sign in with a name and a password; `push`, `pull`,
    `tags` … drive the official SDK. Container engines find it at `{acr_emulator.endpoint}/{name}`.
    """
    from acrlab.client.cloud import connect

    name = f"test{acr_emulator.world.random(6).hex()}"
    with connect("emulated") as cloud:
        yield cloud.registry(name, tier="Premium", group="acrlab-pytest", admin=True)
