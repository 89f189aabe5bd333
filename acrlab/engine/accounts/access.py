"""Who may do what with containers and blobs: by key, by shared access signature, or by role."""

import ipaddress
from collections.abc import Mapping
from email.utils import formatdate

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.shared_access import Signature, moment, proven
from acrlab.domain.storage_errors import (
    StorageAddressMismatch,
    StorageKeysOff,
    StorageProtocolMismatch,
    StorageServiceMismatch,
    StorageTypeMismatch,
)  # fmt: skip
from acrlab.domain.task_errors import StoragePermission, StorageUnauthorized
from acrlab.engine import authorization
from acrlab.engine.accounts import account, containers
from acrlab.engine.state import Resource
from acrlab.engine.world import World

_SERVICES = f"{account.TYPE}/blobServices"


class Right(msgspec.Struct, frozen=True):
    """What an operation needs: one of these letters of a signature, the type of resource, and the action of a role.

    `own`: signatures of a container or a blob are good for it too.
    """

    letters: str
    type: str
    action: str
    data: bool = True
    own: bool = True


# Source: create-account-sas, create-service-sas, authorize-with-azure-active-directory (Storage REST, 2025).
RIGHTS: dict[str, Right] = {
    "containers/list": Right("l", "s", f"{_SERVICES}/containers/read", data=False, own=False),
    "container/read": Right("r", "c", f"{_SERVICES}/containers/read", data=False, own=False),
    "container/write": Right("cw", "c", f"{_SERVICES}/containers/write", data=False, own=False),
    "container/delete": Right("d", "c", f"{_SERVICES}/containers/delete", data=False, own=False),
    "blobs/list": Right("l", "c", f"{_SERVICES}/containers/blobs/read"),
    "blob/read": Right("r", "o", f"{_SERVICES}/containers/blobs/read"),
    "blob/write": Right("w", "o", f"{_SERVICES}/containers/blobs/write"),
    "blob/create": Right("cw", "o", f"{_SERVICES}/containers/blobs/write"),
    "blob/add": Right("a", "o", f"{_SERVICES}/containers/blobs/add/action"),
    "blob/delete": Right("d", "o", f"{_SERVICES}/containers/blobs/delete"),
}


class Place(msgspec.Struct, frozen=True):
    """What is asked for: an account, and in it a container and a blob where there are any."""

    account: Resource
    container: str = ""
    blob: str = ""

    @property
    def scope(self) -> str:
        """Where a role counts."""
        return containers.id_of(self.account, self.container) if self.container else self.account.id


def require_role(world: World, place: Place, principal: Principal, name: str) -> None:
    """Raises: StoragePermission."""
    right = RIGHTS[name]
    verdict = authorization.permits(world, principal, right.action, place.scope, data=right.data)
    if not verdict.allowed:
        raise StoragePermission().why(*verdict.because)


def require_keys(place: Place) -> None:
    """The account takes keys, and what they have signed. Raises: StorageKeysOff."""
    if not place.account.body["properties"]["allowSharedKeyAccess"]:
        raise StorageKeysOff().why(f"allowSharedKeyAccess of {place.account.id} is false")


def require_signature(
    world: World, place: Place, query: Mapping[str, str], name: str, *, scheme: str = "https", client: str = ""
) -> None:
    """Hold a request to a shared access signature.

    Raises: StorageUnauthorized, StorageKeysOff, StoragePermission and its kin.
    """
    found, right = Signature(query), RIGHTS[name]
    require_keys(place)
    _require_proven(world, place, found)
    _require_time(world, found)
    if scheme not in (found.get("spr") or "https,http").split(","):
        raise StorageProtocolMismatch().why(f"the signature is for {found.get('spr')}, the request came by {scheme}")
    if client and not _from(found.get("sip"), client):
        raise StorageAddressMismatch(address=client).why(f"the signature is for {found.get('sip')}")
    _require_scope(found, right)
    if not set(right.letters) & set(found.get("sp")):
        raise StoragePermission().why(
            f"the signature grants {found.get('sp') or 'nothing'}, the request needs {' or '.join(right.letters)}"
        )


def _require_proven(world: World, place: Place, found: Signature) -> None:
    unknown = "si" in found.fields or "skoid" in found.fields
    if not found.known or unknown:
        reason = "stored access policies and user delegation are not emulated" if unknown else "its version is not"
        raise StorageUnauthorized().why(f"the signature cannot be checked: {reason}")
    path = {"b": f"/{place.container}/{place.blob}", "c": f"/{place.container}"}.get(found.get("sr"), "")
    if not found.account_wide and not path:
        raise StorageUnauthorized().why(f"sr is {found.get('sr') or 'missing'}: b is a blob, c is a container")
    text = found.text(account.name_of(place.account), path)
    if not proven(account.keys(world, place.account), text, found.get("sig")):
        raise StorageUnauthorized().why(
            "the signature is by none of the account's keys: made for another resource, or before a key was renewed"
        )


def _require_time(world: World, found: Signature) -> None:
    now, start, end = world.now(), moment(found.get("st")), moment(found.get("se"))
    if end is None or (found.get("st") and start is None):
        raise StorageUnauthorized().why("st and se of a signature are times such as 2026-01-01T00:00:00Z")
    if not (start or 0.0) <= now < end:
        said = formatdate(end, usegmt=True)
        raise StorageUnauthorized(detail=f"Signature not valid in the specified time frame: Expiry [{said}]").why(
            f"the signature is good from {found.get('st') or 'ever'} until {found.get('se')} on the world's clock, "
            f"which shows {formatdate(now, usegmt=True)}"
        )


def _require_scope(found: Signature, right: Right) -> None:
    if not found.account_wide:
        if not right.own or (found.get("sr") == "b" and right.type != "o"):
            raise StoragePermission().why("a signature of a container or a blob is not good for this operation")
        return
    if "b" not in found.get("ss"):
        raise StorageServiceMismatch().why(f"ss of the signature is {found.get('ss')}: b, the blob service, lacks")
    if right.type not in found.get("srt"):
        raise StorageTypeMismatch().why(f"srt of the signature is {found.get('srt')}, the request needs {right.type}")


def _from(allowed: str, client: str) -> bool:
    if not allowed:
        return True
    low, _, high = allowed.partition("-")
    try:
        ends = ipaddress.IPv4Address(low), ipaddress.IPv4Address(high or low)
        return ends[0] <= ipaddress.IPv4Address(client) <= ends[1]
    except ValueError:
        return False
