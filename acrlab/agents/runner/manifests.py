"""`docker manifest`: one name for images of several platforms.

Source: container-registry, push-multi-architecture-images (2024), its task of several steps; words: docker/cli,
cli/command/manifest.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acrlab.agents.protocol import EngineFailed
from acrlab.agents.references import Reference
from acrlab.agents.runner.flags import Arguments
from acrlab.agents.runner.machine import Machine, Scene
from acrlab.domain import names

LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_OCI = "application/vnd.oci.image.index.v1+json"
_INDEXES = (LIST, _OCI)
_ANNOTATED = {"arch": "architecture", "os": "os", "variant": "variant", "os-version": "os.version"}
Entries = dict[str, dict[str, Any]]  # by complete reference


def manifest(machine: Machine, arguments: Arguments, scene: Scene) -> int:
    """One of its commands. Raises: EngineFailed."""
    action, *words = arguments.words or ("",)
    command = _ACTIONS.get(action)
    least = {"create": 2, "annotate": 2}.get(action, 1)
    if command is None or len(words) < least:
        raise EngineFailed(f"docker: 'docker manifest {action}' cannot be read\n\n"
                           "Run 'docker manifest --help' for more information")  # fmt: skip
    command(machine, [Reference.read(word) for word in words], arguments, scene)
    return 0


def _create(machine: Machine, named: list[Reference], arguments: Arguments, scene: Scene) -> None:
    target, *parts = named
    if target.complete in machine.lists and not arguments.on("amend"):
        raise EngineFailed("refusing to amend an existing manifest list with no --amend flag")
    entries = machine.lists.get(target.complete, {}) | {each.complete: _entry(machine, each) for each in parts}
    machine.lists[target.complete] = entries
    scene.say(f"Created manifest list {target.complete}")


def _annotate(machine: Machine, named: list[Reference], arguments: Arguments, scene: Scene) -> None:
    target, part = named[:2]
    entries = _list(machine, target)
    if part.complete not in entries:
        raise EngineFailed(f"manifest for image {part.complete} does not exist in {target.complete}")
    given = {field: arguments.one(flag) for flag, field in _ANNOTATED.items() if arguments.one(flag)}
    entry = entries[part.complete]
    entries[part.complete] = {**entry, "platform": {**entry["platform"], **given}}


def _push(machine: Machine, named: list[Reference], arguments: Arguments, scene: Scene) -> None:
    target = named[0]
    entries = _list(machine, target)
    for reference, entry in entries.items():
        part = Reference.read(reference)
        if part.name != target.name:
            raise EngineFailed(f"acrlab: {reference} is of another repository: docker manifest push does not copy here")
        scene.say(f"Pushed ref {part.name}@{entry['digest']} with digest: {entry['digest']}")
    oci = all(".oci." in entry["mediaType"] for entry in entries.values())
    kind = _OCI if oci else LIST
    raw = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [*entries.values()]}, indent=3).encode()
    machine.registries.publish(target.complete, kind, raw)
    if arguments.on("purge"):
        del machine.lists[target.complete]
    scene.say(names.digest_of(raw))


def _inspect(machine: Machine, named: list[Reference], arguments: Arguments, scene: Scene) -> None:
    target = named[0]
    if target.complete in machine.lists:
        shown = {"schemaVersion": 2, "mediaType": LIST, "manifests": [*machine.lists[target.complete].values()]}
    else:
        shown = json.loads(_found(machine, target)[1])
    scene.say(json.dumps(shown, indent="\t"))


def _rm(machine: Machine, named: list[Reference], arguments: Arguments, scene: Scene) -> None:
    for each in named:
        _list(machine, each)
        del machine.lists[each.complete]


_ACTIONS: dict[str, Callable[[Machine, list[Reference], Arguments, Scene], None]] = {
    "create": _create, "annotate": _annotate, "push": _push, "inspect": _inspect, "rm": _rm,
}  # fmt: skip


def _list(machine: Machine, target: Reference) -> Entries:
    if target.complete not in machine.lists:
        raise EngineFailed(f"No such manifest: {target.complete}")
    return machine.lists[target.complete]


def _found(machine: Machine, wanted: Reference) -> tuple[str, bytes]:
    """As its registry has it: what is only local is not there."""
    try:
        return machine.registries.manifest(wanted.complete)
    except EngineFailed as failure:
        missing = "not found" in failure.text or "unknown" in failure.text
        raise EngineFailed(f"no such manifest: {wanted.complete}" if missing else failure.text) from failure


def _entry(machine: Machine, part: Reference) -> dict[str, Any]:
    media_type, raw = _found(machine, part)
    if media_type in _INDEXES:
        raise EngineFailed(f"{part.complete} is a manifest list")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config")
        machine.registries.fetch(part.complete, json.loads(raw)["config"]["digest"], file)
        config = json.loads(file.read_bytes())
    platform = {name: config[name] for name in ("architecture", "os", "variant", "os.version") if config.get(name)}
    return {"mediaType": media_type, "size": len(raw), "digest": names.digest_of(raw), "platform": platform}
