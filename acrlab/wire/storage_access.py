"""Who asks a storage account: by key, by shared access signature, or by a token of the directory.

Source: authorize-requests-to-azure-storage (Storage REST reference, 2025).
"""

from urllib.parse import parse_qsl

from acrlab.domain import shared_key
from acrlab.domain.credential_errors import TokenRefused
from acrlab.domain.errors import NotEmulated
from acrlab.domain.shared_access import proven
from acrlab.domain.storage_errors import StorageAnonymous, StorageNameInvalid, StorageTokenInvalid
from acrlab.domain.task_errors import StorageUnauthorized
from acrlab.engine import entra
from acrlab.engine.accounts import access, account
from acrlab.engine.accounts.access import Place
from acrlab.engine.state import Resource
from acrlab.wire.call import Call

# What the query may name, by restype and comp. The path says of what: the account, a container, a blob.
OPERATIONS = {
    ("", ""): "", ("", "list"): "list", ("container", ""): "container", ("container", "list"): "container-list",
    ("container", "metadata"): "container-metadata", ("container", "acl"): "container-acl",
    ("", "block"): "block", ("", "blocklist"): "blocklist", ("", "metadata"): "metadata",
}  # fmt: skip


def operation(call: Call) -> str:
    """What is to be done, in one word. Raises: NotEmulated."""
    query = call.request.parameters()
    asked = query.get("restype", "").lower(), query.get("comp", "").lower()
    if asked not in OPERATIONS or "snapshot" in query or "versionid" in query:
        raise NotEmulated(what=f"this operation of Blob Storage ({call.request.query.partition('sig=')[0][:60]})")
    return OPERATIONS[asked]


def home(call: Call) -> Resource:
    """The account that is asked; its plane has made sure there is one."""
    found = account.find(call.world, call.request.host)
    assert found is not None
    return found


def place(call: Call) -> Place:
    """What the path names."""
    return Place(home(call), call.params.get("container", ""), call.params.get("blob", ""))


def require(call: Call, right: str) -> None:
    """Hold a request to its credential; names that nothing can have are refused before that.

    Raises: StorageNameInvalid, StorageAnonymous, StorageTokenInvalid, StorageUnauthorized, StorageKeysOff,
    StoragePermission.
    """
    if not call.request.path.isprintable():
        raise StorageNameInvalid()
    asked, query = place(call), call.request.parameters()
    header = call.request.headers.get("authorization", "").strip()
    if "sig" in query:
        request = call.request
        access.require_signature(call.world, asked, query, right, scheme=request.scheme, client=request.client)
        return
    scheme, _, credential = header.partition(" ")
    if scheme.lower() == "sharedkey":
        _require_key(call, asked, credential.strip())
        return
    _identify(call, header)
    access.require_role(call.world, asked, call.principal, right)


def _identify(call: Call, header: str) -> None:
    tenant = call.world.state.tenant
    address = f"https://login.microsoftonline.com/{tenant}/oauth2/authorize"
    challenge = [("www-authenticate", f"Bearer authorization_uri={address} resource_id=https://storage.azure.com")]
    if not header:
        raise StorageAnonymous(headers=challenge).why("the request carries neither a token nor a key nor a signature")
    try:
        call.principal = entra.authenticate(call.world, call.request.headers, entra.STORAGE_AUDIENCES)
    except TokenRefused as refused:
        raise StorageTokenInvalid(headers=challenge).why(*refused.because) from None


def _require_key(call: Call, asked: Place, credential: str) -> None:
    """The date of the request is not held to a clock: the client's is the machine's, and the dial is the world's."""
    access.require_keys(asked)
    name, _, signature = credential.partition(":")
    request = call.request
    query: dict[str, list[str]] = {}
    for key, value in parse_qsl(request.query, keep_blank_values=True):
        query.setdefault(key.lower(), []).append(value)
    own = account.name_of(asked.account)
    keys = account.keys(call.world, asked.account)
    signed = shared_key.texts(request.method, own, request.path, request.headers, query)
    if name != own or not any(proven(keys, text, signature) for text in signed):
        raise StorageUnauthorized().why("the signature is by none of the keys of this account over this request")
