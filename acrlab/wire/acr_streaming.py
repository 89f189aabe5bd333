"""Artifact streaming over `/acr/v1`: the switch of a repository, and conversions. Their outcome is modelled.

Source: azure-cli 2.91.0, acr artifact-streaming: paths, bodies, and the states that it waits for.
"""

from typing import Any

import msgspec

from acrlab.domain import events, streaming
from acrlab.domain.errors import BodyInvalid
from acrlab.engine import repositories
from acrlab.engine.lifecycle import conversions
from acrlab.engine.lifecycle import streaming as running
from acrlab.engine.state import Conversion
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route
from acrlab.wire.times import iso

BODY = 4096  # bytes
_NAME = "/acr/v1/{repository*}"


def show(call: Call) -> Response:
    """Whether a repository converts what is pushed to it. Raises: NameUnknown."""
    return http.json(200, _switch(repositories.find(call.home, call.params["repository"]).streaming))


def switch(call: Call) -> Response:
    """Switch that on or off. Raises: BodyInvalid, NameUnknown, TierRefused, StreamingUnsupported."""
    name = repositories.find(call.home, call.params["repository"]).name
    conversions.require(call.world, call.home)
    on = _given(call).get("convertPushedImages")
    if not isinstance(on, bool):
        raise BodyInvalid(reason="convertPushedImages is true or false")
    where = {"registry": call.home.name, "repository": name}
    call.world.commit(events.StreamingSet(at=call.world.now(), by=call.principal.id, on=on, **where))
    return http.json(200, _switch(on))


def _switch(on: bool) -> dict[str, Any]:
    shape = {"conversionFormat": streaming.FORMAT, "conversionVersion": streaming.VERSION}
    return {"convertPushedImages": on, **shape}


def convert(call: Call) -> Response:
    """Convert an image. Raises: BodyInvalid, ManifestUnknown, TierRefused, StreamingUnsupported."""
    given = _given(call)
    if given.get("conversionFormat", streaming.FORMAT) != streaming.FORMAT:
        raise BodyInvalid(reason=f"conversionFormat is {streaming.FORMAT}")
    name, digest = call.params["repository"], call.params["digest"]
    return http.json(202, _shown(call, conversions.begin(call.world, call.home, name, digest, call.principal.id)))


def latest(call: Call) -> Response:
    """The latest conversion of an image. Raises: ConversionUnknown."""
    digest = call.params["digest"]
    found = running.last(call.world, call.home, call.params["repository"], digest)
    if found is None:
        raise streaming.ConversionUnknown(id=f"of {digest[:80]}")
    return http.json(200, _shown(call, found))


def operation(call: Call) -> Response:
    """A conversion. Raises: ConversionUnknown."""
    found = running.find(call.world, call.home, call.params["repository"], call.params["operation"])
    return http.json(200, _shown(call, found))


def cancel(call: Call) -> Response:
    """Call a conversion off. Raises: ConversionUnknown, ConversionOver."""
    found = running.find(call.world, call.home, call.params["repository"], call.params["operation"])
    running.cancel(call.world, found, call.principal.id)
    return http.json(200, _shown(call, found))


def _shown(call: Call, found: Conversion) -> dict[str, Any]:
    """A conversion with its mark: nothing was converted."""
    lasts = found.due - found.started
    went = int((call.world.now() - found.started) * 100 / lasts) if lasts else 0
    progress = min(went, 99) if found.status == streaming.RUNNING else 100 * (found.status == streaming.SUCCEEDED)
    return {
        "id": found.id, "status": found.status, "progress": f"{progress}%", "createdAt": iso(found.started),
        "repository": found.repository, "digest": found.digest, "truth": streaming.SIMULATED,
        **({"error": found.error} if found.error else {}),
    }  # fmt: skip


def _given(call: Call) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(call.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None
    if not isinstance(found, dict):
        raise BodyInvalid(reason="the body is an object")
    return found


_ROWS = (
    ("GET", f"{_NAME}/_streaming", show, "pull", 0),
    ("POST", f"{_NAME}/_streaming", switch, "push", BODY),
    ("GET", f"{_NAME}/_streaming/{{digest}}", latest, "pull", 0),
    ("POST", f"{_NAME}/_streaming/{{digest}}", convert, "push", BODY),
    ("GET", f"{_NAME}/_operations/{{operation}}", operation, "pull", 0),
    ("POST", f"{_NAME}/_operations/{{operation}}:cancel", cancel, "push", 0),
)
ROUTES = tuple(
    Route(method=method, path=path, handler=handler, scope=scope, body=body, truth="simulated")
    for method, path, handler, scope, body in _ROWS
)
