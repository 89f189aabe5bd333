"""What Microsoft.Network refuses, and a registry's firewall."""

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.errors import Condition


class NetworkDenied(Condition):
    """The registry's firewall does not let this client in. Fields: address."""

    status, oci, arm = 403, "DENIED", "Forbidden"
    message = "client with IP '{address}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."
    evidence, source = "recorded", "container-registry support articles, access restricted by firewall (2024-07)"


class PrefixInvalid(ArmCondition):
    """Not a range of addresses. Fields: prefix, name."""

    status, arm = 400, "InvalidAddressPrefixFormat"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        "Address prefix {prefix} of resource {name} is not formatted correctly. "
        "It should follow CIDR notation, for example 10.0.0.0/24."
    )


class SubnetOutside(ArmCondition):
    """A subnet outside its network. Fields: subnet, network."""

    status, arm = 400, "NetcfgInvalidSubnet"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = "Subnet '{subnet}' is not valid in virtual network '{network}'."


class SubnetsOverlap(ArmCondition):
    """Two subnets share addresses. Fields: subnet, network."""

    status, arm = 400, "NetcfgSubnetRangesOverlap"
    message = (
        "Subnet '{subnet}' is not valid because its IP address range overlaps with that of an existing subnet "
        "in virtual network '{network}'."
    )
    source = "answers of the service in public logs of az and terraform-provider-azurerm"


class SubnetInUse(ArmCondition):
    """A private endpoint stands in it. Fields: subnet, user."""

    status, arm = 400, "InUseSubnetCannotBeDeleted"
    message = (
        "Subnet {subnet} is in use by {user} and cannot be deleted. In order to delete the subnet, delete all the "
        "resources within the subnet. See aka.ms/deletesubnet."
    )
    source = "Azure/bicep#13267 (2024-02)"


class SubnetFull(ArmCondition):
    """No address is left. Fields: subnet, wanted."""

    status, arm = 400, "SubnetIsFull"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = "Subnet {subnet} does not have enough capacity for {wanted} IP addresses."


class ReferenceInvalid(ArmCondition):
    """A resource that another one refers to does not exist. Fields: id, by."""

    status, arm = 400, "InvalidResourceReference"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        "Resource {id} referenced by resource {by} was not found. Please make sure that the referenced resource "
        "exists, and that both resources are in the same region."
    )


class PrivateLinkInvalid(ArmCondition):
    """A private endpoint asks for what private link does not offer here. Fields: reason."""

    status, arm = 400, "PrivateLinkServiceConnectionInvalid"
    message = "{reason}"
    evidence, source = "inferred", ""


class ApprovalRefused(ArmCondition):
    """The caller may not approve its own connection. Fields: client, id, action, scope."""

    status, arm = 403, "LinkedAuthorizationFailed"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        "The client with object id '{id}' has permission to perform action "
        "'Microsoft.Network/privateEndpoints/write' on scope '{endpoint}'; however, it does not have permission to "
        "perform action '{action}' on the linked scope(s) '{scope}' or the linked scope(s) are invalid."
    )


class ConnectionFixed(ArmCondition):
    """Connections are made by private endpoints; a registry only judges them. Fields: reason."""

    status, arm, provider = 400, "InvalidPrivateEndpointConnection", True
    message = "{reason}"
    evidence, source = "inferred", ""


class PrivateEndpointsLeft(ArmCondition):
    """A registry goes after its private endpoints. Fields: name, connections."""

    status, arm, provider = 409, "RegistryHasPrivateEndpointConnections", True
    message = "The registry {name} cannot be deleted while it has private endpoint connections: {connections}."
    evidence, source = "inferred", "container-registry support articles: deletion fails until they are removed"


class RecordInvalid(ArmCondition):
    """A record set that is none. Fields: reason."""

    status, arm = 400, "BadRequest"
    message = "{reason}"
    evidence, source = "inferred", ""
