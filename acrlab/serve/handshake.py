"""TLS on a connection that already exists: the TLS door's, and those that came through the proxy."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

PATIENCE = 20.0  # seconds for a handshake
BREATH = 0.05  # seconds before the next try to accept
FAREWELL = 1.0  # seconds for a client to say goodbye


class Arrivals:
    """Connections of which it is not yet known what they want; none is lost sight of."""

    def __init__(self, context: ssl.SSLContext, http: Callable[..., Any]) -> None:
        self.context, self.http = context, http
        self.connections: set[Any] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a connection be decided upon."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def accept(self, listener: socket.socket) -> None:
        """Take in all who come to the TLS door, for ever.

        Not the loop's own server: that one cannot let go of a client that is still shaking hands.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listener)
            except OSError:  # the client has left again, or there are too many of them
                await asyncio.sleep(BREATH)
            else:
                self.start(self._welcome(sock))

    async def _welcome(self, sock: socket.socket) -> None:
        with suppress(OSError, TimeoutError):
            await asyncio.get_running_loop().connect_accepted_socket(
                self.http,
                sock,
                ssl=self.context,
                ssl_handshake_timeout=PATIENCE,
                ssl_shutdown_timeout=FAREWELL,
            )

    async def secure(self, transport: Any, standpoint: str = "") -> None:
        """Shake hands, and hand the connection over."""
        gate = Gate()
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                transport,
                gate,
                self.context,
                server_side=True,
                ssl_handshake_timeout=PATIENCE,
                ssl_shutdown_timeout=FAREWELL,
            )
            gate.open(secured, self.http(standpoint=standpoint))
        except (OSError, TimeoutError):  # a handshake that failed is the client's matter
            transport.abort()
        finally:
            self.connections.discard(transport)

    def close(self) -> None:
        """Drop everything that is still undecided, and every tunnel."""
        for task in list(self.tasks):
            task.cancel()
        for transport in list(self.connections):
            with suppress(OSError):
                transport.abort()


class Gate(asyncio.Protocol):
    """Holds back what a client sends in the same breath as the end of its handshake."""

    def __init__(self) -> None:
        self._early: list[bytes] = []
        self._lost = False

    def data_received(self, data: bytes) -> None:
        self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True

    def open(self, transport: Any, protocol: Any) -> None:
        """Let it through."""
        if self._lost:
            return
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        for data in self._early:
            protocol.data_received(data)
