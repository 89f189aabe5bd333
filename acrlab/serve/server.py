"""The doors, opened: TLS, the proxy and plain HTTP, all on loopback and on one event loop."""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Self

from acrlab.serve.asgi import App, Application
from acrlab.serve.certificates import Authority
from acrlab.serve.fastpath import FastProtocol, FastState
from acrlab.serve.handshake import Arrivals
from acrlab.serve.protocol import DoorProtocol, DoorState, configure
from acrlab.serve.proxy import LOOPBACK, Proxy, ProxyProtocol

NAMES = ("proxy", "tls", "http")
BACKLOG = 1024
GRACE = 2.0  # seconds for answers that are under way when the doors close


class Doors:
    """Everything that listens. `port` is the proxy's; TLS and plain HTTP take the next two.

    A port of 0, or one that is taken, becomes any free one; `notes` says so. `names` leaves doors out, and `address`
    is this machine's own but where somebody has asked for another.
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
        names: Sequence[str] = NAMES,
        address: str = LOOPBACK,
    ) -> None:
        self._names, self._address = tuple(names), address
        wanted = {name: port and port + step for step, name in enumerate(NAMES)}
        self._wanted = {**wanted, **(ports or {})}
        self._application = Application(app)
        self._state = (FastState if fast else DoorState)(self._application)
        protocol = FastProtocol if fast else DoorProtocol
        config = configure(self._application, protocol)
        http = partial(protocol, config, self._state, {})
        self._arrivals = Arrivals(authority.server_context(), http)
        self._proxy = Proxy(app, self._arrivals, sealed=sealed)
        self._factories: dict[str, Callable[[], Any]] = {
            "proxy": partial(ProxyProtocol, self._proxy),
            "http": http,
        }
        self._servers: list[asyncio.AbstractServer] = []
        self._chores: list[asyncio.Task[None]] = []
        self._listener: socket.socket | None = None
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
        try:
            for name in self._names:
                listener = self._listen(name, self._wanted[name])
                self.ports[name] = listener.getsockname()[1]
                await self._serve(name, listener)
        except BaseException:
            await self.close()
            raise
        self._proxy.ports.update(self.ports)
        self._chores.append(asyncio.create_task(self._keep_time()))

    async def close(self) -> None:
        """Close the doors: idle connections at once, busy ones when they have answered."""
        for server in self._servers:
            server.close()
        for chore in self._chores:
            chore.cancel()
            with suppress(asyncio.CancelledError):
                await chore
        self._chores.clear()
        if self._listener is not None:
            self._listener.close()
        self._arrivals.close()
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

    async def _serve(self, name: str, listener: socket.socket) -> None:
        if name == "tls":
            self._listener = listener
            self._chores.append(asyncio.create_task(self._arrivals.accept(listener)))
        else:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(self._factories[name], sock=listener, backlog=BACKLOG)
            self._servers.append(server)

    async def _empty(self, patience: float) -> bool:
        """Whether every connection and task has ended within so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        state, arrivals = self._state, self._arrivals
        pending = (state.connections, state.tasks, arrivals.connections, arrivals.tasks)
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
            return _bound(port, self._address)
        except OSError:
            if not port:
                raise
        listener = _bound(0, self._address)
        found = listener.getsockname()[1]
        self.notes.append(f"Port {port} is taken: the {name} door is at {found}.")
        return listener


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop this machine has."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _bound(port: int, address: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there, reuse would let another program take the port over
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.setblocking(False)
        listener.listen(BACKLOG)  # so that two programs cannot both believe they have the port
    except BaseException:
        listener.close()
        raise
    return listener
