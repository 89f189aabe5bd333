"""What was soft-deleted, /acr/v1/_deleted. Source: azure-cli 2.91.0, acr manifest list-deleted and restore."""

import msgspec

from acrlab.domain.errors import BodyInvalid
from acrlab.engine import repositories
from acrlab.engine.lifecycle import soft_delete
from acrlab.wire import http
from acrlab.wire.acr import BODY, PAGE, described, head
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.oci import READ, WRITE
from acrlab.wire.pages import link, page_size
from acrlab.wire.routes import Route
from acrlab.wire.times import iso


class _Restore(msgspec.Struct):
    tag: str | None = None


def catalog(call: Call) -> Response:
    """The repositories of which something can be restored, by name."""
    query = call.request.parameters()
    limit = page_size(query, PAGE)
    chosen, more = repositories.page(soft_delete.catalog(call.home), str, query.get("last"), limit)
    headers = link("/acr/v1/_deleted/_catalog", chosen[-1], limit) if more and chosen else []
    return http.json(200, {"repositories": chosen or None}, *headers)


def list_manifests(call: Call) -> Response:
    """The manifests of a repository that can be restored, by digest."""
    name, query = call.params["repository"], call.request.parameters()
    found = sorted(soft_delete.find(call.home, name).trash.values(), key=lambda each: each.entry.digest)
    limit = page_size(query, PAGE)
    chosen, more = repositories.page(found, lambda each: each.entry.digest, query.get("last"), limit)
    path = f"/acr/v1/_deleted/{name}/_manifests"
    headers = link(path, chosen[-1].entry.digest, limit) if more and chosen else []
    shown = [{**described(each.entry), "deletedAt": iso(each.at)} for each in chosen]
    return http.json(200, {**head(call.home, name), "manifests": shown}, *headers)


def list_tags(call: Call) -> Response:
    """The tags of a repository that can be restored, oldest first, as az takes the last for the latest."""
    name = call.params["repository"]
    found = sorted(soft_delete.find(call.home, name).lost, key=lambda each: (each.at, each.tag))
    shown = [{"tag": each.tag, "digest": each.digest, "deletedAt": iso(each.at)} for each in found]
    return http.json(200, {**head(call.home, name), "tags": shown})


def restore(call: Call) -> Response:
    """Bring a manifest back, under one tag or none."""
    name = call.params["repository"]
    try:
        given = msgspec.json.decode(call.body, type=_Restore) if call.body.strip() else _Restore()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None
    force = call.request.parameters().get("force", "").lower() == "true"
    entry = soft_delete.restore(
        call.world, call.home, name, call.params["digest"], given.tag or "", call.principal.id, force=force
    )
    return http.json(200, {**head(call.home, name), "manifest": described(entry)})


_NAME = "/acr/v1/_deleted/{repository*}"
ROUTES = (
    Route(method="GET", path="/acr/v1/_deleted/_catalog", handler=catalog, scope="deleted_catalog", rate=READ),
    Route(method="GET", path=f"{_NAME}/_manifests", handler=list_manifests, scope="deleted_read", rate=READ),
    Route(method="GET", path=f"{_NAME}/_tags", handler=list_tags, scope="deleted_read", rate=READ),
    Route(method="POST", path=f"{_NAME}/_manifests/{{digest}}", handler=restore, scope="deleted_restore", rate=WRITE,
          body=BODY),
)  # fmt: skip
