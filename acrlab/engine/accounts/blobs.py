"""Blobs of storage accounts: their bytes lie in the world's own store, under their digest."""

import base64
import hashlib
from typing import TYPE_CHECKING

from acrlab.domain import events
from acrlab.domain.storage_errors import StorageNameInvalid
from acrlab.domain.task_errors import StorageBlobNotFound
from acrlab.engine.accounts import containers
from acrlab.engine.state import Resource, StoredBlob

if TYPE_CHECKING:
    from acrlab.engine.world import World

LONGEST_NAME = 1024  # characters. Source: Blob service REST reference, naming
OCTETS = "application/octet-stream"


class Arrival:
    """The bytes of a blob on their way into the store, hashed as they come."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._upload = world.blobs.begin(world.uuid())
        self._sha, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    @property
    def size(self) -> int:
        """Units: bytes."""
        return self._upload.received

    @property
    def digest(self) -> str:
        """What the bytes so far hash to."""
        return f"sha256:{self._sha.hexdigest()}"

    @property
    def md5(self) -> str:
        """The same as Content-MD5 has it."""
        return base64.b64encode(self._md5.digest()).decode()

    def write(self, chunk: bytes | memoryview) -> None:
        """Take more. Raises: OSError."""
        self._sha.update(chunk)
        self._md5.update(chunk)
        self._upload.write(chunk)

    def seal(self) -> None:
        """Keep what came. It counts for the collection until it is released. Raises: OSError."""
        self._world.expect(self.digest, 1)
        try:
            self._upload.seal(self.digest)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """An event has the bytes now, or nobody wants them."""
        self._world.expect(self.digest, -1)

    def cancel(self) -> None:
        """Throw it away."""
        self._world.blobs.cancel(self._upload.id)


def all_of(world: "World", account: Resource, container: str) -> dict[str, StoredBlob]:
    """What a container holds, by name. Raises: StorageContainerNotFound."""
    containers.find(world, account, container)
    return world.state.accounts.get(account.id.lower(), {}).get(container, {})


def known(world: "World", account: Resource, container: str, name: str) -> StoredBlob | None:
    """A blob, or None. Raises: StorageContainerNotFound."""
    return all_of(world, account, container).get(name)


def find(world: "World", account: Resource, container: str, name: str) -> StoredBlob:
    """Raises: StorageContainerNotFound, StorageBlobNotFound."""
    found = known(world, account, container, name)
    if found is None:
        raise StorageBlobNotFound()
    return found


def check_name(name: str) -> None:
    """Raises: StorageNameInvalid."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise StorageNameInvalid()


def stored(
    world: "World", account: Resource, container: str, name: str, digest: str, size: int, *, md5: str = "",
    content_type: str = "", metadata: dict[str, str] | None = None, by: str = "",
) -> events.BlobStored:  # fmt: skip
    """The event of a blob that was put. Raises: StorageContainerNotFound, StorageNameInvalid."""
    containers.find(world, account, container)
    check_name(name)
    return events.BlobStored(
        at=world.now(), by=by, account=account.id.lower(), container=container, name=name, digest=digest, size=size,
        etag=f"0x8D{world.random(7).hex().upper()}", md5=md5, content_type=content_type or OCTETS,
        metadata=metadata or {},
    )  # fmt: skip


def removed(
    world: "World", account: Resource, container: str, name: str, by: str = ""
) -> tuple[events.Event, ...]:  # fmt: skip
    """The events of a blob that is deleted. Raises: StorageContainerNotFound, StorageBlobNotFound."""
    find(world, account, container, name)
    where = {"account": account.id.lower(), "container": container, "name": name}
    return (events.BlobRemoved(at=world.now(), by=by, **where),)
