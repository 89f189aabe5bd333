"""A fetch: what is wanted, what the client has, and the pack in between; stateless, as over HTTP."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from acrlab.domain import hosting
from acrlab.domain.hosting_errors import HostedNotOurs, HostedRefused
from acrlab.engine.hosting.objects import Objects, Wanted
from acrlab.engine.state import Hosted
from acrlab.wire.git import adverts
from acrlab.wire.git.lines import DELIM, END, ERROR, FLUSH, Reader, Sideband, band, line

MOST_NAMED = 100_000  # objects that one request names
DEEPEST = 0x7FFFFFFF  # what git sends for everything
Write = Callable[[bytes], object]


class Ask(msgspec.Struct):
    """What a request asks for, in either protocol."""

    wants: list[str] = []
    haves: list[str] = []
    shallow: list[str] = []
    capabilities: set[str] = set()
    depth: int = 0
    done: bool = False
    flushes: list[int] = []  # how many haves had come at each flush


def answer(hosted: Hosted, objects: Objects, file: BinaryIO, protocol: int, write: Write) -> None:
    """Answer a request of git-upload-pack. Raises: HostedRefused."""
    lines = Reader(file)
    try:
        if protocol == 2:
            _second(hosted, objects, lines, write)
        else:
            _first(hosted, objects, _read_first(lines), write)
    except HostedNotOurs as refused:
        write(line(f"ERR {refused.text}"))


# Versions 0 and 1


def _read_first(lines: Reader) -> Ask:
    ask = Ask()
    for found in lines.until(FLUSH):
        text = found.decode(errors="replace")
        if text.startswith("want ") and not ask.wants:
            text, _, more = text[:45], text[:45], text[45:]
            ask.capabilities = set(more.split())
        _take(ask, text)
    while (have := lines.read()) is not None:
        if have == FLUSH:
            ask.flushes.append(len(ask.haves))
        else:
            _take(ask, have.decode(errors="replace"))
    return ask


def _take(ask: Ask, text: str) -> None:
    """One line of a request. Raises: HostedRefused."""
    word, _, value = text.partition(" ")
    lists = {"want": ask.wants, "have": ask.haves, "shallow": ask.shallow}
    if word in lists and hosting.is_sha(value):
        lists[word].append(value)
        if len(lists[word]) > MOST_NAMED:
            raise HostedRefused(reason="too many objects are named in one request")
    elif word == "deepen" and value.isascii() and value.isdecimal() and 0 < int(value[:12]) <= DEEPEST:
        ask.depth = int(value)
    elif text == "done":
        ask.done = True
    elif word in _IGNORED:
        ask.capabilities.add(word)
    else:
        raise HostedRefused(reason=f"unexpected line: {text[:80]!r}")


# Known of the second protocol; packs are never thin, and never carry progress that nobody asked for.
_IGNORED = ("thin-pack", "no-progress", "include-tag", "ofs-delta", "deepen-relative")


def _first(hosted: Hosted, objects: Objects, ask: Ask, write: Write) -> None:
    if not ask.wants:
        return
    _require(hosted, objects, ask)
    ends, before = _horizon(objects, ask)
    if ask.depth:
        for told in _boundary(ask, ends, before):
            write(told)
        write(FLUSH)
    if not _agreed(objects, ask, write):
        return
    bands = "side-band-64k" in ask.capabilities
    _pack(hosted, objects, ask, (ends, before), write, bands=bands)
    if bands:
        write(FLUSH)


def _agreed(objects: Objects, ask: Ask, write: Write) -> bool:
    """Tell what is common; whether that is enough for the pack to follow. Source: upload-pack.c, get_common_commits."""
    detailed = "multi_ack_detailed" in ask.capabilities
    common: list[str] = []
    for have, flushes in _rounds(ask):
        if have in objects:
            common.append(have)
            write(line(f"ACK {have} common\n") if detailed else line(f"ACK {have}\n") if len(common) == 1 else b"")
        if flushes and _ready(objects, ask, common, write, detailed=detailed):
            return True
    if ask.done:
        write(b"" if common and not detailed else line(f"ACK {common[-1]}\n" if common else "NAK\n"))
        ask.haves = common
    return ask.done


def _rounds(ask: Ask) -> Iterator[tuple[str, bool]]:
    """Each have, and whether a flush followed it; a flush with nothing new before it comes with no have."""
    ends = Counter(ask.flushes)
    yield from (("", True) for _ in range(ends[0]))
    for place, have in enumerate(ask.haves, 1):
        yield have, bool(ends[place])
        yield from (("", True) for _ in range(ends[place] - 1))


def _ready(objects: Objects, ask: Ask, common: list[str], write: Write, *, detailed: bool) -> bool:
    """The answer at a flush; whether the pack may follow at once."""
    ready = detailed and objects.common(ask.wants, common)
    if ready:
        write(line(f"ACK {common[-1]} ready\n"))
    if not common or detailed:
        write(line("NAK\n"))
    if not ready or "no-done" not in ask.capabilities:
        return False
    write(line(f"ACK {common[-1]}\n"))
    ask.haves = common
    return True


# Version 2


def _second(hosted: Hosted, objects: Objects, lines: Reader, write: Write) -> None:
    command, arguments = _read_second(lines)
    if command == "ls-refs":
        for told in adverts.listed(hosted, arguments):
            write(told)
        return
    ask = Ask()
    for text in arguments:
        _take(ask, text)
    _require(hosted, objects, ask)
    if not ask.done and not _acknowledged(objects, ask, write):
        write(FLUSH)
        return
    ask.haves = [each for each in ask.haves if each in objects]
    ends, before = _horizon(objects, ask)
    if ask.depth or ask.shallow:
        write(line("shallow-info\n"))
        for told in _boundary(ask, ends, before):
            write(told)
        write(DELIM)
    write(line("packfile\n"))
    _pack(hosted, objects, ask, (ends, before), write, bands=True)
    write(FLUSH)


def _read_second(lines: Reader) -> tuple[str, list[str]]:
    """The command and its arguments. Raises: HostedRefused."""
    first = (lines.read() or b"").decode(errors="replace")
    command = first.removeprefix("command=")
    if command not in ("ls-refs", "fetch") or not first.startswith("command="):
        raise HostedRefused(reason=f"unknown command {first[:80]!r}")
    for _capability in lines.until(DELIM, FLUSH):
        pass
    arguments = []
    for found in lines.until(FLUSH, END):
        arguments.append(found.decode(errors="replace"))
        if len(arguments) > 2 * MOST_NAMED:
            raise HostedRefused(reason="too many lines in one request")
    return command, arguments


def _acknowledged(objects: Objects, ask: Ask, write: Write) -> bool:
    """The section that says what is common; whether the pack may follow."""
    common = [each for each in ask.haves if each in objects]
    ready = objects.common(ask.wants, common)
    write(line("acknowledgments\n"))
    for have in dict.fromkeys(common):
        write(line(f"ACK {have}\n"))
    if not common:
        write(line("NAK\n"))
    if ready:
        write(line("ready\n"))
        write(DELIM)
    return ready


# What both do


def _require(hosted: Hosted, objects: Objects, ask: Ask) -> None:
    """Only what a ref reaches is given out. Raises: HostedNotOurs."""
    tips = {*hosted.refs.values(), *hosted.peeled.values()}
    for want in dict.fromkeys(ask.wants):
        if want in tips:
            continue
        if objects.kind(want) != "commit" or not objects.reaches(list(tips), want):
            raise HostedNotOurs(sha=want)


def _horizon(objects: Objects, ask: Ask) -> tuple[set[str], set[str]]:
    if not ask.depth:
        return set(), set()
    if "deepen-relative" in ask.capabilities and ask.shallow:
        return objects.horizon([each for each in ask.shallow if each in objects], min(ask.depth + 1, DEEPEST))
    return objects.horizon(ask.wants, min(ask.depth, DEEPEST))


def _boundary(ask: Ask, ends: set[str], before: set[str]) -> Iterator[bytes]:
    known = set(ask.shallow)
    yield from (line(f"shallow {each}\n") for each in sorted(ends - known))
    yield from (line(f"unshallow {each}\n") for each in sorted(before & known))


def _pack(
    hosted: Hosted, objects: Objects, ask: Ask, horizon: tuple[set[str], set[str]], write: Write, *, bands: bool
) -> None:
    ends, before = horizon
    tags = {} if "include-tag" not in ask.capabilities else {of: hosted.refs[tag] for tag, of in hosted.peeled.items()}
    known = set(ask.shallow)
    wanted = Wanted(ask.wants, ask.haves, ends | (known - before), known, known & before, tags)
    if not bands:
        objects.pack(wanted, write)
        return
    out = Sideband(write)
    try:
        objects.pack(wanted, out.write)
    except HostedRefused as refused:
        write(band(ERROR, refused.text.encode()))
        return
    out.flush()
