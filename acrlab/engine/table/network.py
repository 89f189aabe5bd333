"""Rows of networks: private link of a registry, and what of Microsoft.Network it takes."""

from acrlab.domain import projection
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.engine.network import connections, dns, endpoints, subnets
from acrlab.engine.types import CREATE_AND_DROP, ResourceType, refused

VERSIONS = projection.versions()
_NETWORK = ("2022-01-01", "2024-01-01", "2024-05-01", "2024-07-01")
_DNS = ("2018-09-01", "2020-06-01", "2024-06-01")
_EVERYWHERE = ("subscription", "group")
ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=connections.TYPE, methods=CREATE_AND_DROP, desired=connections.desired,
        operation="privateendpointconnections", versions=VERSIONS,
    ),
    refused(f"{REGISTRIES}/privateLinkResources", methods=("GET",), versions=VERSIONS),
    ResourceType(
        path=subnets.NETWORKS, desired=subnets.network, located=True, scopes=_EVERYWHERE, opening=subnets.filled,
        changing=subnets.filled, releasing=subnets.releasing, versions=_NETWORK, truth="simulated",
    ),
    ResourceType(
        path=subnets.TYPE, desired=subnets.desired, releasing=subnets.require_empty, versions=_NETWORK,
        truth="simulated",
    ),
    ResourceType(
        path=endpoints.TYPE, desired=endpoints.desired, located=True, scopes=_EVERYWHERE, opening=endpoints.opening,
        closing=endpoints.closing, versions=_NETWORK, truth="simulated",
    ),
    ResourceType(
        path=endpoints.ZONE_GROUPS, desired=endpoints.zone_group, opening=endpoints.named, changing=endpoints.named,
        closing=endpoints.unnamed, versions=_NETWORK, truth="simulated",
    ),
    ResourceType(
        path="Microsoft.Network/networkInterfaces", methods=("GET", "LIST"), scopes=_EVERYWHERE, versions=_NETWORK,
        truth="simulated",
    ),
    ResourceType(path=dns.ZONES, desired=dns.zone, scopes=_EVERYWHERE, versions=_DNS, truth="simulated"),
    ResourceType(path=dns.LINKS, desired=dns.link, versions=_DNS, truth="simulated"),
    ResourceType(path=dns.RECORDS, desired=dns.records, versions=_DNS, truth="simulated"),
)  # fmt: skip
