"""Functions that write resource ids.

Source: template-functions-resource (2025). At subscription scope resourceId writes ids without a group.
"""

from collections.abc import Mapping
from typing import Any

from acrlab.domain.templates.expressions import Function, Scope


def _ids(values: list[Any]) -> tuple[str, list[str]]:
    """The type and the names of a resource id, as `type/name/type/name`, and the values before them."""
    at = next(place for place, each in enumerate(values) if "/" in each and "." in each.partition("/")[0])
    namespace, *kinds = values[at].split("/")
    names = [part for each in values[at + 1 :] for part in each.split("/")]
    if len(names) != len(kinds):
        raise ValueError
    pairs = "".join(f"/{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
    return f"/providers/{namespace}{pairs}", values[:at]


def _resource_id(scope: Scope, values: list[Any]) -> str:
    path, given = _ids(values)
    home = scope.facts.get("resourceGroup")
    group = given[-1] if given else home["name"] if home else ""
    subscription = given[0] if len(given) == 2 else scope.facts["subscription"]["subscriptionId"]
    return f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "") + path


def _subscription_id(scope: Scope, values: list[Any]) -> str:
    path, given = _ids(values)
    return f"/subscriptions/{given[0] if given else scope.facts['subscription']['subscriptionId']}{path}"


def _extension_id(_: Scope, values: list[Any]) -> str:
    return str(values[0]).rstrip("/") + _ids(values[1:])[0]


def _group_id(_: Scope, values: list[Any]) -> str:
    path, given = _ids(values)
    return f"/providers/Microsoft.Management/managementGroups/{given[0]}{path}"


FUNCTIONS: Mapping[str, Function] = {
    "resourceid": _resource_id, "subscriptionresourceid": _subscription_id, "extensionresourceid": _extension_id,
    "managementgroupresourceid": _group_id, "tenantresourceid": lambda scope, values: _ids(values)[0],
}  # fmt: skip
