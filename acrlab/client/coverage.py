"""What is emulated and how truly: walked from the installed SDKs, so that no list of theirs can go stale."""

import importlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from typing import Any, NamedTuple, get_overloads
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import HttpTransport

from acrlab.domain.errors import Condition
from acrlab.wire.planes import PLANES

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
DIGEST = "sha256:" + 64 * "0"
FOREVER = 1 << 40  # epoch seconds
_PLUMBING = ("close", "send_request")
_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ContainerRegistry"


class Row(msgspec.Struct, frozen=True):
    """One operation of an SDK, or one command: what it asks for and how truly it is answered.

    `path` has parameters in braces, `asked` the values that were put in their place. `reason` is why it is refused.
    """

    package: str
    version: str
    operation: str
    method: str
    path: str
    truth: str
    evidence: str
    asked: str
    plane: str
    reason: str = ""


class Client(NamedTuple):
    """A client class of an SDK, and the plane that serves it."""

    package: str
    module: str
    name: str
    plane: str


CLIENTS = (
    Client("azure-mgmt-containerregistry", "azure.mgmt.containerregistry", "ContainerRegistryManagementClient", "arm"),
    Client(
        "azure-mgmt-containerregistrytasks",
        "azure.mgmt.containerregistrytasks",
        "ContainerRegistryTasksMgmtClient",
        "arm",
    ),
    Client("azure-containerregistry", "azure.containerregistry", "ContainerRegistryClient", "registry"),
)


class Sent(BaseException):
    """The first request of an operation; nothing was sent."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


class Listener(HttpTransport[Any, Any]):
    """A transport that hears the first request and sends nothing."""

    def send(self, request: Any, **_: Any) -> Any:
        raise Sent(request)

    def open(self) -> None:
        """Nothing is opened."""

    def close(self) -> None:
        """Nothing is open."""

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


class Nobody:
    """A credential for requests that never leave."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """A token nobody checks."""
        return AccessToken("nobody", FOREVER)


def rows() -> list[Row]:
    """Every operation of every SDK that is installed."""
    return [row for client in CLIENTS for row in _walked(client)]


def as_dict(row: Row) -> dict[str, Any]:
    """A row as `acrlab coverage --json` prints it."""
    found: dict[str, Any] = msgspec.to_builtins(row)
    return {name: value for name, value in found.items() if name not in ("asked", "plane")}


def table(found: Iterable[Row]) -> str:
    """The rows as text, package by package, with a count of the labels."""
    known = list(found)
    lines: list[str] = []
    for package in dict.fromkeys(row.package for row in known):
        mine = [row for row in known if row.package == package]
        counts = Counter(row.truth for row in mine)
        labels = ", ".join(f"{count} {truth}" for truth, count in sorted(counts.items()))
        lines.append(f"{package} {mine[0].version}: {len(mine)} operations, {labels}")
        width = max(len(row.operation) for row in mine)
        lines.extend(
            f"  {row.truth:<9}  {row.operation:<{width}}  {row.method:<6} {row.path.replace(_GROUP, '…')}"
            for row in mine
        )
        lines.extend(f"  refused: {reason}" for reason in dict.fromkeys(row.reason for row in mine if row.reason))
        lines.append("")
    return "\n".join([*lines, f"… stands for {_GROUP}"])


def _walked(client: Client) -> Iterator[Row]:
    try:
        made = getattr(importlib.import_module(client.module), client.name)
        version = metadata.version(client.package)
    except (ImportError, metadata.PackageNotFoundError):
        return
    first = "https://registry.azurecr.io" if client.plane == "registry" else Nobody()
    second = Nobody() if client.plane == "registry" else SUBSCRIPTION
    with made(first, second, transport=Listener()) as sdk:
        for name, operation in _operations(sdk):
            given = _arguments(operation)
            yield _row(client, version, name, heard(operation, given), given)


def _operations(sdk: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    groups = {name: group for name, group in vars(sdk).items() if type(group).__name__.endswith("Operations")}
    for prefix, holder in sorted(groups.items()) or [("", sdk)]:
        for name, operation in inspect.getmembers(holder, callable):
            own = inspect.isfunction(getattr(type(holder), name, None)) and name not in _PLUMBING
            if own and not name.startswith("_"):
                yield f"{prefix}.{name}" if prefix else name, operation


def heard(operation: Callable[..., Any], arguments: Iterable[Any]) -> Any:
    """The first request that a call of the operation makes. Raises: TypeError when it makes none."""
    try:
        next(iter(operation(*arguments)))
    except Sent as sent:
        return sent.request
    raise TypeError(f"{operation} sends nothing")


def _arguments(operation: Callable[..., Any]) -> list[Any]:
    """A value for every argument that has to be given. Operations that hide theirs show them in an overload."""
    shown = inspect.signature(operation)
    overloads = get_overloads(operation)
    if overloads and not any(each.kind is each.POSITIONAL_OR_KEYWORD for each in shown.parameters.values()):
        shown = inspect.signature(overloads[-1])
    return [
        _value(name)
        for name, each in shown.parameters.items()
        if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD and name != "self"
    ]


_VALUES: dict[str, Any] = {
    "tag_or_digest": DIGEST, "digest": DIGEST, "manifest": {}, "data": b"",
    "group_name": "registry",  # of private link resources: the only one a registry has
}  # fmt: skip
_BODIES = ("parameters", "resource", "properties", "body", "request")


def _value(name: str) -> Any:
    if name in _VALUES:
        return _VALUES[name]
    return {} if name.endswith(_BODIES) else _camel(name)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _row(client: Client, version: str, operation: str, request: Any, given: list[Any]) -> Row:
    parts = urlsplit(request.url)
    asked = unquote(parts.path)
    dated = "".join(f", api-version {each}" for each in parse_qs(parts.query).get("api-version", ()))
    truth, spec = label(client.plane, request.method, asked)
    evidence = spec or f"{client.package} {version}{dated}"
    path = "/".join(_spelled(each, given) for each in asked.split("/"))
    return Row(client.package, version, operation, request.method, path, truth, evidence, asked, client.plane)


def label(plane: str, method: str, path: str) -> tuple[str, str]:
    """The label of the route that answers, and its clause; what no route answers is refused."""
    try:
        route, _ = PLANES[plane].router.match(method, path)
    except Condition:
        return "refused", ""
    return route.truth, f"OCI distribution-spec v1.1, {route.spec}" if route.spec else ""


def _spelled(segment: str, given: list[Any]) -> str:
    """A part of a path, in braces where the caller's value stands."""
    if segment == SUBSCRIPTION:
        return "{subscriptionId}"
    if segment.startswith("sha256:"):
        return "{digest}"
    return f"{{{segment}}}" if segment in given else segment
