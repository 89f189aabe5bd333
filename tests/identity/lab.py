"""A world of principals and one registry, asked through App.begin: no socket, no fake."""

import base64
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import msgspec

from acrlab.domain import events
from acrlab.domain.access import Principal, Scope
from acrlab.engine import directory, entra, genesis, jwt, tokens
from acrlab.engine.clock import FrozenClock
from acrlab.engine.state import Identity, Registry
from acrlab.engine.world import World
from acrlab.store.directory import DirectoryBlobs
from acrlab.store.keys import KeyRing
from acrlab.store.memory import MemoryJournal
from acrlab.wire.app import App
from acrlab.wire.http import Request, Response

START = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC
LOGIN = "https://login.microsoftonline.com"
HOST = "contoso.azurecr.io"
ARM = "https://management.azure.com"
ACR = "https://containerregistry.azure.net"
GRAPH = "https://graph.microsoft.com"
PASSWORDS = ("first-password", "second-password")


class Answer:
    """A response, with its headers by name and its JSON."""

    def __init__(self, response: Response) -> None:
        assert isinstance(response.body, bytes)
        self.status, self.body = response.status, response.body
        self.headers = dict(response.headers)

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def challenge(self) -> str | None:
        return self.headers.get("www-authenticate")

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:2000]!r}"


class Lab:
    """One world and its app, with the registry contoso."""

    def __init__(self, folder: Path, keys: KeyRing) -> None:
        self.world = World(
            journal=MemoryJournal(), blobs=DirectoryBlobs(folder, sync=False), clock=FrozenClock(START),
            entropy=Random(11).randbytes, keys=keys,
        )  # fmt: skip
        genesis.begin(self.world)
        self.app = App(self.world, strict_bugs=True)
        self.tenant = self.world.state.tenant
        self.open()

    # The registry

    def open(self, name: str = "contoso", **properties: Any) -> Registry:
        group = f"/subscriptions/{self.world.state.subscription}/resourceGroups/lab"
        resource = f"{group}/providers/Microsoft.ContainerRegistry/registries/{name}"
        body = {"sku": {"name": "Premium"}, "location": "eastus", "properties": properties}
        now = self.world.now()
        self.world.commit(
            events.ResourcePut(at=now, id=resource, body=body),
            events.RegistryOpened(
                at=now, registry=name, login_server=f"{name}.azurecr.io", resource=resource, passwords=PASSWORDS
            ),
        )
        return self.world.state.registries[name]

    def configure(self, **properties: Any) -> None:
        resource = self.registry.resource
        body = dict(self.world.state.resources[resource.lower()].body)
        body["properties"] = {**body["properties"], **properties}
        self.world.commit(events.ResourcePut(at=self.world.now(), id=resource, body=body))

    @property
    def registry(self) -> Registry:
        return self.world.state.registries["contoso"]

    # People

    def identity(self, name: str) -> Identity:
        return directory.seeded(self.world, name)

    def principal(self, name: str) -> Principal:
        return directory.principal(self.identity(name))

    def secret(self, name: str) -> str:
        return directory.secret(self.identity(name))

    def nobody(self) -> Identity:
        """A service principal without any role."""
        key = self.world.uuid()
        self.world.commit(
            events.PrincipalAdded(
                at=self.world.now(), id=key, kind=directory.APPLICATION, name="nobody", app_id=self.world.uuid(),
                tenant=self.tenant, secrets={"default": "nobodys-secret"},
            )
        )  # fmt: skip
        return self.world.state.principals[key]

    def bearer(self, name: str = "acrlab-sp", audience: str = ARM) -> str:
        return entra.issue(self.world, self.principal(name), audience)

    def access(self, *scopes: str, name: str = "acrlab-sp") -> str:
        """A registry access token for scopes such as repository:app:pull."""
        asked = []
        for each in scopes:
            kind, repository, actions = each.split(":")
            asked.append(Scope(kind, repository, frozenset(actions.split(","))))
        return tokens.access_token(self.world, self.registry, self.principal(name), asked)

    # Asking

    def ask(
        self, method: str, url: str, *, form: Any = None, body: bytes = b"", headers: dict[str, str] | None = None,
        bearer: str = "", basic: tuple[str, str] | None = None, json: Any = None,
    ) -> Answer:  # fmt: skip
        parts = urlsplit(url)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if bearer:
            given["authorization"] = f"Bearer {bearer}"
        if basic:
            given["authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        if form is not None:
            body = urlencode(form, doseq=True).encode()
        if json is not None:
            body = msgspec.json.encode(json)
        head = Request(
            method=method, host=parts.hostname or "", path=unquote(parts.path), query=parts.query, headers=given,
            scheme=parts.scheme, authority=parts.netloc,
        )  # fmt: skip
        answer = self.app.begin(head)
        if not isinstance(answer, Response):
            if body:
                answer.write(body)
            answer.seal()
            answer = answer.finish()
        return Answer(answer)

    def token(self, form: Any, *, tenant: str = "", version: str = "v2.0/", **more: Any) -> Answer:
        """Ask the token endpoint of Entra."""
        return self.ask("POST", f"{LOGIN}/{tenant or self.tenant}/oauth2/{version}token", form=form, **more)

    def client_credentials(self, scope: str = f"{ARM}/.default", name: str = "acrlab-sp", **changes: str) -> Answer:
        form = {
            "grant_type": "client_credentials", "client_id": self.identity(name).app_id,
            "client_secret": self.secret(name), "scope": scope,
        } | changes  # fmt: skip
        return self.token({key: value for key, value in form.items() if value != ""})

    def claims(self, token: str, key: str = "entra") -> dict[str, Any]:
        """The claims of a token, its signature checked."""
        return dict(jwt.verify(self.world.keys, key, token))

    @property
    def why(self) -> list[str]:
        """The chain behind the last refusal."""
        return self.world.refusals[-1].lines()
