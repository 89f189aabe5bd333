"""Where oracles are tried: a world in this process, asked like any client asks, without a socket."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import unquote, urlencode, urlsplit

import msgspec

from acrlab.agents.dispatcher import Dispatcher
from acrlab.domain import events, hosting
from acrlab.domain.access import Principal
from acrlab.emulator import Emulator
from acrlab.engine import directory, entra
from acrlab.engine.hosting import repositories, tokens
from acrlab.engine.throttling import Buckets
from acrlab.engine.world import World
from acrlab.store.memory import MemoryJournal
from acrlab.wire.app import App
from acrlab.wire.http import FileSlice, Request, Response, concluded

ARM = "https://management.azure.com"
ACR = "https://containerregistry.azure.net"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
GROUP = "lab"
PATIENCE = 120.0  # seconds that runs of a proof may take


class Seen(msgspec.Struct, frozen=True):
    """An answer as an oracle looks at it: `code` of whichever error dialect, `text` of its message."""

    status: int
    code: str = ""
    text: str = ""
    body: Any = None
    headers: Mapping[str, str] = {}
    raw: bytes = b""


class Place(Protocol):
    """A cloud that steps are taken in: a world of this process, or an emulator that runs elsewhere."""

    subscription: str
    tenant: str
    stands: str  # where whoever asks stands: an address, or network/subnet; empty: on this machine

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Seen:
        """One request and its answer."""
        ...

    def bearer(self, who: str, audience: str) -> str:
        """An Entra token of a principal, by name."""
        ...

    def principal(self, who: str) -> Principal:
        """A principal of the directory, by name; one that is not there is added, without any role."""
        ...

    def password(self, registry: str) -> str:
        """The admin user's first password, whether it is enabled or not."""
        ...

    def now(self) -> float:
        """The clock. Units: epoch seconds."""
        ...

    def advance(self, seconds: float) -> None:
        """Turn the clock."""
        ...

    def hosted(self, repository: str) -> str:
        """Make an empty repository at github.com, by owner/name. Returns a token of its owner."""
        ...

    def history(self) -> list[dict[str, Any]]:
        """Everything that happened, oldest first."""
        ...

    def why(self) -> list[str]:
        """The chain behind the last refusal."""
        ...

    def settle(self) -> bool:
        """Wait for the runs that are under way; whether it is certain that none goes on."""
        ...


class Bench:
    """A prepared world; every proof works on a fork of it, in milliseconds."""

    def __init__(self, *, profile: str = "current-2026", seed: int = 204) -> None:
        self._emulator = Emulator(clock="frozen", seed=seed, profile=profile)
        self._origin = self._emulator.world

    @contextmanager
    def place(self, origin: "BenchPlace | None" = None) -> Iterator["BenchPlace"]:
        """A world of one's own, as at the beginning or as another place is now."""
        parent = origin.world if origin is not None else self._origin
        world = parent.fork(MemoryJournal())
        found = BenchPlace(world, self._emulator.agents)
        try:
            yield found
        finally:
            found.close()
            parent.family.remove(world)

    def close(self) -> None:
        """Throw everything away."""
        self._emulator.stop()


class BenchPlace:
    """A world, asked through `App.begin`."""

    def __init__(self, world: World, agents: Callable[[App], Dispatcher]) -> None:
        self.world, self.app = world, App(world, strict_bugs=True)
        self._dispatcher = agents(self.app)
        self.subscription, self.tenant = world.state.subscription, world.state.tenant
        self.stands = ""
        world.buckets = Buckets()  # a proof is no load, unless a question is about one

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Seen:
        parts = urlsplit(url)
        answer = self.app.begin(
            Request(method, parts.hostname or "", unquote(parts.path) or "/", parts.query, dict(headers), "https",
                    parts.netloc, **({"client": self.stands} if self.stands else {}))
        )  # fmt: skip
        if body and not isinstance(answer, Response):
            answer.write(body)
        answer = concluded(answer)
        return seen(answer.status, dict(answer.headers), _bytes(answer.body))

    def bearer(self, who: str, audience: str) -> str:
        return entra.issue(self.world, self.principal(who), audience)

    def principal(self, who: str) -> Principal:
        name = f"{who}@{directory.DOMAIN}" if who in ("owner", "reader") else who
        found = directory.find_named(self.world, name)
        if found is None:
            key = self.world.uuid()
            self.world.commit(
                events.PrincipalAdded(
                    at=self.world.now(),
                    id=key,
                    kind=directory.APPLICATION,
                    name=name,
                    app_id=self.world.uuid(),
                    tenant=self.tenant,
                    secrets={"default": directory.new_secret(self.world)},
                )
            )
            found = self.world.state.principals[key]
        return directory.principal(found)

    def password(self, registry: str) -> str:
        found = self.world.state.registries.get(registry)
        return found.passwords[0] if found is not None else "unknown"

    def now(self) -> float:
        return self.world.now()

    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)

    def hosted(self, repository: str) -> str:
        place = hosting.address(f"https://{hosting.GITHUB}/{repository}")
        repositories.create(self.world, place, self.principal("owner").id)
        return tokens.issue(self.world, place.host, place.owner, self.principal("owner").id)

    def history(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = msgspec.to_builtins(list(self.world.events()))
        return found

    def why(self) -> list[str]:
        return self.world.refusals[-1].lines() if self.world.refusals else []

    def settle(self) -> bool:
        if not self._dispatcher.idle(PATIENCE):
            raise TimeoutError(f"a run is under way for more than {PATIENCE:g} seconds")
        return True

    def close(self) -> None:
        """Stop what still runs."""
        self._dispatcher.close()


def seen(status: int, headers: Mapping[str, str], raw: bytes) -> Seen:
    """An answer with its error read from whichever dialect it speaks."""
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = None
    code, text = _error(body) if status >= 400 and isinstance(body, dict) else ("", "")
    return Seen(status, code, text, body, lower, raw)


def _error(body: dict[str, Any]) -> tuple[str, str]:
    listed, single = body.get("errors"), body.get("error")
    if isinstance(listed, list) and listed:
        return str(listed[0].get("code", "")), str(listed[0].get("message", ""))
    if isinstance(single, dict):
        return str(single.get("code", "")), str(single.get("message", ""))
    return str(single or body.get("code", "")), str(body.get("error_description", body.get("message", "")))


def _bytes(body: bytes | FileSlice) -> bytes:
    if isinstance(body, bytes):
        return body
    with open(body.path, "rb") as file:
        file.seek(body.offset)
        return file.read(body.length)


class Visitor:
    """Somebody who uses a place: follows challenges as the clients do, and remembers sessions only when told to."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.who = "owner"
        self.sessions: dict[str, str] = {}  # name -> refresh token
        self.keys: dict[str, tuple[str, str]] = {}  # a token with a scope map, or one of its passwords -> both

    def arm(self, method: str, path: str, body: Any, version: str) -> Seen:
        """Ask Resource Manager."""
        mark = "&" if "?" in path else "?"
        headers = {"authorization": f"Bearer {self.place.bearer(self.who, ARM)}", "content-type": "application/json"}
        return self.place.send(method, f"{ARM}{path}{mark}api-version={version}", headers, _encoded(body))

    def registry(
        self, server: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None,
        session: str = "",
    ) -> Seen:  # fmt: skip
        """Ask a registry: first without a credential, then with what its challenge asks for."""
        url, given = f"https://{server}{path}", dict(headers or {})
        basic = self._basic(server)
        if basic:
            return self.place.send(method, url, {**given, "authorization": basic}, body)
        first = self.place.send(method, url, given, body if method == "GET" else b"")
        if first.status != 401:
            return first
        challenge = dict(_CHALLENGE.findall(first.headers.get("www-authenticate", "")))
        token = self.token(server, challenge.get("scope", ""), session)
        if token.status != 200:
            return token
        bearer = {"authorization": f"Bearer {token.body['access_token']}"}
        return self.place.send(method, url, {**given, **bearer}, body)

    def token(self, server: str, scope: str, session: str = "") -> Seen:
        """An access token for a scope."""
        basic = self._basic(server)
        if (basic or self.who == "anonymous") and not session:
            query = urlencode({"service": server, "scope": scope})
            headers = {"authorization": basic} if basic else {}
            return self.place.send("GET", f"https://{server}/oauth2/token?{query}", headers, b"")
        refresh = self.sessions.get(session, "")
        if not refresh:
            login = self.login(server)
            if login.status != 200:
                return login
            refresh = login.body["refresh_token"]
        form = {"grant_type": "refresh_token", "service": server, "scope": scope, "refresh_token": refresh}
        return self._post(f"https://{server}/oauth2/token", form)

    def login(self, server: str, audience: str = ACR) -> Seen:
        """Exchange an Entra token for a registry refresh token."""
        token = self.place.bearer(self.who, audience)
        form = {"grant_type": "access_token", "service": server, "tenant": self.place.tenant, "access_token": token}
        return self._post(f"https://{server}/oauth2/exchange", form)

    def credential(self, server: str, who: str) -> tuple[str, str] | None:
        """User name and password of the admin user, or of a token with a scope map; None for anybody else."""
        name = server.partition(".")[0]
        return (name, self.place.password(name)) if who == "admin" else self.keys.get(who)

    def _basic(self, server: str) -> str:
        found = self.credential(server, self.who)
        return "Basic " + base64.b64encode(":".join(found).encode()).decode() if found else ""

    def _post(self, url: str, form: Mapping[str, str]) -> Seen:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.place.send("POST", url, headers, urlencode(form).encode())


def _encoded(body: Any) -> bytes:
    return msgspec.json.encode(body) if body is not None else b""
