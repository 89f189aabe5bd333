"""ACR's own data plane, /acr/v1. Source: azure-containerregistry 1.2.0 (2021-07-01); REST examples."""

from typing import Any

import msgspec

from acrlab.domain.content import INDEXES, Attributes
from acrlab.domain.errors import BodyInvalid, ManifestUnknown, TagUnknown
from acrlab.domain.lifecycle_errors import QuarantineDenied
from acrlab.engine import manifests, repositories
from acrlab.engine.lifecycle import quarantine
from acrlab.engine.state import Entry, Registry, Repository, Tag
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.oci import DELETE, READ, WRITE
from acrlab.wire.pages import link, page_size
from acrlab.wire.routes import Route
from acrlab.wire.times import iso

PAGE = 100  # items of a page when the caller names no number
BODY = 64 * 1024  # bytes
LARGEST_DETAILS = 16 * 1024  # characters; inferred, no published figure
_KEYS = {"deleteEnabled": "delete", "writeEnabled": "write", "listEnabled": "list", "readEnabled": "read"}
_QUARANTINE = {"quarantineState", "quarantineDetails"}
# Kept and echoed by the service as part of a manifest's attributes.
_IGNORED = {*_QUARANTINE, "teleportEnabled", "signed"}


def catalog(call: Call) -> Response:
    """The repositories of a registry, by name."""
    query = call.request.parameters()
    limit = page_size(query, PAGE)
    chosen, more = repositories.page(repositories.catalog(call.home), str, query.get("last"), limit)
    headers = link("/acr/v1/_catalog", chosen[-1], limit, orderby=query.get("orderby", "")) if more and chosen else []
    return http.json(200, {"repositories": chosen or None}, *headers)


def show_repository(call: Call) -> Response:
    """A repository's attributes and counts."""
    found = repositories.find(call.home, call.params["repository"])
    return http.json(200, _repository(call.home, found))


def update_repository(call: Call) -> Response:
    """Lock or unlock a repository."""
    name = call.params["repository"]
    repositories.lock(call.world, call.home, name, _changes(call.body), call.principal.id)
    return http.json(200, _repository(call.home, repositories.find(call.home, name)))


def delete_repository(call: Call) -> Response:
    """Delete a repository with all it holds."""
    gone, tags = repositories.delete(call.world, call.home, call.params["repository"], call.principal.id)
    return http.json(202, {"manifestsDeleted": gone, "tagsDeleted": tags})


def list_tags(call: Call) -> Response:
    """Tags with their attributes; by name, or by the time of their last update."""
    name, query = call.params["repository"], call.request.parameters()
    repository = repositories.find(call.home, name)
    wanted = query.get("digest")
    hidden = quarantine.hidden_tags(call.world, call.home, repository, call.principal)
    listed = [tag for tag in repositories.tags(repository) if tag.name not in hidden]
    found = [tag for tag in listed if wanted in (None, "", tag.digest)]
    chosen, headers = _page(call, found, f"/acr/v1/{name}/_tags", lambda tag: tag.name, lambda tag: tag.updated)
    return http.json(200, {**head(call.home, name), "tags": [_tag(tag) for tag in chosen] or None}, *headers)


def show_tag(call: Call) -> Response:
    """One tag."""
    name = call.params["repository"]
    return http.json(200, {**head(call.home, name), "tag": _tag(_find_tag(call))})


def update_tag(call: Call) -> Response:
    """Lock or unlock a tag."""
    tag = _find_tag(call)
    name = call.params["repository"]
    repositories.lock(call.world, call.home, name, _changes(call.body), call.principal.id, tag=tag.name)
    return show_tag(call)


def delete_tag(call: Call) -> Response:
    """Remove a tag; its manifest stays."""
    manifests.untag(call.world, call.home, call.params["repository"], call.params["tag"], call.principal.id)
    return Response(202)


def list_manifests(call: Call) -> Response:
    """Manifests with their attributes; by digest, or by the time of their last update."""
    name = call.params["repository"]
    repository = repositories.find(call.home, name)
    found = repositories.entries(repository)
    path = f"/acr/v1/{name}/_manifests"
    chosen, headers = _page(call, found, path, lambda entry: entry.digest, lambda entry: entry.updated)
    body = {**head(call.home, name), "manifests": [described(entry) for entry in chosen] or None}
    return http.json(200, body, *headers)


def show_manifest(call: Call) -> Response:
    """One manifest, with the platforms it refers to."""
    name = call.params["repository"]
    entry = _find_entry(call)
    return http.json(200, {**head(call.home, name), "manifest": {**described(entry), **_references(entry)}})


def update_manifest(call: Call) -> Response:
    """Lock or unlock a manifest, or decide about its quarantine."""
    entry = _find_entry(call)
    name = call.params["repository"]
    changes, decision = _changes(call.body), _decision(call.body)
    locks = bool(changes) or not decision
    if locks and call.access is not None and not call.access.allows("repository", name, "metadata_write"):
        raise QuarantineDenied().why("a role over the quarantine decides about it, and changes no other attribute")
    if decision:
        repository = repositories.find(call.home, name)
        quarantine.decide(call.world, call.home, repository, entry, *decision, call.principal)
    if locks:
        repositories.lock(call.world, call.home, name, changes, call.principal.id, digest=entry.digest)
    return show_manifest(call)


def _decision(body: bytes) -> tuple[str, str] | None:
    """How a quarantine shall end, and what is said about it. Source: Azure/acr, quarantine (2023-10)."""
    given = msgspec.json.decode(body, type=dict[str, Any])
    found = [given.get(name) for name in ("quarantineState", "quarantineDetails")]
    if not all(isinstance(each, str | None) for each in found):
        raise BodyInvalid(reason="quarantineState and quarantineDetails are text")
    state, details = found
    if details and len(details) > LARGEST_DETAILS:
        raise BodyInvalid(reason=f"quarantineDetails takes {LARGEST_DETAILS} characters")
    return (state, details or "") if state else None


def _page(call: Call, found: list[Any], path: str, key: Any, updated: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    query = call.request.parameters()
    order, limit = query.get("orderby", ""), page_size(query, PAGE)
    items = repositories.ordered(found, updated, order)
    chosen, more = repositories.page_after(items, key, query.get("last"), limit)
    others = {"orderby": order} | ({"digest": query["digest"]} if query.get("digest") else {})
    return chosen, link(path, key(chosen[-1]), limit, **others) if more and chosen else []


def _find_tag(call: Call) -> Tag:
    tag = repositories.find(call.home, call.params["repository"]).tags.get(call.params["tag"])
    if tag is None:
        raise TagUnknown(tag=call.params["tag"])
    return tag


def _find_entry(call: Call) -> Entry:
    repository = repositories.find(call.home, call.params["repository"])
    entry = repository.manifests.get(call.params["digest"])
    if entry is None:
        raise ManifestUnknown(reference=call.params["digest"], name=repository.name)
    return entry


def _changes(body: bytes) -> dict[str, bool]:
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None
    for name, value in given.items():
        if name in _KEYS and not isinstance(value, bool | None):
            raise BodyInvalid(reason=f"{name} must be true or false")
        if name not in _KEYS and name not in _IGNORED:
            raise BodyInvalid(reason=f"unknown attribute {name}: use {', '.join(sorted(_KEYS))}")
    return {_KEYS[name]: value for name, value in given.items() if name in _KEYS and value is not None}


def head(registry: Registry, name: str) -> dict[str, Any]:
    """What every answer about a repository begins with."""
    return {"registry": registry.login_server, "imageName": name}


def _attributes(attributes: Attributes) -> dict[str, bool]:
    return {name: getattr(attributes, field) for name, field in _KEYS.items()}


def _repository(registry: Registry, repository: Repository) -> dict[str, Any]:
    return {
        **head(registry, repository.name),
        "createdTime": iso(repository.created),
        "lastUpdateTime": iso(repository.updated),
        "manifestCount": len(repository.manifests),
        "tagCount": len(repository.tags),
        "changeableAttributes": {**_attributes(repository.attributes), "teleportEnabled": False},
    }


def _tag(tag: Tag) -> dict[str, Any]:
    return {
        "name": tag.name,
        "digest": tag.digest,
        "createdTime": iso(tag.created),
        "lastUpdateTime": iso(tag.updated),
        "signed": False,
        "changeableAttributes": _attributes(tag.attributes),
    }


def described(entry: Entry) -> dict[str, Any]:
    """A manifest with its attributes."""
    found: dict[str, Any] = {
        "digest": entry.digest,
        "imageSize": entry.size,
        "createdTime": iso(entry.created),
        "lastUpdateTime": iso(entry.updated),
        "architecture": entry.architecture or None,
        "os": entry.os or None,
        "mediaType": entry.media_type,
        "configMediaType": entry.config_media_type or None,
        "tags": sorted(entry.tags) or None,
        "changeableAttributes": {**_attributes(entry.attributes), **_quarantine(entry)},
    }
    return {name: value for name, value in found.items() if value is not None}


def _quarantine(entry: Entry) -> dict[str, str]:
    details = {"quarantineDetails": entry.quarantine_details} if entry.quarantine_details else {}
    return {"quarantineState": entry.quarantine, **details} if entry.quarantine else {}


class _Reference(msgspec.Struct):
    digest: str
    platform: dict[str, Any] | None = None


class _Index(msgspec.Struct):
    manifests: list[_Reference] | None = None


def _references(entry: Entry) -> dict[str, Any]:
    if entry.media_type not in INDEXES:
        return {}
    index = msgspec.json.decode(entry.raw, type=_Index)
    platforms = ((each.digest, each.platform or {}) for each in index.manifests or ())
    return {
        "references": [
            {"digest": digest, "architecture": platform.get("architecture"), "os": platform.get("os")}
            for digest, platform in platforms
        ]
    }


_NAME = "/acr/v1/{repository*}"
ROUTES = (
    Route(method="GET", path="/acr/v1/_catalog", handler=catalog, scope="catalog", rate=READ),
    Route(method="GET", path=f"{_NAME}/_tags", handler=list_tags, scope="metadata_read", rate=READ),
    Route(method="GET", path=f"{_NAME}/_tags/{{tag}}", handler=show_tag, scope="metadata_read", rate=READ),
    Route(method="PATCH", path=f"{_NAME}/_tags/{{tag}}", handler=update_tag, scope="metadata_write", rate=WRITE,
          body=BODY),
    Route(method="DELETE", path=f"{_NAME}/_tags/{{tag}}", handler=delete_tag, scope="delete", rate=DELETE),
    Route(method="GET", path=f"{_NAME}/_manifests", handler=list_manifests, scope="metadata_read", rate=READ),
    Route(method="GET", path=f"{_NAME}/_manifests/{{digest}}", handler=show_manifest, scope="metadata_read",
          rate=READ),
    Route(method="PATCH", path=f"{_NAME}/_manifests/{{digest}}", handler=update_manifest, scope="metadata_write",
          rate=WRITE, body=BODY),
    Route(method="GET", path=_NAME, handler=show_repository, scope="metadata_read", rate=READ),
    Route(method="PATCH", path=_NAME, handler=update_repository, scope="metadata_write", rate=WRITE, body=BODY),
    Route(method="DELETE", path=_NAME, handler=delete_repository, scope="delete", rate=DELETE),
)  # fmt: skip
