"""What services say of credentials they do not take: Resource Manager, registries, the machine, Graph."""

from acrlab.domain.errors import Condition

# What services say of Entra tokens: Resource Manager's words; Graph has one code for all of them.


class TokenRefused(Condition):
    """A bearer token that does not hold."""

    status, oci, arm = 401, "InvalidAuthenticationToken", "InvalidAuthenticationToken"
    message = "The access token is invalid."
    evidence, source = "recorded", "answers of Resource Manager in public issues of azure-cli and the SDKs, 2017-2026"


class AuthenticationMissing(TokenRefused):
    """No bearer token at all."""

    arm = "AuthenticationFailed"
    message = "Authentication failed. The 'Authorization' header is missing."


class AuthenticationSchemeInvalid(TokenRefused):
    """A header that is not a bearer token."""

    arm = "AuthenticationFailedInvalidHeader"
    message = "Authentication failed. The 'Authorization' header is provided in an invalid format."


class TokenExpired(TokenRefused):
    """It was good until a moment ago."""

    arm = "ExpiredAuthenticationToken"
    message = "The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'."


class TokenNotYetValid(TokenRefused):
    """It will be good later: clocks disagree."""

    message = "The access token is not yet valid: its start '{start}' is later than current UTC time '{now}'."
    evidence = "inferred"


class TokenAudienceWrong(TokenRefused):
    """Meant for another service."""

    arm = "InvalidAuthenticationTokenAudience"
    message = (
        "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with "
        "one of the allowed audiences {allowed}."
    )


class TokenTenantWrong(TokenRefused):
    """Issued by another directory."""

    arm = "InvalidAuthenticationTokenTenant"
    message = (
        "The access token is from the wrong issuer '{issuer}'. It must match the tenant '{expected}' associated with "
        "this subscription. Please use the authority (URL) 'https://login.windows.net/{tenant}' to get the token. "
        "Note, if the subscription is transferred to another tenant there is no impact to the services, but "
        "information about new tenant could take time to propagate (up to an hour). If you just transferred your "
        "subscription and see this error message, please try back later."
    )


class TokenMalformed(Condition):
    """Not a token that this key has signed. Whoever verifies turns it into an answer of its own."""

    status, oci, arm = 401, "InvalidAuthenticationToken", "InvalidAuthenticationToken"
    message = "{reason}"
    evidence, source = "spec", "RFC 7515, RFC 7519, RFC 8725"


# The registry's token server


class TokenRequestInvalid(Condition):
    """A form that asks for no token that the registry hands out."""

    status, oci, arm = 400, "UNSUPPORTED", "BadRequest"
    message = "{reason}"
    evidence, source = "inferred", "Azure/acr docs AAD-OAuth.md names the fields; the texts are acrlab's"


# Managed identities


class IdentityRequestInvalid(Condition):
    """The instance metadata service does not take the request."""

    status, oci, arm = 400, "invalid_request", "BadRequest"
    message = "{reason}"
    evidence, source = "doc", "entra-docs how-to-use-vm-token (2025-05); azure-identity 1.27 and msal 1.39 sources"


class IdentityNotFound(IdentityRequestInvalid):
    """No identity of that name is assigned to this machine."""

    message = "Identity not found"


class IdentityHeaderInvalid(IdentityRequestInvalid):
    """The App Service endpoint is for who knows the machine's secret."""

    status = 401
    oci = "invalid_client"
    message = "The X-IDENTITY-HEADER is missing or is not the value of IDENTITY_HEADER."


# Graph


class GraphCondition(Condition):
    """A refusal by Microsoft Graph."""

    status, oci, arm = 400, "BadRequest", "BadRequest"
    message = "{reason}"
    evidence, source = "doc", "Microsoft Graph v1.0, error responses (2025)"


class DirectoryObjectUnknown(GraphCondition):
    """Nothing in the directory has this id."""

    status, oci = 404, "Request_ResourceNotFound"
    message = "Resource '{id}' does not exist or one of its queried reference-property objects are not present."


class GraphDenied(GraphCondition):
    """The caller may not change the directory."""

    status, oci = 403, "Authorization_RequestDenied"
    message = "Insufficient privileges to complete the operation."
