"""The CONNECT proxy: Azure's hosts are answered here, all others are passed on or refused."""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Coroutine
from functools import cached_property, partial
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from acrlab.serve import heads, standpoints
from acrlab.serve.asgi import App
from acrlab.serve.handshake import Arrivals
from acrlab.serve.protocol import HEAD_PATIENCE, LARGEST_HEAD, LINGER, TLS_HELLO
from acrlab.serve.tunnel import OneAnswer, OneRequest, Opening, Pipe

LOOPBACK = "127.0.0.1"
METADATA = "169.254.169.254"  # Azure's instance metadata service, link-local
PLAIN_PORTS = frozenset({80})
CLOSED_PORTS = frozenset({22, 8080, 8443, 9418, 11371})  # of Azure's hosts: what asks there speaks no HTTPS to them
CONNECT_PATIENCE = 15.0  # seconds
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REQUEST_LINE = re.compile(r"([A-Z]{1,24}) ([!-~]+) (HTTP/1\.[01])\Z")
FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*\Z")
_UNSEALED = "`acrlab up` without --sealed, or `acrlab run --open`, lets other hosts through."
REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
}
# RFC 9110 7.6.1: these are for the proxy and end here.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "proxy-authorization", "host", "upgrade", "te"})


class Head(NamedTuple):
    """The head of what a client asks of the proxy."""

    method: str
    target: str
    version: str
    fields: list[tuple[str, str]]


class Refused(Exception):
    """The answer is no: a status and a sentence."""


class Upstream(NamedTuple):
    """Somebody else's proxy, through which this machine reaches the world."""

    host: str
    port: int
    tls: bool
    authorization: str

    @classmethod
    def parse(cls, url: str) -> "Upstream | None":
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        credentials = ""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credentials = f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"
        tls = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, credentials)


class Proxy:
    """What the proxy's connections share."""

    def __init__(self, app: App, arrivals: Arrivals, *, sealed: bool) -> None:
        self.app, self.arrivals, self.sealed = app, arrivals, sealed
        self.ports: dict[str, int] = {}  # our own doors

    @cached_property
    def _proxies(self) -> dict[str, str]:
        from urllib.request import getproxies_environment  # late: most worlds never pass a host on

        return getproxies_environment()

    def upstream(self, scheme: str, host: str) -> Upstream | None:
        """The proxy that this machine's environment names for a host, unless that is ourselves."""
        from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

        url = self._proxies.get(scheme)
        if not url or is_loopback(host) or proxy_bypass_environment(host, self._proxies):
            return None
        found = Upstream.parse(url)
        ours = found and is_loopback(found.host) and found.port in self.ports.values()
        return None if ours else found

    def emulated(self, host: str, port: int) -> bool:
        """Whether a host is answered here.

        Raises: Refused.
        """
        ours = is_loopback(host)
        if not ours and (host == METADATA or self.app.azure(host) or (self.sealed and self.app.knows(host))):
            if port in CLOSED_PORTS:
                raise Refused(502, f"{host} is emulated at its ports 80 and 443; nothing answers at its port {port}.")
            return True
        if self.sealed and not (ours and port in self.ports.values()):
            raise Refused(403, f"acrlab is sealed, so {host} was not contacted. {_UNSEALED}")
        return False


class ProxyProtocol(asyncio.Protocol):
    """One connection to the proxy, until it is known what it is for."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.loop = asyncio.get_running_loop()
        self.transport: Any = None
        self._buffer = b""
        self._decided = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.proxy.arrivals.connections.add(transport)
        self._patience = self.loop.call_later(HEAD_PATIENCE, self.refuse, 408, "The request did not arrive in time.")

    def connection_lost(self, exc: Exception | None) -> None:
        self.proxy.arrivals.connections.discard(self.transport)
        self._decide()

    def data_received(self, data: bytes) -> None:
        if self._decided:
            return
        self._buffer += data
        text, mark, rest = self._buffer.partition(b"\r\n\r\n")
        if self._buffer[0] == TLS_HELLO:
            self.refuse(400, "This is a proxy to be spoken to in plain HTTP, not TLS.")
        elif len(text) > LARGEST_HEAD:
            self.refuse(431, "The head of the request is too large.")
        elif mark:
            self._decide()
            self.transport.pause_reading()
            try:
                self._dispatch(parse(text), rest)
            except Refused as refusal:
                self.refuse(*refusal.args)

    def _decide(self) -> None:
        self._decided = True
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def refuse(self, status: int, message: str) -> None:
        """Answer with a sentence, and close."""
        self._decide()
        if self.transport.is_closing():
            return
        body = f"{message}\n".encode()
        self.transport.write(
            f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )
        # Keep reading for a moment: a close with unread bytes would take the answer back.
        self.transport.resume_reading()
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)

    def _dispatch(self, head: Head, rest: bytes) -> None:
        try:
            standpoint = standpoints.told(head.fields)
        except ValueError as error:
            raise Refused(400, f"Where the client stands cannot be read: {error}.") from None
        if head.method == "CONNECT":
            host, port = address(head.target, None)
            if not self.proxy.emulated(host, port):
                self.proxy.arrivals.start(self._answering(host, self._tunnel(host, port, rest)))
            elif port in PLAIN_PORTS:
                self.transport.write(ESTABLISHED)
                self._serve(rest, standpoint)
            else:
                self.proxy.arrivals.start(self._answering(host, self._terminate(rest, standpoint)))
            return
        if not head.target.lower().startswith("http://"):
            raise Refused(400, "This is acrlab's proxy: name it in HTTPS_PROXY, then ask for a URL.")
        raw_authority, raw_path = heads.origin_form(head.target.encode())
        authority, path = (raw_authority or b"").decode(), raw_path.decode()
        host, port = address(authority, 80)
        if self.proxy.emulated(host, port):
            self._serve(rewritten(head, authority, path) + rest, standpoint)
        else:
            self.proxy.arrivals.start(self._answering(host, self._forward(head, authority, path, rest)))

    def _serve(self, data: bytes, standpoint: str) -> None:
        """Become an ordinary connection to the App."""
        self.proxy.arrivals.connections.discard(self.transport)
        protocol = self.proxy.arrivals.http(standpoint=standpoint)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        self.transport.resume_reading()
        if data:
            protocol.data_received(data)

    async def _terminate(self, rest: bytes, standpoint: str) -> None:
        """Speak TLS as the host that was asked for, in this very connection."""
        self.transport.write(ESTABLISHED)
        if rest and standpoint:
            self.transport.abort()  # nor could it be said where that client stands
        elif rest:  # a client that did not wait for our word; what it sent cannot be put back
            await self._tunnel(LOOPBACK, self.proxy.ports["tls"], rest, establish=False)
        else:
            await self.proxy.arrivals.secure(self.transport, standpoint)

    async def _answering(self, host: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (OSError, TimeoutError) as error:
            reason = str(error) or "it did not answer in time"
            self.refuse(502, f"{host} could not be reached: {reason}.")

    async def _tunnel(self, host: str, port: int, rest: bytes, *, establish: bool = True) -> None:
        upstream = self.proxy.upstream("https", host)
        if upstream is None:
            far = await self._connect(host, port)
        else:
            far = await self._connect_through(upstream, host, port)
        if establish:
            self.transport.write(ESTABLISHED)
        near = Pipe(self.transport)
        near.early = rest
        self._join(near, far)

    async def _forward(self, head: Head, authority: str, path: str, rest: bytes) -> None:
        host, port = address(authority, 80)
        upstream = self.proxy.upstream("http", host)
        far: Pipe
        if upstream is None:
            far = await self._connect(host, port, OneAnswer)
            request = rewritten(head, authority, path)
        else:
            far = await self._connect(upstream.host, upstream.port, OneAnswer, tls=upstream.tls)
            request = rewritten(head, authority, head.target, upstream.authorization)
        far.transport.write(request)
        length = heads.body_length((name.encode(), value.encode()) for name, value in head.fields)
        near = OneRequest(self.transport, length)
        near.early = rest
        self._join(near, far)

    async def _connect_through(self, upstream: Upstream, host: str, port: int) -> Pipe:
        opening = await self._connect(upstream.host, upstream.port, Opening, tls=upstream.tls)
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        request = f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{upstream.authorization}\r\n"
        opening.transport.write(request.encode())
        try:
            pipe: Pipe = await asyncio.wait_for(opening.answer, CONNECT_PATIENCE)
            if opening.head.split(b" ", 2)[1:2] != [b"200"]:
                first = opening.head.split(b"\r\n", 1)[0].decode("latin-1")
                raise ConnectionError(f"the proxy {upstream.host}:{upstream.port} said {first!r}")
        except BaseException:
            opening.transport.abort()
            raise
        return pipe

    async def _connect(self, host: str, port: int, protocol: Callable[[], Any] = Pipe, *, tls: bool = False) -> Any:
        """A connection to a host, as a protocol of that kind."""
        context = ssl.create_default_context() if tls else None
        opening = self.loop.create_connection(protocol, host, port, ssl=context)
        transport, connected = await asyncio.wait_for(opening, CONNECT_PATIENCE)
        if self.transport.is_closing():
            transport.abort()
            raise ConnectionAbortedError
        return connected

    def _join(self, near: Pipe, far: Pipe) -> None:
        connections = self.proxy.arrivals.connections
        connections.add(far.transport)
        for end in (near, far):
            end.on_lost = partial(connections.discard, end.transport)
        near.join(far)
        for end in (near, far):
            if not end.transport.is_closing():
                end.transport.resume_reading()


def parse(text: bytes) -> Head:
    """Read a head.

    Raises: Refused.
    """
    first, *lines = text.decode("latin-1").split("\r\n")
    request = REQUEST_LINE.match(first)
    fields = [FIELD.match(line) for line in lines]
    if not request or None in fields:
        raise Refused(400, "The request is malformed.")
    pairs = [(field[1].lower(), field[2]) for field in fields if field]
    names = [name for name, _ in pairs]
    lengths = [value for name, value in pairs if name == "content-length"]
    if ("transfer-encoding" in names and lengths) or len(lengths) > 1:
        raise Refused(400, "The request has two lengths.")
    if lengths and not (lengths[0].isascii() and lengths[0].isdigit()):
        raise Refused(400, "The request's length is not a number.")
    return Head(request[1], request[2], request[3], pairs)


def address(authority: str, default: int | None) -> tuple[str, int]:
    """A host in its plain spelling, and a port.

    Raises: Refused.
    """
    match = heads.AUTHORITY.match(authority)
    port = int(match[2][1:]) if match and match[2] else default
    if not match or port is None or not 0 < port < 65536:
        raise Refused(400, "The request names no host that could be asked.")
    return heads.hostname(authority).strip("[]"), port


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def rewritten(head: Head, authority: str, target: str, extra: str = "") -> bytes:
    """A head as the next hop reads it. One request a connection: the next may be for another host."""
    kept = "".join(f"{name}: {value}\r\n" for name, value in head.fields if name not in HOP_BY_HOP)
    line = f"{head.method} {target} {head.version}\r\n"
    return f"{line}host: {authority}\r\n{kept}{extra}connection: close\r\n\r\n".encode("latin-1")
