"""Heads as the wire spells them: into a `Request`, and out of a `Response`."""

import re
from collections.abc import Iterable
from typing import Any

from acrlab.wire.http import Request, Response, json

AUTHORITY = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?\Z")
# What may not stand in a value becomes a space: nothing a client sent splits a response.
PRINTABLE = bytes(byte if byte == 9 or (byte >= 32 and byte != 127) else 32 for byte in range(256))
PORT = re.compile(r":[0-9]*\Z")
BODILESS = frozenset({204, 304})  # RFC 9110 6.4.1
CODES = {
    400: "BadRequest",
    408: "RequestTimeout",
    431: "RequestHeaderFieldsTooLarge",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
CHUNKED = -1  # a body whose length only its end tells


def read(scope: Any) -> Request | Response:
    """The head in an ASGI scope, or the 400 it deserves."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip(" \t")
        if name not in headers:
            headers[name] = value
        elif name == "host":
            return problem(400, "The Host header appears more than once.")
        else:
            headers[name] += ", " + value
    authority = headers.get("host")
    if authority is None and scope["http_version"] == "1.1":
        return problem(400, "The Host header is missing.")
    if authority and not AUTHORITY.match(authority):
        return problem(400, "The Host header is not a host.")
    client = scope.get("client")
    return Request(
        method=scope["method"],
        host=hostname(authority or ""),
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        scheme=scope["scheme"],
        authority=authority or "",
        client=client[0] if client else "",
    )


def hostname(authority: str) -> str:
    """A host without its port, in the one spelling that names are compared in."""
    host = PORT.sub("", authority)
    return host.lower().rstrip(".")


def origin_form(target: bytes) -> tuple[bytes | None, bytes]:
    """The authority, if the target names one, and the target as an origin server reads it.

    Raises: ValueError.
    Source: RFC 9112 3.2
    """
    if target.startswith(b"/"):
        return None, target
    if target == b"*":
        return None, b"/"
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in (b"http", b"https"):
        raise ValueError("neither a path nor a URL")
    end = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    authority, path = rest[:end], rest[end:]
    return authority, path if path.startswith(b"/") else b"/" + path


def body_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Bytes the body has, 0 for none, or CHUNKED."""
    length = 0
    for name, value in headers:
        if name == b"transfer-encoding":
            return CHUNKED
        if name == b"content-length":
            length = int(value)
    return length


def fields(response: Response, method: str) -> list[tuple[bytes, bytes]]:
    """The headers of a response as they leave; the length is told here and nowhere else."""
    found = [
        (name.encode("latin-1").lower(), value.encode("latin-1", "replace").translate(PRINTABLE))
        for name, value in response.headers
    ]
    told = any(name == b"content-length" for name, _ in found)
    if not told and response.status not in BODILESS and (method != "HEAD" or response.length):
        found.append((b"content-length", str(response.length).encode()))
    return found


def problem(status: int, message: str, *headers: tuple[str, str]) -> Response:
    """An error of the door itself, in the shape that every Azure client reads."""
    error = {"code": CODES[status], "message": message}
    return json(status, {"error": error}, *headers)
