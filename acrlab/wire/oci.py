"""The OCI distribution API, v1.1: one row per clause."""

from acrlab.domain import names
from acrlab.domain.content import FOREIGN, LARGEST_MANIFEST, OCI_INDEX, parse
from acrlab.domain.errors import BlobUploadInvalid, BodyInvalid, DigestInvalid, DigestUnsupported
from acrlab.domain.events import ManifestPushed
from acrlab.engine import manifests, repositories, tokens, uploads
from acrlab.engine.lifecycle import cache, quarantine
from acrlab.wire import http
from acrlab.wire.blobs import BlobIntake, blob_path, location, serve_blob
from acrlab.wire.call import Call
from acrlab.wire.http import Answer, Response
from acrlab.wire.pages import link, page_size
from acrlab.wire.routes import STREAM, Route

READ, WRITE, DELETE = "DataplaneRead", "DataplaneWrite", "DataplaneDelete"
MOST_TAGS = 100  # tag parameters of one push


def ping(call: Call) -> Response:
    """Say that this is a registry, to somebody it knows."""
    return http.json(200, {}, media_type="application/json")


def get_blob(call: Call) -> Response:
    """Serve a blob, or the range that was asked for."""
    digest = call.params["digest"]
    size = uploads.size_of(call.home, call.params["repository"], digest)
    return serve_blob(call, digest, size)


def delete_blob(call: Call) -> Response:
    """Unlink a blob from the repository."""
    uploads.delete(call.world, call.home, call.params["repository"], call.params["digest"], call.principal.id)
    return Response(202)


def start_upload(call: Call) -> Answer:
    """Begin an upload, mount a blob instead, or take it whole."""
    name, query = call.params["repository"], call.request.parameters()
    if "mount" in query:
        mounted = _mounted(call, name, query["mount"], query.get("from"))
        if mounted is not None:
            return mounted
    if "digest-algorithm" in query and query["digest-algorithm"] not in names.HEX_LENGTH:
        raise DigestUnsupported(digest=query["digest-algorithm"], algorithm=query["digest-algorithm"])
    if "digest" in query:
        names.digest(query["digest"])
    upload = uploads.start(call.world, call.home, name)
    if "digest" in query:
        return BlobIntake(call, name, upload, digest=query["digest"], whole=True)
    upload.close()
    return Response(202, location(call, name, upload))


def _mounted(call: Call, name: str, digest: str, source: str | None) -> Response | None:
    names.digest(digest)
    sources = [call.own(source)] if source else _readable(call, digest)
    if uploads.mount(call.world, call.home, name, digest, sources, call.principal.id) is None:
        return None
    return Response(201, [("location", blob_path(call, name, digest)), ("docker-content-digest", digest)])


def _readable(call: Call, digest: str) -> list[str]:
    return [each for each in uploads.holders(call.home, digest) if _may_pull(call, each)]


def _may_pull(call: Call, name: str) -> bool:
    if call.access is not None and call.access.allows("repository", name, "pull"):
        return True
    return "pull" in tokens.allowed(call.world, call.home, call.principal, "repository", name)


def upload_status(call: Call) -> Response:
    """Where an upload stands."""
    name = call.params["repository"]
    upload = uploads.find(call.world, call.home, name, call.params["upload"])
    return Response(204, location(call, name, upload))


def patch_upload(call: Call) -> Answer:
    """Take a chunk, or a stream."""
    name = call.params["repository"]
    upload = uploads.find(call.world, call.home, name, call.params["upload"])
    return BlobIntake(call, name, upload)


def put_upload(call: Call) -> Answer:
    """Take what is left of the blob and close the upload."""
    name, query = call.params["repository"], call.request.parameters()
    upload = uploads.find(call.world, call.home, name, call.params["upload"])
    if "digest" not in query:
        raise DigestInvalid(digest="")
    names.digest(query["digest"])
    return BlobIntake(call, name, upload, digest=query["digest"])


def cancel_upload(call: Call) -> Response:
    """Throw an upload away."""
    upload = uploads.find(call.world, call.home, call.params["repository"], call.params["upload"])
    if upload.id in call.world.writing:
        raise BlobUploadInvalid(reason="another request is writing to this upload")
    call.world.blobs.cancel(upload.id)
    return Response(204)


def get_manifest(call: Call) -> Response:
    """Serve a manifest's own bytes."""
    name, reference = call.params["repository"], call.params["reference"]
    found = cache.get(call.world, call.home, name, reference, call.principal)
    entry = found.entry
    quarantine.require_passed(call.world, call.home, call.principal, name, entry, reference)
    headers = [
        ("content-type", entry.media_type),
        ("docker-content-digest", entry.digest),
        ("etag", f'"{entry.digest}"'),
    ]
    expires = call.access.expires if call.access is not None else 0.0
    if entry.digest in call.request.headers.get("if-none-match", ""):
        return Response(304, headers)
    return Response(200, headers, entry.raw, fresh_until=min(expires, found.until))


def put_manifest(call: Call) -> Response:
    """Keep a manifest under a tag, or under its digest with any number of tags."""
    name, reference = call.params["repository"], call.params["reference"]
    tags = tuple(dict.fromkeys(call.request.repeated("tag"))) if names.is_digest(reference) else ()
    if len(tags) > MOST_TAGS:
        raise BodyInvalid(reason=f"{len(tags)} tag parameters, at most {MOST_TAGS} are taken")
    content_type = call.request.headers.get("content-type", "")
    pushed = manifests.put(call.world, call.home, name, reference, call.body, content_type, call.principal.id, tags)
    headers = [
        ("location", http.escaped(f"/v2/{call.prefix}{name}/manifests/{pushed.digest}")),
        ("docker-content-digest", pushed.digest),
        *(("oci-tag", tag) for tag in tags),
    ]
    if pushed.subject:
        headers.append(("oci-subject", pushed.subject))
    return Response(201, headers + _warnings(pushed))


def _warnings(pushed: ManifestPushed) -> list[tuple[str, str]]:
    """What a client may tell its user. Source: OCI distribution-spec v1.1, Warnings; what is said is acrlab's own."""
    if not any(mark.encode() in pushed.raw for mark in FOREIGN):
        return []
    manifest, _ = parse(pushed.raw, pushed.media_type)
    absent = sum(each.foreign for each in manifest.held())
    if not absent:
        return []
    text = (
        f"{absent} layer(s) of this image are not distributable and stay outside the registry: a pull needs their URLs"
    )
    return [("warning", f'299 - "{text}"')]


def delete_manifest(call: Call) -> Response:
    """Delete a manifest; a tag given instead is only removed."""
    manifests.delete(call.world, call.home, call.params["repository"], call.params["reference"], call.principal.id)
    return Response(202)


def list_tags(call: Call) -> Response:
    """The tags of a repository, in byte order."""
    name, query = call.params["repository"], call.request.parameters()
    repository = repositories.find(call.home, name)
    hidden = quarantine.hidden_tags(call.world, call.home, repository, call.principal)
    found = [tag for tag in repositories.tags(repository) if tag.name not in hidden]
    limit = page_size(query)
    chosen, more = repositories.page(found, lambda tag: tag.name, query.get("last"), limit)
    headers = link(f"/v2/{call.prefix}{name}/tags/list", chosen[-1].name, limit) if more and chosen else []
    return http.json(200, {"name": call.prefix + name, "tags": [tag.name for tag in chosen]}, *headers)


def list_referrers(call: Call) -> Response:
    """What refers to a digest, as an index."""
    wanted = call.request.parameters().get("artifactType") or None
    found = manifests.referrers(call.home, call.params["repository"], call.params["digest"], wanted)
    headers = [("oci-filters-applied", "artifactType")] if wanted else []
    body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}
    return http.json(200, body, *headers, media_type=OCI_INDEX)


def catalog(call: Call) -> Response:
    """The repositories of a registry, by name."""
    query = call.request.parameters()
    limit = page_size(query)
    chosen, more = repositories.page(repositories.catalog(call.home), str, query.get("last"), limit)
    headers = link(call.request.path, chosen[-1], limit) if more and chosen else []
    return http.json(200, {"repositories": chosen}, *headers)


_NAME = "/v2/{repository*}"
ROUTES = (
    Route(method="GET", path="/v2/", handler=ping, scope="any", rate=READ, spec="end-1"),
    Route(method="GET", path="/v2", handler=ping, scope="any", rate=READ, spec="end-1"),
    Route(method="GET", path="/v2/_catalog", handler=catalog, scope="catalog", rate=READ),
    Route(method="POST", path=f"{_NAME}/blobs/uploads/", handler=start_upload, scope="mount", rate=WRITE,
          spec="end-4a, end-4b, end-11"),
    Route(method="POST", path=f"{_NAME}/blobs/uploads", handler=start_upload, scope="mount", rate=WRITE, spec="end-4a"),
    Route(method="GET", path=f"{_NAME}/blobs/uploads/{{upload}}", handler=upload_status, scope="push", rate=READ,
          spec="end-13"),
    Route(method="PATCH", path=f"{_NAME}/blobs/uploads/{{upload}}", handler=patch_upload, scope="push", rate=WRITE,
          spec="end-5", body=STREAM),
    Route(method="PUT", path=f"{_NAME}/blobs/uploads/{{upload}}", handler=put_upload, scope="push", rate=WRITE,
          spec="end-6", body=STREAM),
    Route(method="DELETE", path=f"{_NAME}/blobs/uploads/{{upload}}", handler=cancel_upload, scope="push", rate=DELETE,
          spec="end-14"),
    Route(method="GET", path=f"{_NAME}/blobs/{{digest}}", handler=get_blob, scope="pull", rate=READ, spec="end-2"),
    Route(method="DELETE", path=f"{_NAME}/blobs/{{digest}}", handler=delete_blob, scope="delete", rate=DELETE,
          spec="end-10"),
    Route(method="GET", path=f"{_NAME}/manifests/{{reference}}", handler=get_manifest, scope="pull", rate=READ,
          spec="end-3"),
    Route(method="PUT", path=f"{_NAME}/manifests/{{reference}}", handler=put_manifest, scope="push", rate=WRITE,
          spec="end-7a, end-7b", body=LARGEST_MANIFEST),
    Route(method="DELETE", path=f"{_NAME}/manifests/{{reference}}", handler=delete_manifest, scope="delete",
          rate=DELETE, spec="end-9"),
    Route(method="GET", path=f"{_NAME}/tags/list", handler=list_tags, scope="pull", rate=READ, spec="end-8a, end-8b"),
    Route(method="GET", path=f"{_NAME}/referrers/{{digest}}", handler=list_referrers, scope="pull",
          rate="ListReferrers", spec="end-12a, end-12b"),
)  # fmt: skip
