"""What Key Vault refuses: in Resource Manager, and at the vault itself."""

from typing import ClassVar

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.errors import Condition


class VaultNameInvalid(ArmCondition):
    """A name outside the rule."""

    status, arm = 400, "VaultNameNotValid"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        "The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name "
        "must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. "
        "Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742"
    )


class VaultNameTaken(ArmCondition):
    """Names of vaults are global."""

    status, arm = 409, "VaultAlreadyExists"
    message = (
        "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name "
        "is already taken. If you are sure that the vault name was not taken then it is possible that a vault with "
        "the same name was recently deleted but not purged after being placed in a recoverable state. "
        "Follow this link for more information https://go.microsoft.com/fwlink/?linkid=2147740"
    )
    source = "answers of the service in public documents; the second half is quoted after `az keyvault check-name`"


class PurgeProtectionFixed(ArmCondition):
    """Purge protection cannot be taken back."""

    status, arm = 400, "BadRequest"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an '
        "irreversible action."
    )


class VaultCondition(Condition):
    """A refusal of the vault itself: `code` of the error, and of the inner one."""

    status, oci, arm = 400, "BadParameter", "BadParameter"
    inner: ClassVar[str] = ""
    evidence, source = "inferred", ""


class VaultUnknown(VaultCondition):
    """No vault answers at that host. On Azure its name does not resolve."""

    status, oci = 404, "VaultNotFound"
    message = "No key vault of this world answers at {host}."
    evidence, source = "inferred", ""


class VaultRequestInvalid(VaultCondition):
    """A body, a name or a parameter that the vault does not take."""

    message = "{reason}"
    evidence = "inferred"


class VaultUnauthorized(VaultCondition):
    """No token, or one that does not hold; the challenge says where to get one."""

    status, oci = 401, "Unauthorized"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = "{reason}"


class VaultForbidden(VaultCondition):
    """The caller lacks the data action. Fields: caller, action, resource, vault."""

    status, oci, inner = 403, "Forbidden", "ForbiddenByRbac"
    message = (
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        "definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\n"
        "Action: '{action}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
        "DecisionReason: null \r\nVault: {vault}\r\n"
    )
    source = "hashicorp/terraform-provider-azurerm#27817 (2024)"


class VaultPolicyMissing(VaultCondition):
    """No access policy gives the permission. Fields: caller, kind, permission, vault."""

    status, oci, inner = 403, "Forbidden", "AccessDenied"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        "The user, group or application '{caller}' does not have {kind} {permission} permission on key vault "
        "'{vault}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
    )


class VaultItemNotFound(VaultCondition):
    """No such secret or key. Fields: title, name."""

    status = 404
    evidence, source = "inferred", "worded after the service, not looked up"
    message = (
        "A {title} with (name/id) {name} was not found in this key vault. If you recently deleted this {title} you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182"
    )

    @property
    def oci_code(self) -> str:
        return f"{str(self.fields['title']).capitalize()}NotFound"


class VaultItemDisabled(VaultCondition):
    """It exists, and is switched off or not valid now. Fields: title."""

    status, oci, inner = 403, "Forbidden", "SecretDisabled"
    evidence, source = "inferred", "worded after the service, not looked up"
    message = "Operation get is not allowed on a disabled {title}."


class VaultItemRecoverable(VaultCondition):
    """The name belongs to something deleted. Fields: title, name."""

    status, oci, inner = 409, "Conflict", "ObjectIsDeletedButRecoverable"
    message = (
        "{title} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, "
        "the {title} can only be recovered or purged."
    )
    source = "Azure/azure-rest-api-specs#9222 (2020-04)"


class VaultPurgeRefused(VaultCondition):
    """Purge protection holds."""

    status, oci, inner = 403, "Forbidden", "ForbiddenByPolicy"
    message = 'Operation "purge" is not allowed because purge protection is enabled for this vault.'
    evidence = "inferred"


# Customer-managed keys of a registry


class EncryptionKeyInvalid(ArmCondition):
    """A key that a registry cannot be encrypted with. Fields: reason."""

    status, arm, provider = 400, "InvalidEncryptionKey", True
    message = "{reason}"
    evidence, source = "inferred", "tutorial-customer-managed-keys (2023-10) names the conditions, not the code"


class EncryptionFixed(ArmCondition):
    """Decided when the registry is created."""

    status, arm, provider = 400, "EncryptionChangeNotAllowed", True
    message = "Encryption with a customer-managed key can be enabled only when a registry is created, and not disabled."
    evidence, source = "inferred", "tutorial-customer-managed-keys (2023-10): only at creation, not to be taken back"


class EncryptionIdentityNeeded(ArmCondition):
    """The identity that the key is unwrapped with would be taken away. Fields: resource, identity, name."""

    status, arm, provider = 400, "EncryptionIdentityNeeded", True
    message = (
        "Azure resource '{resource}' does not have access to identity '{identity}' Try forcibly adding the identity to "
        "the registry {name}. For more information on bring your own key, please visit 'https://aka.ms/acr/cmk'."
    )
    evidence, source = "doc", "tutorial-troubleshoot-customer-managed-keys (2023-10) has the words, not the code"


class EncryptionKeyUnusable(Condition):
    """The registry cannot unwrap its data."""

    status, oci, arm = 403, "DENIED", "Forbidden"
    message = "the registry's customer-managed key cannot be used: {reason}"
    evidence = "inferred"
    source = "tutorial-rotate-revoke-customer-managed-keys (2023-10): revoking the key blocks access to registry data"
