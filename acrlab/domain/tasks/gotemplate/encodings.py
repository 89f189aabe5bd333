"""Sprig's functions of encodings, digests, paths and dates. Source: spec (sprig 2.22)."""

import base64
import binascii
import hashlib
import posixpath
import re
import zlib
from datetime import UTC, datetime
from typing import Any

from acrlab.domain.tasks.gotemplate.quantities import whole
from acrlab.domain.tasks.gotemplate.signatures import Function, of
from acrlab.domain.tasks.gotemplate.values import CallFailed

LAYOUT = re.compile(
    r"2006|January|Jan|Monday|Mon|MST|Z07:00|-0700|-07:00|\.0+|15|01|02|03|04|05|06|_2|PM|pm|[1-6]"
)  # fmt: skip
DATES: dict[str, str] = {
    "2006": "%Y", "06": "%y", "January": "%B", "Jan": "%b", "01": "%m", "Monday": "%A", "Mon": "%a", "02": "%d",
    "15": "%H", "03": "%I", "04": "%M", "05": "%S", "PM": "%p", "MST": "UTC", "Z07:00": "Z", "-0700": "+0000",
    "-07:00": "+00:00",
}  # fmt: skip
SHORT = {"1": "%m", "2": "%d", "3": "%I", "4": "%M", "5": "%S"}


def _base64(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return f"illegal base64 data at input byte {_bad(value)}"


def _bad(value: str) -> int:
    plain = value.rstrip("=")
    found = re.search(r"[^A-Za-z0-9+/]", plain)
    return found.start() if found else len(value) - len(value) % 4 if value == plain else len(plain)


def _base32(value: str) -> str:
    try:
        return base64.b32decode(value).decode(errors="replace")
    except (binascii.Error, ValueError):
        return "illegal base32 data at input byte 0"


def _dir(path: str) -> str:
    return posixpath.normpath(posixpath.dirname(path) or ".")


def _base(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or ("/" if path else ".")


def _clean(path: str) -> str:
    found = posixpath.normpath(path or ".")
    return found[1:] if found.startswith("//") else found


def moment(value: Any) -> datetime:
    """A date as sprig takes it: a time, or seconds since 1970. Raises: CallFailed."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromtimestamp(whole(value), UTC)
    except (OverflowError, ValueError, OSError):
        raise CallFailed("year is out of range") from None


def date(layout: str, value: Any) -> str:
    """A date by one of Go's layouts, in UTC."""
    when = moment(value)

    def part(found: re.Match[str]) -> str:
        word = found[0]
        if word in SHORT:
            return when.strftime(SHORT[word]).lstrip("0") or "0"
        if word == "_2":
            return f"{when.day:2}"
        if word == "pm":
            return when.strftime("%p").lower()
        return word if word not in DATES else when.strftime(DATES[word])

    return LAYOUT.sub(part, layout)


def _zoned(layout: str, value: Any, zone: str) -> str:
    if zone not in ("UTC", "", "Local"):
        raise CallFailed(f"unknown time zone {zone}: only UTC is emulated")
    return date(layout, value)


ENCODINGS: dict[str, Function] = {
    "b64enc": of(lambda value: base64.b64encode(value.encode()).decode(), "string"),
    "b64dec": of(_base64, "string"),
    "b32enc": of(lambda value: base64.b32encode(value.encode()).decode(), "string"),
    "b32dec": of(_base32, "string"),
    "sha1sum": of(lambda value: hashlib.sha1(value.encode()).hexdigest(), "string"),
    "sha256sum": of(lambda value: hashlib.sha256(value.encode()).hexdigest(), "string"),
    "adler32sum": of(lambda value: str(zlib.adler32(value.encode())), "string"),
    "base": of(_base, "string"),
    "dir": of(_dir, "string"),
    "clean": of(_clean, "string"),
    "ext": of(lambda path: posixpath.splitext(path)[1], "string"),
    "isAbs": of(lambda path: path.startswith("/"), "string"),
    "date": of(date, "string any"),
    "dateInZone": of(_zoned, "string any string"),
    "date_in_zone": of(_zoned, "string any string"),
    "htmlDate": of(lambda value: date("2006-01-02", value), "any"),
    "unixEpoch": of(lambda value: str(int(moment(value).timestamp())), "any"),
}
