"""A task file's text, rendered: aliases, values, secrets, in the order of the Tasks engine.

Source: the engine's open source (cmd/acb/commands/exec, templating/base_render_options.go); recorded.
"""

import base64
import secrets
import string
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from acrlab.agents.runner import taskfile
from acrlab.agents.runner.decode import Nested
from acrlab.agents.runner.documents import YamlInvalid
from acrlab.agents.runner.lines import Lines
from acrlab.agents.runner.services import SecretFailed, Services, SourceFailed
from acrlab.domain.tasks import alias
from acrlab.domain.tasks.alias import AliasInvalid
from acrlab.domain.tasks.gotemplate.encodings import date
from acrlab.domain.tasks.gotemplate.engine import rendered
from acrlab.domain.tasks.gotemplate.nodes import TemplateFailed
from acrlab.domain.tasks.gotemplate.signatures import Function, of
from acrlab.domain.tasks.gotemplate.values import CallFailed, to_json, type_name
from acrlab.domain.tasks.run import Order
from acrlab.domain.tasks.task import Plan, TaskInvalid, plan

TASK_FILE = "acb.yaml"
PLAIN = frozenset(string.ascii_letters + string.digits + "_^@=+%,:./-")
LONGEST = 1000  # characters of chance
ALIASES_ON = (
    "Alias support enabled for version >= 1.1.0, please see https://aka.ms/acr/tasks/task-aliases for more information."
)


class RenderFailed(Exception):
    """A task that cannot be made ready; the text is what the log says."""


class Rendering(msgspec.Struct, frozen=True):
    """What a task is rendered with."""

    order: Order
    services: Services
    folder: Path  # the workspace
    volume: str  # the name of the home volume
    now: float


def ready(rendering: Rendering, lines: Lines) -> Plan:
    """The plan of an order with a task file. Raises: RenderFailed."""
    name, text = _loaded(rendering)
    images: Mapping[str, str] = {}
    if alias.version(text) >= alias.FIRST_VERSION:
        lines.say(ALIASES_ON)
        text, images = _aliased(rendering, text)
    text = _wrapped("unable to render task", _rendered, rendering, name, text)
    try:
        task = taskfile.task(text)
    except (YamlInvalid, TaskInvalid) as failure:
        told = f"failed to unmarshal task before running: failed to deserialize task and validate: {failure}"
        raise RenderFailed(told) from None
    try:
        found = plan(task, rendering.order.os)
    except TaskInvalid as failure:
        raise RenderFailed(f"failed to unmarshal task before running: {failure}") from None
    for step in found.steps:
        step.cmd = alias.expanded(step.cmd, images)
    return found


def line(rendering: Rendering, text: str) -> str:
    """The command line of a quick build, rendered like a task file. Raises: RenderFailed."""
    return _rendered(rendering, "build", text)


def run_values(order: Order, volume: str, now: float) -> dict[str, str]:
    """`.Run`."""
    return {
        "ID": order.run, "Commit": order.commit, "Repository": order.repository, "Branch": order.branch,
        "GitTag": order.git_tag, "TriggeredBy": order.triggered_by, "Registry": order.registry,
        "RegistryName": order.registry.partition(".")[0], "SharedVolume": volume, "OS": order.os, "OSVersion": "",
        "Date": f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}z", "Architecture": order.architecture,
        "TaskName": order.task,
    }  # fmt: skip


def _wrapped(what: str, call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except RenderFailed as failure:
        raise RenderFailed(f"{what}: {failure}") from None


def _loaded(rendering: Rendering) -> tuple[str, str]:
    order = rendering.order
    if order.task_text:
        return "decodedtemplate", order.task_text
    name = order.task_file or TASK_FILE
    return name, _file(rendering, name)


def _file(rendering: Rendering, name: str) -> str:
    root = rendering.folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise RenderFailed(f"stat /workspace/{name}: no such file or directory")
    return path.read_text(encoding="utf-8", errors="replace")


# Aliases.


def _aliased(rendering: Rendering, text: str) -> tuple[str, dict[str, str]]:
    block, rest = alias.separate(text)
    if block.strip():
        block = _wrapped("unable to render alias data", _rendered, rendering, "aliasData", block)
    try:
        found = taskfile.aliases(block)
        values = dict(found.values or {})
        for source in reversed(found.src):
            values = _names(rendering, source) | values
        images = alias.IMAGES if rendering.order.os == "linux" else {}
        values = alias.BUILT_IN | images | values
        return alias.replaced(rest, values, found.directive), values
    except (AliasInvalid, RenderFailed) as failure:
        raise RenderFailed(f"unable to search/replace aliases in task: {failure}") from None
    except YamlInvalid as failure:
        told = f"unable to search/replace aliases in task: error during alias unmarshaling: {failure}"
        raise RenderFailed(told) from None


def _names(rendering: Rendering, source: str) -> dict[str, str]:
    if source.startswith(("https://", "http://")):
        try:
            text = rendering.services.read(source)
        except SourceFailed as failure:
            raise RenderFailed(str(failure)) from None
    else:
        try:
            text = _file(rendering, source)
        except RenderFailed:
            raise RenderFailed(f"open {source}: no such file or directory") from None
    try:
        return taskfile.names(text)
    except YamlInvalid as failure:
        raise RenderFailed(str(failure)) from None


# Values and secrets.


def _rendered(rendering: Rendering, name: str, text: str) -> str:
    data = _data(rendering)
    data["Secrets"] = _secrets(rendering, name, text, data)
    return _template(name, text, data, rendering.now, "error while rendering templates")


def _template(name: str, text: str, data: dict[str, Any], now: float, what: str) -> str:
    try:
        found = rendered(name, text, data, _further(now))
    except TemplateFailed as failure:
        raise RenderFailed(f"{what}: {failure}") from None
    if not found:
        raise RenderFailed("rendered template was empty")
    return found


def _data(rendering: Rendering) -> dict[str, Any]:
    order = rendering.order
    values = _values(rendering)
    run = run_values(order, rendering.volume, rendering.now)
    try:
        written = to_json(values)
    except CallFailed as failure:
        raise RenderFailed(f"failed to override values: failed to serialize Values: {failure}") from None
    return {
        "Build": {"ID": order.run}, "Run": run, "Values": values, "ValuesJSON": quoted(written),
        "RunJSON": quoted(to_json(run)),
    }  # fmt: skip


def _values(rendering: Rendering) -> dict[str, Any]:
    order = rendering.order
    text = order.values_text
    if not text and order.values_file:
        text = _file(rendering, order.values_file)
    try:
        found = taskfile.values(text)
    except YamlInvalid as failure:
        told = f"failed to deserialize values during merge: {text}, err: {failure}"
        raise RenderFailed(f"failed to override values: {told}") from None
    if any(_nested(value) for value in found.values()):
        unsupported = "json: unsupported type: map[interface {}]interface {}"
        raise RenderFailed(f"failed to override values: failed to serialize Values: {unsupported}")
    return found | order.values


def _nested(value: Any) -> bool:
    return isinstance(value, Nested) or (isinstance(value, list) and any(_nested(each) for each in value))


def _secrets(rendering: Rendering, name: str, text: str, data: dict[str, Any]) -> dict[str, str]:
    """The secrets that the task names, asked for one after the other."""
    if "secrets" not in text or name == "aliasData":
        return {}
    failed = "failed to resolve secrets in the task with error"
    first = _template(name, text, {**data, "Secrets": {}}, rendering.now, f"{failed}: failed to render the template")
    try:
        task = taskfile.task(first)
    except (YamlInvalid, TaskInvalid) as failure:
        raise RenderFailed(f"{failed}: failed to parse template to create task: {failure}") from None
    try:
        return {
            secret.id: rendering.services.secret(secret.keyvault, secret.client) for secret in task.secrets if secret
        }
    except SecretFailed as failure:
        raise RenderFailed(f"{failed}: {failure}") from None


def quoted(text: str) -> str:
    """For a shell, where it needs to be."""
    if not text:
        return "''"
    return text if set(text) <= PLAIN else "'" + text.replace("'", "'\"'\"'") + "'"


# What needs a clock or chance, and what the engine replaces.


def _further(now: float) -> dict[str, Function]:
    when = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
    return {
        "b64enc": of(_base64, "any"),
        "now": of(lambda: when),
        "toDate": of(lambda layout, text: _parsed(layout, text), "string string"),
        "uuidv4": of(lambda: str(uuid.uuid4())),
        "randAlphaNum": of(lambda count: _chance(string.ascii_letters + string.digits, count), "int"),
        "randAlpha": of(lambda count: _chance(string.ascii_letters, count), "int"),
        "randNumeric": of(lambda count: _chance(string.digits, count), "int"),
        "randAscii": of(lambda count: _chance("".join(map(chr, range(32, 127))), count), "int"),
        "env": of(lambda _: "", "string"),  # nothing of this machine's is told
        "expandenv": of(lambda text: text, "string"),
    }


def _base64(value: Any) -> str:
    """The engine's own: a secret that is not known yet is nothing. Source: its open source (templating/engine.go)."""
    if value is None:
        return ""
    return base64.b64encode((value if isinstance(value, str) else f"<{type_name(value)} Value>").encode()).decode()


def _chance(letters: str, count: int) -> str:
    if not 0 <= count <= LONGEST:
        raise CallFailed(f"more than {LONGEST} characters of chance")
    return "".join(secrets.choice(letters) for _ in range(count))


def _parsed(layout: str, text: str) -> datetime:
    for pattern in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y%m%d-%H%M%Sz", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            found = datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
        if date(layout, found) == text:
            return found
    raise CallFailed(f'parsing time "{text}" as "{layout}": not emulated')
