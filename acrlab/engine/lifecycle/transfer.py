"""Transfer pipelines, and what is asked of their runs."""

from typing import Any

from acrlab.domain import events, transfer
from acrlab.domain.registry import Field, read
from acrlab.domain.resource_id import parse
from acrlab.domain.transfer_errors import ExportForbidden, PipelineFixed, PipelineInvalid, TransferNameInvalid
from acrlab.engine import registries
from acrlab.engine.ask import Ask
from acrlab.engine.identities import registry as identities
from acrlab.engine.lifecycle import transfer_queue
from acrlab.engine.state import Registry
from acrlab.engine.world import World

_WHAT = {transfer.EXPORT: "export pipeline", transfer.IMPORT: "import pipeline", transfer.RUN: "pipeline run"}
_VAULT = ".vault.azure.net"


def check_pipeline_name(name: str) -> None:
    """Raises: TransferNameInvalid."""
    if not transfer.NAME.fullmatch(name):
        raise TransferNameInvalid(what="Pipeline")


def check_run_name(name: str) -> None:
    """Raises: TransferNameInvalid."""
    if not transfer.NAME.fullmatch(name):
        raise TransferNameInvalid(what="Pipeline run")


def desired_export(ask: Ask) -> dict[str, Any]:
    """The body of an export pipeline. Raises: BodyInvalid, PipelineInvalid, ExportForbidden, and what identities do."""
    registry = ask.world.state.registries[ask.id.names[0].lower()]
    require_exports(ask.world, registry)
    return _pipeline(ask, transfer.EXPORT_SHAPE, "target", {})


def desired_import(ask: Ask) -> dict[str, Any]:
    """The body of an import pipeline. Raises: BodyInvalid, PipelineInvalid, and what identities do.

    Source: container-registry-transfer-cli (2026): the trigger is enabled unless said otherwise.
    """
    trigger = {"trigger": {"sourceTrigger": {"status": "Enabled"}}}
    return _pipeline(ask, transfer.IMPORT_SHAPE, "source", trigger)


def require_exports(world: World, registry: Registry) -> None:
    """Content may leave. Raises: ExportForbidden."""
    if registries.properties(world, registry)["policies"]["exportPolicy"]["status"] == "disabled":
        refusal = ExportForbidden(name=registry.name)
        raise refusal.why("policies.exportPolicy of the registry is disabled: az acr update --allow-exports true")


def _pipeline(ask: Ask, shape: Field, end: str, defaults: dict[str, Any]) -> dict[str, Any]:
    given = read(shape, ask.given, ask.version, kind=ask.id.type)
    properties = {**defaults, "options": [], **given.get("properties", {})}
    identity = identities.desired(ask, given, ask.known.body if ask.known is not None else None)
    storage = {"storageAccessMode": transfer.BY_TOKEN, **properties.get(end, {}), "type": "AzureStorageBlobContainer"}
    _require_storage(ask, storage, identity)
    registry = ask.world.state.resources[str(ask.id.parent).lower()]
    return {
        "location": registry.body["location"], **({"identity": identity} if identity else {}),
        "properties": {**properties, end: storage},
    }  # fmt: skip


def _require_storage(ask: Ask, storage: dict[str, Any], identity: dict[str, Any] | None) -> None:
    uri = str(storage.get("uri") or "")
    if not transfer.CONTAINER.fullmatch(uri):
        raise _invalid(ask, "uri is https://<storage account>.blob.core.windows.net/<container>")
    if identity is None:
        raise _invalid(ask, "it needs an identity: its own, or a user-assigned one")
    if storage["storageAccessMode"] == transfer.BY_TOKEN and not _secret(str(storage.get("keyVaultUri") or "")):
        raise _invalid(ask, "keyVaultUri is the address of the secret that holds the SAS token")


def _secret(address: str) -> bool:
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    return scheme == "https" and host.endswith(_VAULT) and path.startswith("secrets/")


def _invalid(ask: Ask, reason: str) -> PipelineInvalid:
    return PipelineInvalid(what=_WHAT[ask.id.type], reason=reason)


# Runs


def desired_run(ask: Ask) -> dict[str, Any]:
    """The body of a run of a pipeline, which begins.

    Raises: BodyInvalid, PipelineInvalid, PipelineFixed, ExportForbidden.
    """
    properties = read(transfer.RUN_SHAPE, ask.given, ask.version, kind=transfer.RUN).get("properties", {})
    before = ask.known.body["properties"] if ask.known is not None else None
    tag = properties.get("forceUpdateTag", "")
    under_way = ask.known is not None and "request" in ask.known.body
    if before is not None and (under_way or before.get("forceUpdateTag", "") == tag):
        raise PipelineFixed(name=ask.id.name)
    request = properties.get("request", {})
    pipeline = _pipeline_of(ask, request)
    end = "source" if parse(pipeline.id).type.lower() == transfer.IMPORT.lower() else "target"
    _require_request(ask, request, end)
    return transfer_queue.body(ask.world, pipeline, request, tag)


def slow(ask: Ask, body: dict[str, Any]) -> bool:
    """A run is never over when it begins."""
    return True


def outcome(ask: Ask, body: dict[str, Any]) -> dict[str, list[str]]:
    """What the operation of a run waits for."""
    return {"runs": [str(ask.id)]}


def begun(ask: Ask, body: dict[str, Any]) -> tuple[events.Event, ...]:
    """The event that carries the run out."""
    return (transfer_queue.planned(ask.world, str(ask.id), body),)


def _pipeline_of(ask: Ask, request: dict[str, Any]) -> Any:
    text = str(request.get("pipelineResourceId") or "")
    id = parse(text) if text.startswith("/") else None
    kinds = (transfer.EXPORT.lower(), transfer.IMPORT.lower())
    if id is None or id.parent is None or id.type.lower() not in kinds or id.parent.key != str(ask.id.parent).lower():
        raise _invalid(ask, "request.pipelineResourceId is a pipeline of this registry")
    found = ask.world.state.resources.get(id.key)
    if found is None:
        raise _invalid(ask, f"pipeline {id.name} does not exist")
    return found


def _require_request(ask: Ask, request: dict[str, Any], end: str) -> None:
    blob = request.get(end, {}).get("name") or ""
    if not transfer.BLOB.fullmatch(blob):
        raise _invalid(ask, f"request.{end}.name is the name of a blob")
    if end == "source":
        return
    registry = ask.world.state.registries[ask.id.names[0].lower()]
    require_exports(ask.world, registry)
    most = transfer_queue.largest(ask.world, registry)
    artifacts = request.get("artifacts", [])
    if not artifacts or len(artifacts) > most or not all(isinstance(each, str) for each in artifacts):
        raise _invalid(ask, f"request.artifacts names 1 to {most} artifacts as repository:tag or repository@digest")


def closing(world: World, resource: Any, by: str) -> tuple[events.Event, ...]:
    """The identity of a pipeline goes with it."""
    return identities.closed(world, resource, by)
