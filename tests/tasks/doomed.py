"""A process with a run under way and one that waits, to be killed: python -m tests.tasks.doomed FOLDER."""

import sys
import time
from concurrent.futures import Future
from pathlib import Path

import msgspec

from acrlab.emulator import Emulator
from acrlab.engine import directory, entra
from acrlab.wire.http import Request, Response
from tests.tasks.conftest import LINUX, packed
from tests.tasks.stacker import Stacker

ARM, GROUP, NAME = "management.azure.com", "lab", "doomed"


class Asking:
    """Resource Manager of an emulator, asked without a socket."""

    def __init__(self, emulator: Emulator) -> None:
        self.app, world = emulator.app, emulator.world
        owner = directory.principal(directory.seeded(world, "acrlab-sp"))
        self.bearer = {"authorization": f"Bearer {entra.issue(world, owner, f'https://{ARM}')}"}
        self.group = f"/subscriptions/{world.state.subscription}/resourceGroups/{GROUP}"
        self.registry = f"{self.group}/providers/Microsoft.ContainerRegistry/registries/{NAME}"

    def ask(self, method: str, path: str, body: object = None, version: str = "2025-03-01-preview"):
        return self.send(Request(method, ARM, path, f"api-version={version}", self.bearer), msgspec.json.encode(body))

    def send(self, request: Request, body: bytes = b""):
        answer = self.app.begin(request)
        if not isinstance(answer, Response):
            answer.write(body)
            answer.seal()
            answer = answer.finish()
        assert answer.status < 300, answer
        settled: Future[Exception | None] = Future()
        self.app.when_durable(answer.position, settled.set_result)
        assert settled.result() is None
        return msgspec.json.decode(answer.body) if isinstance(answer.body, bytes) and answer.body else answer.body

    def prepare(self) -> None:
        self.ask("PUT", self.group, {"location": "westus"}, "2024-11-01")
        self.ask("PUT", self.registry, {"location": "westus", "sku": {"name": "Standard"}}, "2025-11-01")

    def build(self, *images: str, dockerfile: str = "FROM scratch\n") -> str:
        """Upload a context and queue a build of it; the id of the run."""
        request = {"type": "DockerBuildRequest", "dockerFilePath": "Dockerfile", "imageNames": images}
        return self.queue(dockerfile, **request)

    def queue(self, dockerfile: str, **request: object) -> str:
        """Upload a Dockerfile and queue a run of it; the id of the run."""
        place = self.ask("POST", f"{self.registry}/listBuildSourceUploadUrl")
        host, _, rest = place["uploadUrl"].removeprefix("https://").partition("/")
        path, _, query = rest.partition("?")
        context = packed({"Dockerfile": dockerfile.encode()})
        self.send(Request("PUT", host, f"/{path}", query, {"x-ms-blob-type": "BlockBlob"}), context)
        whole = {"platform": LINUX, "sourceLocation": place["relativePath"], **request}
        return self.ask("POST", f"{self.registry}/scheduleRun", whole)["name"]


def main(folder: Path) -> None:
    engine = Stacker()
    engine.gate.clear()
    emulator = Emulator(data=folder, engine=engine)
    asking = Asking(emulator)
    asking.prepare()
    running = asking.build("running:v1")
    engine.building.acquire(timeout=60)
    for _ in range(20):  # as many as the registry's agents take, and then some that wait
        waiting = asking.build("waiting:v1")
    run = emulator.world.state.resources[f"{asking.registry}/runs/{running}".lower()]
    shown = Path(emulator.world.storage.path(run.body["log"])).read_text()
    print(msgspec.json.encode({"running": running, "waiting": waiting, "shown": shown}).decode(), flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
