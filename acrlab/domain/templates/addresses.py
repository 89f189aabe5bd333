"""Functions of IP ranges. Source: template-functions-cidr (2025)."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from acrlab.domain.templates.expressions import Function, Scope


def _parsed(_: Scope, values: list[Any]) -> dict[str, Any]:
    network = ipaddress.ip_network(values[0], strict=False)
    found = {
        "network": str(network.network_address), "netmask": str(network.netmask), "cidr": network.prefixlen,
        "firstUsable": str(network.network_address + (1 if network.num_addresses > 2 else 0)),
        "lastUsable": str(network.broadcast_address - (1 if network.num_addresses > 2 else 0)),
    }  # fmt: skip
    return {**found, "broadcast": str(network.broadcast_address)} if network.version == 4 else found


def _subnet(_: Scope, values: list[Any]) -> str:
    network, prefix, at = ipaddress.ip_network(values[0], strict=False), values[1], values[2]
    if not network.prefixlen <= prefix <= network.max_prefixlen or not 0 <= at < 2 ** (prefix - network.prefixlen):
        raise ValueError
    first = int(network.network_address) + at * 2 ** (network.max_prefixlen - prefix)
    return f"{ipaddress.ip_address(first)}/{prefix}"


def _host(_: Scope, values: list[Any]) -> str:
    network, at = ipaddress.ip_network(values[0], strict=False), values[1]
    if not 0 <= at < network.num_addresses - 1:
        raise ValueError
    return str(network.network_address + at + 1)


FUNCTIONS: Mapping[str, Function] = {"parsecidr": _parsed, "cidrsubnet": _subnet, "cidrhost": _host}
