"""Shared Key: the text that an account's key signs of a whole request.

Source: authorize-with-shared-key (Storage REST reference, 2025), version 2009-09-19 and later.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

_HEADERS = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip
# The path is signed as it was sent. What it was decoded from is one of these for the clients that are known.
_KEPT = ("/~", "/~!$&'()*+,;=:@", "/~!'()*")


def texts(
    method: str, account: str, path: str, headers: Mapping[str, str], query: Mapping[str, list[str]]
) -> Iterator[str]:  # fmt: skip
    """What may have been signed: one text for each way in which a client writes the path."""
    lines = [method, *(_line(headers, name) for name in _HEADERS)]
    own = sorted((name, " ".join(value.split())) for name, value in headers.items() if name.startswith("x-ms-"))
    named = [f"{name.lower()}:{','.join(sorted(values))}" for name, values in sorted(query.items())]
    for kept in _KEPT:
        resource = "\n".join((f"/{account}{quote(path, safe=kept)}", *named))
        yield "\n".join((*lines, *(f"{name}:{value}" for name, value in own), resource))


def _line(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if name == "content-length" and value == "0":
        return ""
    return "" if name == "date" and "x-ms-date" in headers else value
