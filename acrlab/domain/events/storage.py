"""What happened inside storage accounts. An account is named by its lower-case ARM id, a container by its name."""

from acrlab.domain.events.happening import Happening


class BlobStored(Happening, frozen=True):
    """A blob was put, in the place of one of its name. `digest` is where its bytes are kept; sizes are bytes."""

    account: str
    container: str
    name: str
    digest: str
    size: int
    etag: str
    md5: str = ""
    content_type: str = ""
    metadata: dict[str, str] = {}


class BlobRemoved(Happening, frozen=True):
    """A blob is gone."""

    account: str
    container: str
    name: str


class ContainerEmptied(Happening, frozen=True):
    """A container is gone, with all that was in it."""

    account: str
    container: str


Storage = BlobStored | BlobRemoved | ContainerEmptied
