"""A world in memory, asked through App.begin, and by the official SDKs over the in-process transport."""

from pathlib import Path
from random import Random
from typing import Any

import msgspec

from acrlab.engine import directory, entra, genesis
from acrlab.engine.clock import FrozenClock
from acrlab.engine.world import World
from acrlab.store.account import FolderStorage
from acrlab.store.directory import DirectoryBlobs
from acrlab.store.git.folder import DirectoryGit
from acrlab.store.keys import KeyRing
from acrlab.store.memory import MemoryJournal
from acrlab.wire.app import App
from acrlab.wire.http import Request, Response, concluded

HOST = "management.azure.com"
NOW = 1_790_000_000.0  # 2026-09-21
NEWEST = "2026-09-01-preview"
STABLE = "2025-11-01"
REGISTRIES = "Microsoft.ContainerRegistry/registries"


class Answer:
    """A response with its JSON."""

    def __init__(self, response: Response) -> None:
        self.status, self.headers, self.raw = response.status, dict(response.headers), response.body
        assert isinstance(response.body, bytes)
        self.json: Any = msgspec.json.decode(response.body) if response.body else None

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        """The error's sentence."""
        return str(self.json["error"]["message"])

    def __repr__(self) -> str:
        return f"{self.status} {self.json}"


class Cloud:
    """One world and its app."""

    def __init__(
        self,
        folder: Path,
        *,
        realistic_timing: bool = False,
        profile: str = "current-2026",
        keys: KeyRing | None = None,
    ) -> None:
        self.world = World(
            journal=MemoryJournal(), blobs=DirectoryBlobs(folder), clock=FrozenClock(NOW), entropy=Random(7).randbytes,
            keys=keys or KeyRing(None), realistic_timing=realistic_timing, git=DirectoryGit(folder, sync=False),
            storage=FolderStorage(folder / "account"),
        )  # fmt: skip
        genesis.begin(self.world, profile)
        self.app = App(self.world, strict_bugs=True)
        self.subscription = self.world.state.subscription
        self.s = f"/subscriptions/{self.subscription}"
        self.g = f"{self.s}/resourceGroups/lab"
        self.r = f"{self.g}/providers/{REGISTRIES}"

    def token(self, who: str = "acrlab-sp") -> str:
        """A bearer token for Resource Manager."""
        name = f"{who}@{directory.DOMAIN}" if who in ("owner", "reader") else who
        identity = directory.seeded(self.world, name)
        return entra.issue(self.world, directory.principal(identity), "https://management.azure.com")

    def id_of(self, who: str) -> str:
        """The object id of a seeded principal."""
        name = f"{who}@{directory.DOMAIN}" if who in ("owner", "reader") else who
        return directory.identity_id(self.world.state.tenant, name)

    def ask(
        self, method: str, path: str, body: Any = None, *, who: str = "acrlab-sp", version: str | None = STABLE,
        query: str = "", headers: dict[str, str] | None = None, raw: bytes | None = None,
    ) -> Answer:  # fmt: skip
        """Ask Resource Manager, as somebody."""
        parts = [f"api-version={version}"] if version is not None else []
        bearer = {"authorization": f"Bearer {self.token(who)}"} if who else {}
        text = "&".join((*parts, *filter(None, (query,))))
        head = Request(method, HOST, path, text, {**bearer, **(headers or {})}, authority=HOST)
        answer = self.app.begin(head)
        if not isinstance(answer, Response):
            answer.write(raw if raw is not None else (msgspec.json.encode(body) if body is not None else b""))
        return Answer(concluded(answer))

    def follow(self, url: str, who: str = "acrlab-sp") -> Answer:
        """Ask at an absolute address that an answer gave."""
        assert url.startswith(f"https://{HOST}/")
        path, _, query = url.removeprefix(f"https://{HOST}").partition("?")
        return self.ask("GET", path, version=None, query=query, who=who)

    def group(self, name: str = "lab", location: str = "westus", **more: Any) -> Answer:
        """Create a group."""
        return self.ask("PUT", f"{self.s}/resourcegroups/{name}", {"location": location, **more}, version="2024-11-01")

    def registry(self, name: str = "contoso", sku: str = "Premium", version: str = STABLE, **properties: Any) -> Answer:
        """Create a registry in the group lab."""
        body = {"location": "westus", "sku": {"name": sku}, "properties": properties}
        return self.ask("PUT", f"{self.r}/{name}", body, version=version)
