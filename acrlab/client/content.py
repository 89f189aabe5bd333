"""What a registry is asked for and what it answers: references, manifests, pushes."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from acrlab.client.display import Table, facts, kind, size


class Reference(NamedTuple):
    """`team/app`, `team/app:1.0` or `team/app@sha256:…`."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read one. A tag never holds a slash."""
        name, at, digest = text.partition("@")
        before, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            before, tag = name, ""
        return cls(before, "" if at else tag, digest)

    @property
    def target(self) -> str:
        """The digest or the tag. Raises: ValueError when there is neither."""
        if not (self.digest or self.tag):
            raise ValueError(f"{self.repository!r} names a repository: add a tag (:1.0) or a digest (@sha256:…)")
        return self.digest or self.tag


class Credentials(NamedTuple):
    """What `docker login` takes."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, password=…)"


class Document(dict[str, Any]):
    """A manifest as it was served: a dict that shows its digest, its media type and its JSON."""

    def __init__(self, raw: bytes, digest: str, media_type: str) -> None:
        super().__init__(json.loads(raw))
        self.raw, self.digest, self.media_type = raw, digest, media_type

    def __repr__(self) -> str:
        head = f"{self.digest}\n{self.media_type}, {len(self.raw)} bytes"
        return f"{head}\n{json.dumps(self, indent=2, ensure_ascii=False)}"


@dataclass(frozen=True)
class Pushed:
    """What a push put into the registry. Units: bytes."""

    reference: str
    digest: str
    media_type: str
    blobs: int
    size: int

    def table(self) -> Table:
        """As facts."""
        sent = f"{self.blobs} blobs, {size(self.size)}"
        found = {"digest": self.digest, "media type": kind(self.media_type), "sent": sent}
        return facts(self.reference, found)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()
