"""The office's virtual network: desks for people, links for endpoints."""

from acrlab.course.beginning import LOCATION
from acrlab.course.rest import Rest

VERSION = "2024-05-01"
SUBNETS = {"desks": "10.0.1.0/24", "links": "10.0.2.0/24"}


def begin(rest: Rest, group: str) -> None:
    """Make the network with both subnets."""
    subnets = [{"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in SUBNETS.items()]
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}
    path = f"/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/office"
    rest.arm("PUT", path, {"location": LOCATION, "properties": properties}, version=VERSION)
