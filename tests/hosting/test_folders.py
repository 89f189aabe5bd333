"""A repository that begins with a folder: read while others are answered, there whole or not at all."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acrlab.domain import hosting
from acrlab.store.git import worktree
from acrlab.wire.http import Request, Response, concluded
from acrlab.wire.local import control_token
from tests.arm.cloud import Cloud
from tests.arm.conftest import bare, cloud, keys, make  # noqa: F401

PATIENCE = 60.0  # seconds that something may take before it counts as broken


class Control:
    """The controls of an emulator, asked without a door."""

    def __init__(self, cloud: Cloud) -> None:  # noqa: F811
        self.cloud = cloud

    def begun(self, path: str, **said: Any) -> Any:
        """An answer as far as it comes before anything slow."""
        headers = {"authorization": f"Bearer {control_token(self.cloud.world.keys.secret('control'))}"}
        answer = self.cloud.app.begin(Request("POST", "localhost", f"/_acrlab/{path}", "", headers))
        assert not isinstance(answer, Response), answer
        answer.write(msgspec.json.encode(said))
        answer.seal()
        return answer.finish()

    def ask(self, path: str, **said: Any) -> Response:
        return concluded(self.begun(path, **said))


@pytest.fixture
def control(cloud: Cloud) -> Control:  # noqa: F811
    return Control(cloud)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "files"
    found.mkdir()
    (found / "Dockerfile").write_text("FROM scratch\n")
    return found


class Reading:
    """A folder whose reading takes as long as the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reading, self.go_on = threading.Event(), threading.Event()
        self._read: Callable[..., Any] = worktree.read
        monkeypatch.setattr(worktree, "read", self.read)

    def read(self, *arguments: Any) -> Any:
        self.reading.set()
        assert self.go_on.wait(PATIENCE)
        return self._read(*arguments)


def test_others_are_answered_while_a_folder_is_read(
    control: Control, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, world = Reading(monkeypatch), control.cloud.world
    creating = control.begun("git", repository="https://github.com/contoso/app", folder=str(folder))
    assert not isinstance(creating, Response) and not creating.small, "a door reads it in a thread"
    ends: list[Response] = []
    thread = threading.Thread(target=lambda: ends.append(concluded(creating)))
    thread.start()
    assert slow.reading.wait(PATIENCE)
    assert control.cloud.group("other").status == 201 and not world.state.hosted
    assert control.ask("git", repository="https://github.com/contoso/app").status == 201, "somebody is quicker"
    slow.go_on.set()
    thread.join()
    assert ends[0].status == 409
    (hosted,) = world.state.hosted.values()
    assert not hosted.refs and list(world.git.ids()) == [hosted.id], "of what was read nothing is left"


def test_what_was_read_is_the_first_commit(control: Control, folder: Path) -> None:
    made = control.ask("git", repository="https://github.com/contoso/app", folder=str(folder))
    assert made.status == 201
    hosted = control.cloud.world.state.hosted[hosting.github("contoso", "app").key]
    with control.cloud.world.git.open(hosted.id) as objects:
        assert objects.file(hosted.refs["refs/heads/main"], "Dockerfile")[0] == b"FROM scratch\n"


def test_a_folder_that_is_not_there_leaves_nothing(control: Control, folder: Path) -> None:
    refused = control.ask("git", repository="https://github.com/contoso/app", folder=str(folder / "nowhere"))
    assert refused.status in range(400, 600) and not control.cloud.world.state.hosted
    assert list(control.cloud.world.git.ids()) == []


def test_whoever_leaves_leaves_nothing(control: Control, folder: Path) -> None:
    creating = control.begun("git", repository="https://github.com/contoso/app", folder=str(folder))
    creating.seal()
    assert len(list(control.cloud.world.git.ids())) == 1
    creating.abort()
    assert list(control.cloud.world.git.ids()) == [] and not control.cloud.world.state.hosted
