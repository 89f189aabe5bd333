"""What a pipeline may do with its container: as its own identity, or by the signature that a vault keeps for it.

Source: container-registry-transfer-prerequisites, -troubleshooting (2026).
"""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from acrlab.domain import transfer
from acrlab.domain.errors import Condition
from acrlab.domain.transfer_errors import TransferFailed
from acrlab.engine.accounts import access, account, containers
from acrlab.engine.accounts.access import Place
from acrlab.engine.lifecycle import transfer_queue
from acrlab.engine.state import Resource
from acrlab.engine.vaults import items

if TYPE_CHECKING:
    from acrlab.engine.world import World

# What the documents want of a signature: read, write, list and add; read and list, and delete where blobs shall go.
EXPORT = ("blob/read", "blob/write", "blobs/list", "blob/add")
IMPORT = ("blob/read", "blobs/list")
DELETE = "blob/delete"


def opened(world: "World", pipeline: Resource, blob: str, rights: tuple[str, ...]) -> Place:
    """The place of a blob, for somebody who has these rights to it.

    Raises: TransferFailed.
    """
    end = transfer_queue.end_of(pipeline)
    parts = urlsplit(end["uri"])
    home, container = account.find(world, parts.hostname or ""), parts.path.strip("/")
    if home is None:
        raise TransferFailed(reason=f"The storage account of {end['uri']} does not exist.")
    place = Place(home, container, blob)
    try:
        _require(world, pipeline, place, rights)
        containers.find(world, home, container)
    except TransferFailed:
        raise
    except Condition as refused:
        text = f"Storage refuses {end['uri']}: {refused.status} {refused.oci}. {refused.text}"
        raise _failed(text, refused) from None
    return place


def _require(world: "World", pipeline: Resource, place: Place, rights: tuple[str, ...]) -> None:
    end = transfer_queue.end_of(pipeline)
    if end["storageAccessMode"] == transfer.BY_IDENTITY:
        who = transfer_queue.identity(world, pipeline)
        for each in rights:
            access.require_role(world, place, who, each)
        return
    query = dict(parse_qsl(_token(world, pipeline, end["keyVaultUri"]).removeprefix("?"), keep_blank_values=True))
    for each in rights:
        access.require_signature(world, place, query, each)


def _token(world: "World", pipeline: Resource, secret: str) -> str:
    try:
        return items.secret(world, secret, transfer_queue.identity(world, pipeline))
    except Condition as refused:
        text = f"The SAS token in {secret} cannot be read: {refused.status}. {refused.text}"
        raise _failed(text, refused) from None


def _failed(text: str, refused: Condition) -> Condition:
    """The refusal of somebody else, as a run tells it: with the reason that it has behind it."""
    because = f" ({refused.because[0]})" if refused.because else ""
    return TransferFailed(reason=f"{text}{because}").why(*refused.because)
