"""ADD from elsewhere: files over HTTP, and repositories of git with BuildKit.

Source: buildkit, frontend/dockerfile/dockerfile2llb (dispatchCopy), source/http, util/gitutil; moby,
builder/dockerfile/copy.go, for the legacy builder, to which a repository's address is that of a file.
"""

import os
import re
import tempfile
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

import msgspec

from acrlab.agents.dockerfile.options import on
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.dockerfile.transfer import Source
from acrlab.agents.protocol import Build, Download, EngineFailed, Remote, RemoteFailed

_URL = re.compile(r"https?://", re.IGNORECASE)
_GIT = re.compile(r"https?://[^#?]+\.git(#.*)?|(git|ssh)://.+|[\w.-]+@[^/:]+:.+", re.IGNORECASE)
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-zA-Z=_-]+")
_UNNAMED = "__unnamed__"
_TOKEN = "GIT_AUTH_TOKEN"  # the secret that BuildKit looks for
_CACHE_KEY = "failed to load cache key"


class Named(msgspec.Struct, frozen=True):
    """A source, and the name it gets in a folder where that is not its own."""

    source: Source
    name: str = ""
    folder: str = ""  # of --parents: what stays of its path


def is_remote(source: str, *, kit: bool) -> bool:
    """Whether ADD fetches it."""
    return bool(_URL.match(source) or (kit and _GIT.fullmatch(source)))


class Fetching:
    """Does it for one build."""

    def __init__(self, what: Build, scratch: Path) -> None:
        self._remote: Remote | None = what.remote
        self._kit, self._secrets, self._scratch = what.buildkit, what.secrets, scratch

    def named(self, source: str, target: str, flags: Mapping[str, str], count: int) -> Named:
        """What is behind an address. `count` is that of the instruction's sources. Raises: EngineFailed."""
        checksum = flags.get("checksum", "")
        if checksum and count > 1:
            raise EngineFailed("checksum can't be specified for multiple sources")
        if self._kit and _GIT.fullmatch(source):
            if checksum:
                raise EngineFailed("checksum requires HTTP(S) sources")
            return Named(Source(Origin(self._cloned(source, keep=on(flags, "keep-git-dir"))), ""))
        return self._file(source, target, checksum, unpack=self._kit and on(flags, "unpack"))

    def _file(self, url: str, target: str, checksum: str, *, unpack: bool) -> Named:
        wanted = _digest(checksum)
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        file = folder / "file"
        found = self._downloaded(url, file)
        if wanted and wanted != found.digest:
            raise EngineFailed(f"digest mismatch {found.digest}: {wanted}")
        name = self._name(url, target, found)
        file = file.rename(folder / name)
        file.chmod(0o600)
        os.utime(file, (found.modified, found.modified))
        return Named(Source(Origin(folder), name, unpack), name)

    def _downloaded(self, url: str, file: Path) -> Download:
        if self._remote is None:
            raise self._failed(RemoteFailed(f'Get "{url}": acrlab: nothing outside is reached from here'))
        try:
            return self._remote.download(url, file)
        except RemoteFailed as failure:
            raise self._failed(failure) from None

    def _failed(self, failure: RemoteFailed) -> EngineFailed:
        if not self._kit:
            return EngineFailed(f"ADD failed: {failure}")
        told = f"invalid response status {failure.status}" if failure.status else str(failure)
        return EngineFailed(f"{_CACHE_KEY}: {told}")

    def _name(self, url: str, target: str, found: Download) -> str:
        """The last part of the address; the legacy builder then takes what its server calls it."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(url).path)
        name = (path.rstrip("/") if self._kit else path).rpartition("/")[2]
        if not name and not self._kit:
            name = found.name
            if not name and target.endswith("/"):
                raise EngineFailed(f"ADD failed: cannot determine filename for source {url}")
        return _UNNAMED if name in ("", ".", "..") or "\0" in name else name

    def _cloned(self, url: str, *, keep: bool) -> Path:
        folder = Path(tempfile.mkdtemp(dir=self._scratch), "repository")
        folder.mkdir(mode=0o755)
        if self._remote is None:
            raise EngineFailed(f"{_CACHE_KEY}: acrlab: nothing outside is reached from here: {url}")
        try:
            self._remote.clone(url, self._secrets.get(_TOKEN, b"").decode(errors="replace"), folder, keep=keep)
        except RemoteFailed as failure:
            remote = url.partition("#")[0]
            raise EngineFailed(f"{_CACHE_KEY}: failed to fetch remote {remote}: git stderr:\n{failure}") from None
        return folder


def _digest(text: str) -> str:
    """Raises: EngineFailed in the words of go-digest."""
    if not text:
        return ""
    if not _DIGEST.fullmatch(text):
        raise EngineFailed("invalid checksum digest format")
    algorithm, _, digits = text.partition(":")
    if algorithm != "sha256":
        raise EngineFailed("unsupported digest algorithm")
    if len(digits) != 64:
        raise EngineFailed("invalid checksum digest length")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise EngineFailed("invalid checksum digest format")
    return text
