"""Registries and what they hold."""

from acrlab.domain.content import Attributes, Descriptor
from acrlab.domain.events.happening import Happening


class RegistryOpened(Happening, frozen=True):
    """A registry's data plane answers from now on."""

    registry: str
    login_server: str
    resource: str
    passwords: tuple[str, str]


class RegistryClosed(Happening, frozen=True):
    """A registry was deleted with all it held."""

    registry: str


class CredentialRegenerated(Happening, frozen=True):
    """One of the admin user's two passwords was replaced. `index` is 0 or 1."""

    registry: str
    index: int
    password: str


class BlobLinked(Happening, frozen=True):
    """A repository holds a blob: uploaded, or mounted from `source`."""

    registry: str
    repository: str
    digest: str
    size: int
    source: str = ""


class BlobUnlinked(Happening, frozen=True):
    """A repository no longer holds a blob: deleted, or collected by the service."""

    registry: str
    repository: str
    digest: str


class ManifestPushed(Happening, frozen=True):
    """A manifest was pushed, by digest or under a tag."""

    registry: str
    repository: str
    digest: str
    media_type: str
    raw: bytes
    tag: str = ""
    architecture: str = ""
    os: str = ""
    size: int = 0  # bytes of what it refers to
    config_media_type: str = ""
    subject: str = ""
    referrer: Descriptor | None = None
    quarantine: str = ""


class ManifestDeleted(Happening, frozen=True):
    """A manifest and its tags were deleted; `kept` for a while, where soft delete is on."""

    registry: str
    repository: str
    digest: str
    kept: bool = False


class TagDeleted(Happening, frozen=True):
    """A tag was removed; its manifest stays. `kept` where soft delete is on."""

    registry: str
    repository: str
    tag: str
    kept: bool = False


class RepositoryDeleted(Happening, frozen=True):
    """A repository was deleted with all its manifests and tags."""

    registry: str
    repository: str


class AttributesChanged(Happening, frozen=True):
    """A repository, one of its tags or one of its manifests was locked or unlocked."""

    registry: str
    repository: str
    attributes: Attributes
    tag: str = ""
    digest: str = ""


Content = (
    RegistryOpened
    | RegistryClosed
    | CredentialRegenerated
    | BlobLinked
    | BlobUnlinked
    | ManifestPushed
    | ManifestDeleted
    | TagDeleted
    | RepositoryDeleted
    | AttributesChanged
)
