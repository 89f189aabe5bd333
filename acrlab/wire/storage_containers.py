"""Containers over the blob service: made, shown, listed, deleted.

Source: Blob service REST reference (2024), operations on the account and on containers.
"""

import re
from collections.abc import Iterable, Iterator
from email.utils import formatdate
from xml.sax.saxutils import escape, quoteattr

from acrlab.domain.storage_errors import StorageMetadataInvalid, StoragePublicOff
from acrlab.domain.task_errors import StorageQueryInvalid
from acrlab.engine.accounts import account, blobs, containers
from acrlab.engine.state import Resource, StoredBlob
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route
from acrlab.wire.storage_access import home

PAGE = 5000  # items. Source: List Blobs, maxresults
METADATA = 8 * 1024  # characters of all of it. Source: naming-and-referencing-metadata
_PREFIX = "x-ms-meta-"
_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_LEASE = "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"


def metadata(call: Call) -> dict[str, str]:
    """What the headers say of a thing. Raises: StorageMetadataInvalid."""
    found = {
        name.removeprefix(_PREFIX): value for name, value in call.request.headers.items() if name.startswith(_PREFIX)
    }  # fmt: skip
    size = sum(len(name) + len(value) for name, value in found.items())
    if size > METADATA or not all(_WORD.fullmatch(name) and value.isprintable() for name, value in found.items()):
        raise StorageMetadataInvalid()
    return found


def shown(found: dict[str, str]) -> list[tuple[str, str]]:
    """Metadata as headers."""
    return [(f"{_PREFIX}{name}", value) for name, value in sorted(found.items())]


def etag(resource: Resource) -> str:
    """The tag of a container: it changes when the container does."""
    return f'"0x8D{int(resource.modified * 1_000_000):X}"'


def marks(resource: Resource) -> list[tuple[str, str]]:
    """The headers that tell one state of a container from another."""
    return [("etag", etag(resource)), ("last-modified", formatdate(resource.modified, usegmt=True))]


# Handlers


def create(call: Call) -> Response:
    """Raises: StorageContainerTaken, StorageNameInvalid, StoragePublicOff."""
    if call.request.headers.get("x-ms-blob-public-access"):
        raise StoragePublicOff()
    found = containers.create(call.world, home(call), call.params["container"], metadata(call), call.principal.id)
    return Response(201, marks(found))


def show(call: Call) -> Response:
    """Raises: StorageContainerNotFound."""
    found = containers.find(call.world, home(call), call.params["container"])
    lease = [("x-ms-lease-status", "unlocked"), ("x-ms-lease-state", "available")]
    own = [("x-ms-has-immutability-policy", "false"), ("x-ms-has-legal-hold", "false")]
    return Response(200, [*marks(found), *shown(found.body["properties"]["metadata"]), *lease, *own])


def permissions(call: Call) -> Response:
    """Nobody but who holds a credential, and no stored policies. Raises: StorageContainerNotFound."""
    found = containers.find(call.world, home(call), call.params["container"])
    body = b"<?xml version='1.0' encoding='utf-8'?><SignedIdentifiers />"
    return Response(200, [*marks(found), ("content-type", "application/xml")], body)


def delete(call: Call) -> Response:
    """Raises: StorageContainerNotFound."""
    containers.delete(call.world, home(call), call.params["container"], call.principal.id)
    return Response(202)


# Lists


def every(call: Call) -> Response:
    """The containers of an account. Raises: StorageQueryInvalid."""
    prefix = call.request.parameters().get("prefix", "")
    found = {each.id.rpartition("/")[2]: each for each in containers.listed(call.world, home(call), prefix)}
    names, following = _page(call, sorted(found))
    rows = (
        f"<Container><Name>{name}</Name><Properties><Last-Modified>{formatdate(found[name].modified, usegmt=True)}"
        f"</Last-Modified><Etag>{escape(etag(found[name]))}</Etag>{_LEASE}"
        "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold></Properties></Container>"
        for name in names
    )
    return _listed(call, "", "Containers", rows, following)


def contents(call: Call) -> Response:
    """The blobs of a container, up to a delimiter. Raises: StorageContainerNotFound, StorageQueryInvalid."""
    query, name = call.request.parameters(), call.params["container"]
    found = blobs.all_of(call.world, home(call), name)
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    names, following = _page(call, _together(found, prefix, delimiter))
    detailed = "metadata" in query.get("include", "").split(",")
    rows = (_blob(each, found.get(each), detailed) for each in names)
    return _listed(call, f" ContainerName={quoteattr(name)}", "Blobs", rows, following)


def _together(names: Iterable[str], prefix: str, delimiter: str) -> list[str]:
    """The names below a prefix, cut behind the first delimiter after it."""
    cut: set[str] = set()
    for name in names:
        if name.startswith(prefix):
            first, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            cut.add(f"{prefix}{first}{mark}" if mark else name)
    return sorted(cut)


def _page(call: Call, names: list[str]) -> tuple[list[str], str]:
    query = call.request.parameters()
    asked, marker = query.get("maxresults", str(PAGE)), query.get("marker", "")
    if not asked.isdecimal() or len(asked) > 6 or not int(asked):
        raise StorageQueryInvalid(name="maxresults", value=asked[:20])
    waiting = [each for each in names if each >= marker]
    size = min(int(asked), PAGE)
    return waiting[:size], waiting[size] if len(waiting) > size else ""


def _listed(call: Call, container: str, kind: str, rows: Iterator[str], following: str) -> Response:
    query = call.request.parameters()
    said = "".join(
        f"<{tag}>{escape(query[name])}</{tag}>"
        for name, tag in (
            ("prefix", "Prefix"), ("marker", "Marker"), ("maxresults", "MaxResults"), ("delimiter", "Delimiter")
        )
        if query.get(name)
    )  # fmt: skip
    endpoint = f"https://{account.name_of(home(call))}{account.SUFFIX}/"
    inner = f"{said}<{kind}>{''.join(rows)}</{kind}><NextMarker>{escape(following)}</NextMarker>"
    text = f'<EnumerationResults ServiceEndpoint="{endpoint}"{container}>{inner}</EnumerationResults>'
    body = f"<?xml version='1.0' encoding='utf-8'?>{text}".encode(errors="replace")
    return Response(200, [("content-type", "application/xml")], body)


def _blob(name: str, found: StoredBlob | None, detailed: bool) -> str:
    if found is None:
        return f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>"
    facts = {
        "Creation-Time": formatdate(found.created, usegmt=True),
        "Last-Modified": formatdate(found.modified, usegmt=True), "Etag": found.etag, "Content-Length": str(found.size),
        "Content-Type": found.content_type, "Content-MD5": found.md5, "BlobType": "BlockBlob", "AccessTier": "Hot",
        "AccessTierInferred": "true", "LeaseStatus": "unlocked", "LeaseState": "available", "ServerEncrypted": "true",
    }  # fmt: skip
    own = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in facts.items())
    more = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in sorted(found.metadata.items()))
    told = f"<Metadata>{more}</Metadata>" if detailed else ""
    return f"<Blob><Name>{escape(name)}</Name><Properties>{own}</Properties>{told}</Blob>"


_ONE = "/accounts/{container}?container"
ROUTES = (
    Route(method="GET", path="/accounts/?list", handler=every, scope="containers/list", spec="List Containers"),
    Route(method="PUT", path=_ONE, handler=create, scope="container/write", spec="Create Container"),
    Route(method="GET", path=_ONE, handler=show, scope="container/read", spec="Get Container Properties"),
    Route(method="DELETE", path=_ONE, handler=delete, scope="container/delete", spec="Delete Container"),
    Route(method="GET", path=f"{_ONE}-metadata", handler=show, scope="container/read", spec="Get Container Metadata"),
    Route(method="GET", path=f"{_ONE}-acl", handler=permissions, scope="container/read", spec="Get Container ACL"),
    Route(method="GET", path=f"{_ONE}-list", handler=contents, scope="blobs/list", spec="List Blobs"),
)
