"""What stands around registries in Resource Manager, and how truly: walked from the routes that answer."""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

from acrlab.client.coverage import Row
from acrlab.engine import table
from acrlab.wire.planes import PLANES
from acrlab.wire.routes import Route

PACKAGE = "Azure Resource Manager, around registries"
_OWN = "microsoft.containerregistry"
_NAMESPACE = re.compile(r".*/providers/([\w.]+)(/.*)?")
_SOURCE = re.compile(r"Source: (.+?)(?:\n\s*\n|$)", re.DOTALL)


def rows() -> list[Row]:
    """Every route of the providers beside Microsoft.ContainerRegistry, by provider and path."""
    return sorted(_walked(), key=lambda row: (row.operation, row.path, row.method))


def _walked() -> Iterator[Row]:
    for route in PLANES["arm"].router.routes:
        found = _NAMESPACE.fullmatch(route.path)
        if found is None or found[1].lower() == _OWN or "operationStatuses" in route.path:
            continue
        yield Row(
            PACKAGE, "", f"{found[1]}{_kinds(found[2] or '')}", route.method, route.path, route.truth, _evidence(route),
            route.path, "arm",
        )  # fmt: skip


def _kinds(tail: str) -> str:
    return "".join(f"/{each}" for each in tail.split("/") if each and not each.startswith("{"))


def _evidence(route: Route) -> str:
    """What the handler, the decision behind it, or their module names as its source."""
    row = table.row(_typed(route))
    decided = row.desired if row is not None else None
    for each in (route.handler, decided, _module(decided), _module(route.handler)):
        found = _SOURCE.search(inspect.getdoc(each) or "") if each is not None else None
        if found is not None:
            return " ".join(found[1].split())
    return "inferred"


def _typed(route: Route) -> str:
    namespace, _, tail = route.path.rpartition("/providers/")[2].partition("/")
    return "/".join((namespace, *tail.split("/")[::2]))


def _module(function: Any) -> Any:
    return sys.modules.get(getattr(function, "__module__", ""))
