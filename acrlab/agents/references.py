"""Image references: as people write them, complete, and as docker shows them."""

import re

import msgspec

from acrlab.agents.protocol import EngineFailed

HUB = "docker.io"
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")


class Reference(msgspec.Struct, frozen=True):
    """A complete reference: always a host, and a tag or a digest."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def read(cls, text: str) -> "Reference":
        """Source: docker's reference grammar. Raises: EngineFailed in docker's words."""
        name, at, digest = text.partition("@")
        path, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            path, colon, tag = name, "", ""
        host, slash, rest = path.partition("/")
        if not slash or not (set(host) & {".", ":"} or host == "localhost"):
            host, rest = HUB, path
        if not _HOST.fullmatch(host) or not _PATH.fullmatch(rest):
            lower = _PATH.fullmatch(rest.lower()) and rest != rest.lower()
            raise EngineFailed("invalid reference format" + (": repository name must be lowercase" if lower else ""))
        if (colon and not _TAG.fullmatch(tag)) or (at and not _DIGEST.fullmatch(digest)):
            raise EngineFailed("invalid reference format")
        if host in (HUB, "index.docker.io", "registry.hub.docker.com"):
            host, rest = HUB, rest if "/" in rest else f"library/{rest}"
        return cls(host, rest, tag if tag or digest else "latest", digest)

    @property
    def name(self) -> str:
        """Host and repository."""
        return f"{self.host}/{self.repository}"

    @property
    def complete(self) -> str:
        """With the digest where there is one, else with the tag."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"

    @property
    def short(self) -> str:
        """Host and repository, as docker shows them: without what is understood."""
        return self.name.removeprefix(f"{HUB}/library/").removeprefix(f"{HUB}/")

    @property
    def shown(self) -> str:
        """As docker shows it, with tag or digest."""
        return self.short + (f"@{self.digest}" if self.digest else f":{self.tag}")

    @property
    def end(self) -> str:
        """The tag, or the digest."""
        return self.digest or self.tag
