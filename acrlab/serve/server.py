"""The doors, opened: TLS, the proxy and plain HTTP, all on loopback and on one event loop."""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Self

from acrlab.serve.asgi import App, Application
from acrlab.serve.certificates import Authority
from acrlab.serve.fastpath import FastProtocol, FastState
from acrlab.serve.protocol import DoorProtocol, DoorState, configure
from acrlab.serve.proxy import Proxy, ProxyProtocol

LOOPBACK = "127.0.0.1"
NAMES = ("proxy", "tls", "http")
BACKLOG = 1024
GRACE = 2.0  # seconds for answers that are under way when the doors close
FAREWELL_PATIENCE = 1.0  # seconds for a client to say goodbye in TLS


class Doors:
    """Everything that listens. `port` is the proxy's; TLS and plain HTTP take the next two.

    A port of 0, or one that is taken, becomes any free one; `notes` says so.
    """

    def __init__(
        self,
        app: App,
        authority: Authority,
        *,
        sealed: bool = False,
        port: int = 0,
        ports: Mapping[str, int] | None = None,
        fast: bool = True,
    ) -> None:
        wanted = {name: port and port + step for step, name in enumerate(NAMES)}
        self._wanted = {**wanted, **(ports or {})}
        self._application = Application(app)
        self._state = (FastState if fast else DoorState)(self._application)
        protocol = FastProtocol if fast else DoorProtocol
        config = configure(self._application, protocol)
        http = partial(protocol, config, self._state, {})
        self._context = authority.server_context()
        self._proxy = Proxy(app, sealed=sealed, http=http, context=self._context)
        self._factories: dict[str, Callable[[], Any]] = {
            "proxy": partial(ProxyProtocol, self._proxy),
            "tls": http,
            "http": http,
        }
        self._servers: list[asyncio.AbstractServer] = []
        self._clock: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.ports: dict[str, int] = {}
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Open the doors in a thread of their own; back when all accept.

        Raises: OSError.
        """
        loop = self._loop = new_loop()
        self._thread = threading.Thread(target=loop.run_forever, name="acrlab-doors", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.open(), loop).result()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close the doors and wait until everything has been let go."""
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    async def open(self) -> None:
        """Open the doors on the running loop."""
        loop = asyncio.get_running_loop()
        try:
            for name in NAMES:
                listener = self._listen(name, self._wanted[name])
                self.ports[name] = listener.getsockname()[1]
                options = self._tls_options() if name == "tls" else {}
                server = await loop.create_server(
                    self._factories[name], sock=listener, backlog=BACKLOG, **options
                )
                self._servers.append(server)
        except BaseException:
            await self.close()
            raise
        self._proxy.ports.update(self.ports)
        self._clock = loop.create_task(self._keep_time())

    async def close(self) -> None:
        """Close the doors: idle connections at once, busy ones when they have answered."""
        for server in self._servers:
            server.close()
        if self._clock is not None:
            self._clock.cancel()
            with suppress(asyncio.CancelledError):
                await self._clock
        self._proxy.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if not await self._empty(GRACE):
            for connection in list(self._state.connections):
                connection.transport.abort()
            for task in list(self._state.tasks):
                task.cancel()
            await self._empty(GRACE)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._release_threads)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    async def _empty(self, patience: float) -> bool:
        """Whether every connection and task has ended within so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        pending = (self._state.connections, self._state.tasks, self._proxy.connections, self._proxy.tasks)
        while any(pending) and loop.time() < end:
            await asyncio.sleep(0.005)
        return not any(pending)

    def _release_threads(self) -> None:
        self._application.close()
        if isinstance(self._state, FastState):
            self._state.lanes.close()

    async def _keep_time(self) -> None:
        while True:
            self._state.keep_time()
            await asyncio.sleep(1)

    def _listen(self, name: str, port: int) -> socket.socket:
        try:
            return _bound(port)
        except OSError:
            if not port:
                raise
        listener = _bound(0)
        found = listener.getsockname()[1]
        self.notes.append(f"Port {port} is taken: the {name} door is at {found}.")
        return listener

    def _tls_options(self) -> dict[str, Any]:
        return {
            "ssl": self._context,
            "ssl_handshake_timeout": 20.0,
            "ssl_shutdown_timeout": FAREWELL_PATIENCE,
        }


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop this machine has."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there, reuse would let another program take the port over
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(BACKLOG)  # so that two programs cannot both believe they have the port
    except BaseException:
        listener.close()
        raise
    return listener
