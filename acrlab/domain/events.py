"""What has happened. State is a fold of these; nothing else changes it.

`at` is seconds since 1970-01-01 UTC on the world's clock; `by` is the principal's id, empty for the service itself.
Registries are named by their lower-case name, resources by their lower-case ARM id.
"""

from typing import Any

import msgspec

from acrlab.domain.content import Attributes, Descriptor


class Happening(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """What all events carry."""

    at: float
    by: str = ""


class WorldCreated(Happening, frozen=True):
    """The first event: the seed of ids and the profile of facts."""

    profile: str
    tenant: str
    subscription: str


class ClockAdvanced(Happening, frozen=True):
    """Somebody turned the dial forward."""

    seconds: float


class PrincipalAdded(Happening, frozen=True):
    """A user, application or managed identity entered the directory."""

    id: str
    kind: str
    name: str
    app_id: str = ""
    tenant: str = ""
    secrets: dict[str, str] = {}
    properties: dict[str, Any] = {}


class PrincipalRemoved(Happening, frozen=True):
    """It left."""

    id: str


class ResourcePut(Happening, frozen=True):
    """An ARM resource was created, or replaced by this body."""

    id: str
    body: dict[str, Any]


class ResourceDeleted(Happening, frozen=True):
    """An ARM resource is gone."""

    id: str


class OperationStarted(Happening, frozen=True):
    """A long-running operation; it is over at `due`."""

    operation: str
    resource: str
    verb: str  # Creating | Updating | Deleting
    due: float
    result: Any = None


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


class ManifestDeleted(Happening, frozen=True):
    """A manifest and its tags were deleted."""

    registry: str
    repository: str
    digest: str


class TagDeleted(Happening, frozen=True):
    """A tag was removed; its manifest stays."""

    registry: str
    repository: str
    tag: str


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


class JobScheduled(Happening, frozen=True):
    """Something will be done at `due`."""

    job: str
    name: str
    due: float
    arguments: dict[str, Any] = {}


class JobEnded(Happening, frozen=True):
    """A job was done, or called off."""

    job: str


Event = (
    WorldCreated
    | ClockAdvanced
    | PrincipalAdded
    | PrincipalRemoved
    | ResourcePut
    | ResourceDeleted
    | OperationStarted
    | RegistryOpened
    | RegistryClosed
    | CredentialRegenerated
    | BlobLinked
    | BlobUnlinked
    | ManifestPushed
    | ManifestDeleted
    | TagDeleted
    | RepositoryDeleted
    | AttributesChanged
    | JobScheduled
    | JobEnded
)

_ENCODE = msgspec.msgpack.Encoder()
_DECODE = msgspec.msgpack.Decoder(list[Event])


def encode(events: tuple[Event, ...]) -> bytes:
    """Turn the events of one use case into one journal record."""
    return _ENCODE.encode(events)


def decode(record: bytes) -> list[Event]:
    """Read a journal record back."""
    return _DECODE.decode(record)
