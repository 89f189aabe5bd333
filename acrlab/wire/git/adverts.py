"""What a repository tells before anybody asks for objects: its refs, and what this server can do."""

import re
from collections.abc import Iterator

from acrlab.domain import hosting
from acrlab.engine.state import Hosted
from acrlab.wire.git.lines import FLUSH, line

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"
AGENT = "agent=git/acrlab"
FETCHES = (
    "multi_ack_detailed no-done side-band side-band-64k ofs-delta shallow deepen-relative no-progress include-tag "
    "allow-tip-sha1-in-want allow-reachable-sha1-in-want"
)
PUSHES = "report-status delete-refs side-band-64k quiet atomic ofs-delta"
SERVICES = {UPLOAD: FETCHES, RECEIVE: PUSHES}
_VERSION = re.compile(r"(?:.*:)?version=([0-9])(?::.*)?")


def version(header: str) -> int:
    """The protocol that a client would like: 0, 1 or 2."""
    found = [int(match[1]) for each in header.split(":") if (match := _VERSION.fullmatch(each))]
    return min(max(found, default=0), 2)


def refs(hosted: Hosted) -> list[tuple[str, str]]:
    """Every ref, HEAD first where its branch exists."""
    head = hosted.refs.get(f"{hosting.REFS}{hosted.head}")
    return [*([("HEAD", head)] if head else []), *sorted(hosted.refs.items())]


def advertise(hosted: Hosted, service: str, protocol: int) -> bytes:
    """The answer to a client that begins."""
    opening = line(f"# service={service}\n") + FLUSH
    if protocol == 2 and service == UPLOAD:
        return opening + b"".join(line(f"{each}\n") for each in _second()) + FLUSH
    first = line("version 1\n") if protocol == 1 else b""
    return opening + first + b"".join(_first(hosted, service)) + FLUSH


def _second() -> Iterator[str]:
    yield from ("version 2", AGENT, "ls-refs=unborn", "fetch=shallow", "object-format=sha1")


def _first(hosted: Hosted, service: str) -> Iterator[bytes]:
    found = [(name, sha) for name, sha in refs(hosted) if service == UPLOAD or _pushable(name)]
    can = f"{SERVICES[service]} object-format=sha1 {AGENT}"
    if service == UPLOAD and f"{hosting.REFS}{hosted.head}" in hosted.refs:
        can = f"{can} symref=HEAD:{hosting.REFS}{hosted.head}"
    if not found:
        yield line(f"{hosting.NOTHING} capabilities^{{}}\0{can}\n")
    for place, (name, sha) in enumerate(found):
        yield line(f"{sha} {name}" + (f"\0{can}" if not place else "") + "\n")
        if service == UPLOAD and name in hosted.peeled:
            yield line(f"{hosted.peeled[name]} {name}^{{}}\n")


def _pushable(name: str) -> bool:
    return name != "HEAD" and not name.startswith(hosting.PULLS)


def listed(hosted: Hosted, arguments: list[str]) -> Iterator[bytes]:
    """The answer to ls-refs."""
    prefixes = tuple(each.removeprefix("ref-prefix ") for each in arguments if each.startswith("ref-prefix "))
    head = f"{hosting.REFS}{hosted.head}"
    if head not in hosted.refs and "unborn" in arguments and _begins("HEAD", prefixes):
        yield line(f"unborn HEAD symref-target:{head}\n")
    for name, sha in refs(hosted):
        if not _begins(name, prefixes):
            continue
        symref = f" symref-target:{head}" if name == "HEAD" and "symrefs" in arguments else ""
        peeled = f" peeled:{hosted.peeled[name]}" if name in hosted.peeled and "peel" in arguments else ""
        yield line(f"{sha} {name}{symref}{peeled}\n")
    yield FLUSH


def _begins(name: str, prefixes: tuple[str, ...]) -> bool:
    return not prefixes or name.startswith(prefixes)
