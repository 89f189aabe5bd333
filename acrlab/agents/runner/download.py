"""A file over HTTP, the way everything of a run goes out: as large as an agent takes, and no longer than the run.

Source: Go's net/http (ten redirects); moby, builder/remotecontext (the words of a refusal).
"""

import email.message
import hashlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path

import urllib3

from acrlab.agents.protocol import Download
from acrlab.agents.runner.services import SourceFailed

MOST = 16 << 30  # bytes of one download
REDIRECTS = 10
SILENCE = urllib3.Timeout(connect=30, read=60)  # seconds without a byte
_SEALED, _REFUSED = "acrlab is sealed", "Tunnel connection failed: 403"  # as the emulator's own proxy says no
_CHUNK, _TOLD = 1 << 20, 1000  # bytes
_OF_ONE_HOST = ("Host", "Authorization", "Proxy-Authorization", "Cookie")  # where a proxy is asked, urllib3 keeps Host


def download(
    url: str, file: Path, pool: urllib3.PoolManager, *, most: int = MOST, stopped: Callable[[], bool] = lambda: False
) -> Download:
    """Put it into a file. Units: `most` is bytes. Raises: SourceFailed, with the status where there was an answer."""
    retries = urllib3.Retry(
        connect=0, read=0, other=0, status=0, redirect=REDIRECTS, raise_on_redirect=True,
        remove_headers_on_redirect=_OF_ONE_HOST,
    )  # fmt: skip
    try:
        response = pool.request(
            "GET", url, preload_content=False, retries=retries, timeout=SILENCE, headers={"Accept-Encoding": "identity"}
        )
    except urllib3.exceptions.HTTPError as error:
        raise SourceFailed(f'Get "{url}": {reason(error, url)}') from None
    try:
        if response.status >= 400:
            said = response.read(_TOLD, decode_content=False).decode(errors="replace").strip()
            if response.status == 403 and said.startswith(_SEALED):
                raise SourceFailed(f'Get "{url}": {said}')
            told = f"failed to GET {url} with status {response.status} {response.reason or ''}".rstrip()
            raise SourceFailed(f"{told}: {said}", response.status)
        return _kept(url, response, file, most, stopped)
    except urllib3.exceptions.HTTPError as error:
        raise SourceFailed(f'Get "{url}": {reason(error, url)}') from None
    finally:
        response.close()


def reason(error: BaseException, url: str) -> str:
    """What is at the bottom of it, without urllib3's own words around it. Only a sealed emulator's proxy says 403."""
    told = getattr(error, "reason", None) or error
    if isinstance(told, urllib3.exceptions.ProxyError):
        told = told.original_error
    if isinstance(told, urllib3.exceptions.ResponseError) and "redirect" in str(told):
        return f"stopped after {REDIRECTS} redirects"
    if _REFUSED in str(told):
        return f"{_SEALED}, so {urllib3.util.parse_url(url).host} was not contacted"
    return str(told)


def _kept(url: str, response: urllib3.BaseHTTPResponse, file: Path, most: int, stopped: Callable[[], bool]) -> Download:
    digest, size = hashlib.sha256(), 0
    length = response.headers.get("Content-Length", "")
    _fits(url, int(length) if length.isascii() and length.isdigit() else 0, most)
    with file.open("wb") as out:
        for data in response.stream(_CHUNK, decode_content=False):
            size += len(data)
            _fits(url, size, most)
            if stopped():
                raise SourceFailed(f'Get "{url}": context canceled')
            digest.update(data)
            out.write(data)
    name = _named(response.headers.get("Content-Disposition", ""))
    return Download(f"sha256:{digest.hexdigest()}", _moment(response.headers.get("Last-Modified", "")), name)


def _fits(url: str, size: int, most: int) -> None:
    if size > most:
        raise SourceFailed(f'Get "{url}": acrlab: it is larger than the {most} bytes that an agent takes')


def _moment(said: str) -> float:
    """Of a Last-Modified; one that is missing or no date is the beginning of time."""
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp()) if said else 0.0
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _named(disposition: str) -> str:
    """The file name of a Content-Disposition, without folders."""
    header = email.message.Message()
    header["Content-Disposition"] = disposition.replace("\r", "").replace("\n", "")
    name = header.get_filename("") if disposition else ""
    return "" if name.endswith("/") else name.replace("\\", "/").rpartition("/")[2]
