"""What Azure Resource Manager and the resource provider refuse, in their own codes and words."""

from typing import Any, ClassVar

from acrlab.domain.errors import Condition


class ArmCondition(Condition):
    """A refusal of Azure Resource Manager. The provider's own errors end with `"status": "Failed"`."""

    provider: ClassVar[bool] = False
    evidence, source = "inferred", ""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        if self.provider:
            self.fields.setdefault("failed", True)


class ApiVersionMissing(ArmCondition):
    """No api-version."""

    status, arm = 400, "MissingApiVersionParameter"
    message = "The api-version query parameter (?api-version=) is required for all requests."


class ApiVersionInvalid(ArmCondition):
    """An api-version that is not a date."""

    status, arm = 400, "InvalidApiVersionParameter"
    message = "The api-version '{version}' is invalid. The supported versions are '{supported}'."


class ApiVersionUnsupported(ArmCondition):
    """An api-version that the type never had."""

    status, arm = 400, "NoRegisteredProviderFound"
    message = (
        "No registered resource provider found for location '{location}' and API version '{version}' for "
        "type '{type}'. "
        "The supported api-versions are '{supported}'. The supported locations are '{locations}'."
    )
    source = "JulianHayward/Azure-MG-Sub-Governance-Reporting#266 (2024-11)"


class SubscriptionInvalid(ArmCondition):
    """Not a GUID."""

    status, arm = 400, "InvalidSubscriptionId"
    message = "The provided subscription identifier '{subscription}' is malformed or invalid."


class SubscriptionNotFound(ArmCondition):
    """No such subscription in this world."""

    status, arm = 404, "SubscriptionNotFound"
    message = "The subscription '{subscription}' could not be found."
    evidence, source = "recorded", "Azure/azure-cli#33657 (2026-06)"


class ResourceGroupNotFound(ArmCondition):
    """No such group."""

    status, arm = 404, "ResourceGroupNotFound"
    message = "Resource group '{group}' could not be found."


class ResourceNotFound(ArmCondition):
    """No such resource in the group. Fields: type, name, group."""

    status, arm = 404, "ResourceNotFound"
    message = (
        "The Resource '{type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    evidence, source = "recorded", "azure-cli cassettes"


class ParentNotFound(ArmCondition):
    """The parent of a nested resource is missing. Fields: parent, type."""

    status, arm = 404, "ParentResourceNotFound"
    message = (
        "Failed to perform '{verb}' on resource(s) of type '{type}', because the parent resource "
        "'{parent}' could not be found."
    )


class ChildNotFound(ArmCondition):
    """The provider has no such resource."""

    status, arm, provider = 404, "ResourceNotFound", True
    message = "The resource {name} could not be found."
    evidence, source = "recorded", "azure-cli cassette test_repository_token_create (2024-01)"


class OperationNotFound(ArmCondition):
    """No such long-running operation."""

    status, arm, provider = 404, "ResourceNotFound", True
    message = "The resource {name} could not be found."
    evidence = "inferred"


class ResourceTypeInvalid(ArmCondition):
    """The namespace has no such type."""

    status, arm = 404, "InvalidResourceType"
    message = (
        "The resource type '{type}' could not be found in the namespace '{namespace}' for api version '{version}'. "
        "The supported api-versions are '{supported}'."
    )


class NamespaceNotFound(ArmCondition):
    """No such resource provider."""

    status, arm = 404, "InvalidResourceNamespace"
    message = "The resource namespace '{namespace}' is invalid."


class LinkedIdInvalid(ArmCondition):
    """A resource id that is none."""

    status, arm = 400, "LinkedInvalidPropertyId"
    message = (
        "Property id '{id}' is invalid. Expect fully qualified resource Id that start with "
        "'/subscriptions/{{subscriptionId}}' or '/providers/{{resourceProviderNamespace}}/'."
    )


class LocationRequired(ArmCondition):
    """A tracked resource without location."""

    status, arm = 400, "LocationRequired"
    message = "The location property is required for this definition."


class LocationUnavailable(ArmCondition):
    """A region that does not exist or does not have the type. Fields: location, type, regions."""

    status, arm = 400, "LocationNotAvailableForResourceType"
    message = (
        "The provided location '{location}' is not available for resource type '{type}'. "
        "List of available regions for the resource type is '{regions}'."
    )


class GroupLocationUnavailable(ArmCondition):
    """A region that does not exist, for a group."""

    status, arm = 400, "LocationNotAvailableForResourceGroup"
    message = (
        "The provided location '{location}' is not available for resource group. List of available regions "
        "is '{regions}'."
    )
    evidence, source = "recorded", "microsoft/vscode-azureresourcegroups#33 (2020-08); the code is inferred"


class ResourceLocationFixed(ArmCondition):
    """A resource cannot move. Fields: name, location, group, wanted."""

    status, arm = 409, "InvalidResourceLocation"
    message = (
        "The resource '{name}' already exists in location '{location}' in resource group '{group}'. "
        "A resource with the same name cannot be created in location '{wanted}'. Please select a new resource name."
    )
    evidence, source = "recorded", "microsoft/vscode-azurecontainerapps#77 (2022-04)"


class GroupLocationFixed(ArmCondition):
    """A group cannot move. Fields: wanted, location."""

    status, arm = 409, "InvalidResourceGroupLocation"
    message = "Invalid resource group location '{wanted}'. The Resource group already exists in location '{location}'."
    evidence, source = "recorded", "Azure/azure-cli#22242 (2022-05)"


class GroupNameInvalid(ArmCondition):
    """A group name with other characters than those allowed."""

    status, arm = 400, "InvalidResourceGroup"
    message = (
        "The provided resource group name '{name}' has these invalid characters: '{characters}'. "
        "The name can only be a letter, digit, '-', '.', '(', ')' or '_'."
    )
    source = "microsoft/microsoft-foundry-for-vscode#53 (2025-06)"


class GroupNameShape(ArmCondition):
    """A group name that is too long or ends with a period."""

    status, arm = 400, "InvalidResourceGroup"
    message = "The provided resource group name '{name}' is invalid: up to 90 characters, not ending with a period."
    evidence, source = "inferred", ""


class RegistryNameInvalid(ArmCondition):
    """A registry name outside the rule."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "Registry names may contain only alpha numeric characters and must be between 5 and 50 characters"
    evidence, source = "doc", "azure-cli 2.91.0 states the rule in these words; the service's own were not found"


class RegistryNameTaken(ArmCondition):
    """Registry names are global."""

    status, arm, provider = 409, "RegistryNameAlreadyInUse", True
    message = (
        "The registry name {name} is already in use. You can check if the name is already claimed using following API: "
        "https://aka.ms/acr/check-name-availability"
    )
    evidence, source = "recorded", "azure-cli cassettes (2026)"


class SkuClassic(ArmCondition):
    """The retired tier, which a registry without tier asks for, too."""

    status, arm, provider = 400, "ClassicSkuDeprecated", True
    message = (
        "Classic SKU is now deprecated. Please select a managed SKU. Kindly refer to docs for instructions: "
        "https://docs.microsoft.com/en-us/azure/container-registry/container-registry-upgrade"
    )
    evidence, source = "recorded", "hashicorp/terraform-provider-azurerm#17248 (2022-06): a PUT without sku"


class AdminDisabled(ArmCondition):
    """Credentials of an admin user that is switched off."""

    status, arm, provider = 400, "UnAuthorizedForCredentialOperations", True
    message = (
        "Cannot perform credential operations for {id} as admin user is disabled. Kindly enable admin user "
        "as per docs: "
        "https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account"
    )
    evidence, source = "recorded", "hashicorp/terraform-provider-azurerm#21440 (2023-04)"


class PropertyInvalid(ArmCondition):
    """A value outside what the property takes. Fields: reason."""

    status, arm, provider = 400, "InvalidParameter", True
    message = "{reason}"
    evidence, source = "inferred", ""


class PropertyFixed(ArmCondition):
    """A property that is set once, at creation. Fields: property."""

    status, arm, provider = 409, "PropertyChangeNotAllowed", True
    message = "Changing property '{property}' is not allowed: it is set when the registry is created."
    evidence, source = "inferred", ""


class TierRefused(ArmCondition):
    """The tier does not have it. The code comes with the fact. Fields: code, text, evidence."""

    status, provider = 400, True

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.__dict__.update(
            {"arm": fields["code"], "evidence": fields["evidence"], "source": fields.get("source", "")}
        )

    @property
    def text(self) -> str:
        return str(self.fields["text"])


class FilterInvalid(ArmCondition):
    """A $filter outside the grammar."""

    status, arm = 400, "InvalidFilterInQueryString"
    message = "Invalid $filter '{filter}' specified in the query string."
