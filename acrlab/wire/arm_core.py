"""ARM itself: tenants, subscriptions, locations, providers, the list of all resources."""

from typing import Any

from acrlab.data import load
from acrlab.domain import projection
from acrlab.domain.arm_errors import NamespaceNotFound, ResourceTypeInvalid
from acrlab.domain.errors import Condition, MethodUnsupported, NotEmulated
from acrlab.domain.resource_id import ResourceId, parse
from acrlab.engine import authorization, directory, resources, table
from acrlab.engine.state import Resource
from acrlab.engine.types import ResourceType
from acrlab.wire import arm_documents, http
from acrlab.wire.arm_groups import may, tagged
from acrlab.wire.arm_requests import conditions, page, version
from acrlab.wire.arm_resources import GROUP, SUBSCRIPTION
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

NAME = "acrlab"  # of the subscription
_FILTERS = ("resourcetype", "resourcegroup", "name", "location", "tagname", "tagvalue")
# Types of ARM's own that a subscription shows. All others come from the table.
_OWN: dict[str, tuple[str, ...]] = {
    "Microsoft.ContainerRegistry": (),
    "Microsoft.Resources": ("resourceGroups", "subscriptions", "tenants", "deployments"),
    "Microsoft.Authorization": (
        "roleAssignments", "roleDefinitions", "permissions", "locks", "policyDefinitions", "policyAssignments",
    ),
    "Microsoft.Insights": (
        "diagnosticSettings", "diagnosticSettingsCategories", "metrics", "metricDefinitions", "metricNamespaces",
    ),
    "Microsoft.PolicyInsights": ("policyStates",),
}  # fmt: skip
PROVIDERS = {**_OWN, **{row.namespace: () for row in table.TABLE.values() if row.namespace not in _OWN}}


# Tenants and subscriptions


def subscriptions(call: Call) -> Response:
    """The subscriptions in which the caller has any role at all."""
    version(call)
    assigned = (each.body["properties"]["principalId"] for each in authorization.assignments(call.world))
    found = [_subscription(call)] if call.principal.id in assigned else []
    return http.json(200, {"value": found, "count": {"type": "Total", "value": len(found)}})


def subscription(call: Call) -> Response:
    """One subscription."""
    version(call)
    return http.json(200, _subscription(call))


def _subscription(call: Call) -> dict[str, Any]:
    """Source: observed, azure-cli 2.91.0; ARM REST reference 2022-12-01."""
    state = call.world.state
    return {
        "id": f"/subscriptions/{state.subscription}", "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": state.subscription, "tenantId": state.tenant, "displayName": NAME, "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off",
        },
    }  # fmt: skip


def tenants(call: Call) -> Response:
    """The directory the caller belongs to."""
    version(call)
    tenant = call.world.state.tenant
    shown = {
        "id": f"/tenants/{tenant}", "tenantId": tenant, "countryCode": "US", "displayName": directory.ORGANIZATION,
        "domains": [directory.DOMAIN], "tenantCategory": "Home", "defaultDomain": directory.DOMAIN, "tenantType": "AAD",
    }  # fmt: skip
    return http.json(200, {"value": [shown]})


def locations(call: Call) -> Response:
    """The public regions. Source: data/regions.toml."""
    version(call)
    root = f"/subscriptions/{call.world.state.subscription}/locations"
    return http.json(200, {"value": [_location(root, row) for row in load("regions")["region"]]})


def _location(root: str, row: dict[str, Any]) -> dict[str, Any]:
    metadata = {
        "regionType": "Physical", "regionCategory": "Other" if row.get("restricted") else "Recommended",
        "geography": row["geography"], "geographyGroup": row["group"], "physicalLocation": row["place"],
        "longitude": str(row["longitude"]), "latitude": str(row["latitude"]),
        "pairedRegion": [{"name": row["paired"], "id": f"{root}/{row['paired']}"}] if row.get("paired") else [],
    }  # fmt: skip
    return {
        "id": f"{root}/{row['name']}", "name": row["name"], "type": "Region", "displayName": row["display"],
        "regionalDisplayName": f"({row['group']}) {row['display']}", "metadata": metadata,
    }  # fmt: skip


# Providers


def providers(call: Call) -> Response:
    """The resource providers of this world."""
    version(call)
    return http.json(200, {"value": [_provider(call, namespace) for namespace in PROVIDERS]})


def provider(call: Call) -> Response:
    """One provider; registering it, or taking that back, changes nothing here: it stays registered."""
    version(call)
    spelled = {each.lower(): each for each in PROVIDERS}
    namespace = spelled.get(call.params["namespace"].lower())
    if namespace is None:
        raise NamespaceNotFound(namespace=call.params["namespace"]).why(f"acrlab has {', '.join(PROVIDERS)}")
    return http.json(200, _provider(call, namespace))


def _provider(call: Call, namespace: str) -> dict[str, Any]:
    plain = ((kind, _VERSIONS) for kind in PROVIDERS[namespace])
    own = (row for row in table.TABLE.values() if row.namespace == namespace and row.versions)
    rows = (("/".join(row.kinds), row.versions) for row in own)
    regions = [row["display"] for row in load("regions")["region"]] if namespace not in _GLOBAL else []
    shown = [
        {"resourceType": kind, "locations": regions, "apiVersions": list(reversed(known)), "capabilities": "None"}
        for kind, known in (*plain, *rows)
    ]
    return {
        "id": f"/subscriptions/{call.world.state.subscription}/providers/{namespace}", "namespace": namespace,
        "resourceTypes": shown, "registrationState": "Registered", "registrationPolicy": "RegistrationRequired",
    }  # fmt: skip


_GLOBAL = ("Microsoft.Resources", "Microsoft.Authorization", "Microsoft.Insights", "Microsoft.PolicyInsights")
_VERSIONS = ("2020-06-01", "2021-04-01", "2022-04-01", "2022-09-01", "2022-12-01", "2024-11-01")


def provider_operations(call: Call) -> Response:
    """What can be done with a provider's resources, walked from the table. Source: OperationList.json (2025-11-01).

    Raises: NamespaceNotFound.
    """
    namespace = call.params["namespace"].lower()
    version(call, "operations", namespace)
    rows = [row for row in table.TABLE.values() if row.namespace.lower() == namespace]
    if not rows:
        raise NamespaceNotFound(namespace=call.params["namespace"])
    names = {row.allows(method): row for row in rows for method in row.methods}
    names |= {row.needs(action): row for row in rows for action in row.actions}
    return http.json(200, {"value": [_operation(name, names[name]) for name in sorted(names)]})


_TITLES = {"Microsoft.ContainerRegistry": "Microsoft Container Registry"}


def _operation(name: str, row: ResourceType) -> dict[str, Any]:
    verb = name.rpartition("/")[2]
    return {
        "name": name,
        "display": {
            "provider": _TITLES.get(row.namespace, row.namespace), "resource": "/".join(row.kinds),
            "operation": name.removeprefix(f"{row.path}/"), "description": f"{verb} on {row.path}",
        },
    }  # fmt: skip


# All resources


def all_resources(call: Call) -> Response:
    """Resources of every type; $filter as `az` writes it. Only what the caller may see.

    Source: recorded, resources?$filter=resourceType eq '...' (2022-09-01).
    """
    version(call)
    wanted = conditions(call, _FILTERS)
    scope = ResourceId(call.params["subscription"].lower(), call.params.get("group", ""))
    resources.require_group(call.world, scope)
    prefix = f"{scope.key}/"
    inside = [each for key, each in sorted(call.world.state.resources.items()) if key.startswith(prefix)]
    found = [each for each in inside if _wanted(each, wanted) and may(call, f"{parse(each.id).type}/read", each.id)]
    return page(call, found, lambda each: each.id.lower(), lambda each: arm_documents.brief(call.world, each))


def _wanted(resource: Resource, wanted: dict[str, str]) -> bool:
    """Tracked resources only: what has no location is its parent's own affair. Source: ARM RPC, proxy resources."""
    id, body = parse(resource.id), resource.body
    if not id.namespace or "location" not in body:
        return False
    facts = {
        "resourcetype": id.type, "resourcegroup": id.group, "name": id.name, "location": body.get("location", ""),
    }  # fmt: skip
    return tagged(resource, wanted) and all(
        wanted[name].lower() == fact.lower() for name, fact in facts.items() if name in wanted
    )


# The rest

_SPECS = "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main"


def metadata(call: Call) -> Response:
    """What `az cloud register --endpoint-resource-manager` asks. Source: observed, azure-cli 2.91.0."""
    shown = {
        "name": "AzureCloud", "portal": "https://portal.azure.com", "resourceManager": "https://management.azure.com/",
        "authentication": {
            "loginEndpoint": "https://login.microsoftonline.com", "identityProvider": "AAD", "tenant": "common",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        },
        "graph": "https://graph.windows.net/", "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/", "media": "https://rest.media.azure.net",
        "batch": "https://batch.core.windows.net/", "gallery": "https://gallery.azure.com/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": f"{_SPECS}/arm-compute/quickstart-templates/aliases.json",
        "suffixes": {"acrLoginServer": "azurecr.io", "storage": "core.windows.net", "keyVaultDns": "vault.azure.net"},
    }  # fmt: skip
    old = call.request.parameters().get("api-version", "") < "2019"
    return http.json(200, shown if old or "api-version" not in call.request.parameters() else [shown])


def unemulated(call: Call) -> Response:
    """Anything of a provider that no other route answers: refused by name.

    Raises: NotEmulated, ResourceTypeInvalid, MethodUnsupported.
    """
    namespace, rest = call.params["namespace"], call.params.get("rest", "")
    known = any(each.lower() == namespace.lower() for each in PROVIDERS)
    kinds = "/".join(rest.split("/")[::2])
    if known and namespace.lower() == "microsoft.containerregistry":
        raise _unserved(call, namespace, kinds)
    raise NotEmulated(what=f"{namespace}/{kinds}" if kinds else namespace).why(
        "acrlab is Azure Container Registry and what it needs around it", f"its providers are {', '.join(PROVIDERS)}"
    )


def _unserved(call: Call, namespace: str, kinds: str) -> Condition:
    """A type that the table does not have, or a method that its row does not."""
    served = version(call, kinds.rpartition("/")[2] or "operations")
    if table.row(f"{namespace}/{kinds}") is not None or not kinds:
        return MethodUnsupported(method=call.request.method, path=call.request.path)
    supported = ", ".join(projection.versions())
    return ResourceTypeInvalid(type=kinds, namespace=namespace, version=served, supported=supported)


_ANY = ("GET", "PUT", "PATCH", "POST", "DELETE")
ROUTES = (
    Route(method="GET", path="/subscriptions", handler=subscriptions, scope="signed-in"),
    Route(method="GET", path=SUBSCRIPTION, handler=subscription, scope="Microsoft.Resources/subscriptions/read"),
    Route(method="GET", path="/tenants", handler=tenants, scope="signed-in"),
    Route(method="GET", path=f"{SUBSCRIPTION}/locations", handler=locations,
          scope="Microsoft.Resources/subscriptions/locations/read"),
    Route(method="GET", path=f"{SUBSCRIPTION}/providers", handler=providers,
          scope="Microsoft.Resources/subscriptions/providers/read"),
    Route(method="GET", path=f"{SUBSCRIPTION}/providers/{{namespace}}", handler=provider,
          scope="Microsoft.Resources/subscriptions/providers/read"),
    Route(method="POST", path=f"{SUBSCRIPTION}/providers/{{namespace}}/register", handler=provider,
          scope="{namespace}/register/action"),
    Route(method="POST", path=f"{SUBSCRIPTION}/providers/{{namespace}}/unregister", handler=provider,
          scope="{namespace}/unregister/action"),
    Route(method="GET", path="/providers/{namespace}/operations", handler=provider_operations,
          scope="signed-in"),
    Route(method="GET", path=f"{SUBSCRIPTION}/resources", handler=all_resources, scope="visible"),
    Route(method="GET", path=f"{GROUP}/resources", handler=all_resources,
          scope="Microsoft.Resources/subscriptions/resourceGroups/resources/read"),
    Route(method="GET", path="/metadata/endpoints", handler=metadata, scope="open"),
)  # fmt: skip
# Last: whatever else a provider might have been asked.
REST = tuple(
    Route(
        method=method,
        path=f"{root}/providers/{{namespace}}{rest}",
        handler=unemulated,
        scope="signed-in",
        truth="refused",
    )
    for root, rest in (("", "/{rest*}"), (SUBSCRIPTION, "/{rest*}"), (GROUP, "/{rest*}"), (GROUP, ""))
    for method in _ANY
)
