"""What importImage takes, and how an image is named in it.

Source: azure-mgmt-containerregistry 15.0.0, ImportImageParameters; REST examples of 2025-11-01.
"""

from typing import Any

import msgspec

from acrlab.domain import names
from acrlab.domain.lifecycle_errors import ImportSourceMissing
from acrlab.domain.registry import Field

NO_FORCE, FORCE = "NoForce", "Force"
MOST_MANIFESTS = 50  # of one image. Source: container-registry-import-images (2025)
LATEST = "latest"
_TEXT = Field(kind="string")
SHAPE = Field(
    kind="object", label="ImportImageParameters",
    fields={
        "source": Field(
            kind="object", label="ImportSource",
            fields={
                "resourceId": _TEXT, "registryUri": _TEXT, "sourceImage": _TEXT,
                "credentials": Field(
                    kind="object", label="ImportSourceCredentials", fields={"username": _TEXT, "password": _TEXT}
                ),
            },
        ),
        "targetTags": Field(kind="array"), "untaggedTargetRepositories": Field(kind="array"),
        "mode": Field(kind="string", values=(NO_FORCE, FORCE)),
    },
)  # fmt: skip


class Image(msgspec.Struct, frozen=True):
    """A repository and a tag or a digest; the reference is empty where none was named."""

    repository: str
    reference: str = ""

    def __str__(self) -> str:
        mark = "@" if names.is_digest(self.reference) else ":"
        return f"{self.repository}{mark}{self.reference}" if self.reference else self.repository


def image(text: Any) -> Image:
    """Read `repository`, `repository:tag` or `repository@digest`.

    Raises: ImportSourceMissing, NameInvalid, TagInvalid, DigestInvalid.
    """
    if not isinstance(text, str) or not text:
        raise ImportSourceMissing(reason="an image is named repository:tag or repository@digest")
    repository, at, digest = text.partition("@")
    if at:
        return Image(names.repository(repository), names.digest(digest))
    repository, colon, tag = text.partition(":")
    return Image(names.repository(repository), names.tag(tag) if colon else "")
