"""What Microsoft Entra ID says to a sign-in it does not take: `AADSTSnnnn` and a sentence.

Their `oci` is the OAuth error code, so that `why` shows it.
"""

from typing import ClassVar

from acrlab.domain.errors import Condition

ERROR_CODES = "entra-docs reference-error-codes (2026-01)"
SEEN = "texts quoted in public issues of msal and azure-cli, 2019-2026"


class EntraCondition(Condition):
    """A refusal by the sign-in service: `AADSTSnnnn: …`. Source: entra-docs reference-error-codes."""

    number: ClassVar[int] = 0
    oci: ClassVar[str] = "invalid_request"
    arm: ClassVar[str] = "invalid_request"
    evidence: ClassVar[str] = "doc"
    source: ClassVar[str] = ERROR_CODES

    @property
    def code(self) -> int:
        """The number in the description and in `error_codes`."""
        return self.number

    @property
    def text(self) -> str:
        """The description, without the trace that the wire adds."""
        return f"AADSTS{self.code}: {self.message.format_map(self.fields)}"


class TenantUnknown(EntraCondition):
    """No directory has this id or domain."""

    number, oci = 90002, "invalid_request"
    message = (
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant."
    )


class TenantMissing(EntraCondition):
    """An application signs in to one tenant, never to `common`."""

    number, oci = 50059, "invalid_request"
    message = "No tenant-identifying information found in either the request or implied by any provided credentials."


class ParameterMissing(EntraCondition):
    """A form field that the grant needs."""

    number, oci = 900144, "invalid_request"
    message = "The request body must contain the following parameter: '{name}'."


class ParameterRepeated(EntraCondition):
    """The same field twice."""

    number, oci = 9000411, "invalid_request"
    message = "The request is not properly formatted. The parameter '{name}' is duplicated."


class MethodWrong(EntraCondition):
    """The token endpoint is posted to."""

    number, oci = 900561, "invalid_request"
    message = "The endpoint only accepts {expected} requests. Received a {method} request."


class GrantUnsupported(EntraCondition):
    """A grant type that is not offered."""

    number, oci = 70003, "unsupported_grant_type"
    message = "The app requested an unsupported grant type '{grant}'."


class ResponseTypeUnsupported(EntraCondition):
    """Only the code flow is offered."""

    number, oci = 70005, "unsupported_response_type"
    message = "response_type '{kind}' is not enabled for the application: acrlab answers 'code' only."


class ScopeInvalid(EntraCondition):
    """A scope that names nothing, or two resources at once."""

    number, oci = 70011, "invalid_scope"
    message = (
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
        "'scope' is not valid. The scope {scope} is not valid."
    )


class ScopeNotDefault(EntraCondition):
    """An application asks for everything that it was granted, in one word."""

    number, oci = 1002012, "invalid_scope"
    message = (
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI)."
    )
    evidence, source = "recorded", SEEN


class ResourceUnknown(EntraCondition):
    """Nobody in the tenant offers this resource."""

    number, oci = 500011, "invalid_resource"
    message = (
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant."
    )


class ApplicationUnknown(EntraCondition):
    """No application has this client id."""

    number, oci = 700016, "unauthorized_client"
    message = (
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant."
    )


class SecretInvalid(EntraCondition):
    """The client secret is none of the application's."""

    status = 401
    number, oci = 7000215, "invalid_client"
    message = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        "the client secret ID, for a secret added to app '{client}'."
    )


class SecretExpired(EntraCondition):
    """The secret was right once."""

    status = 401
    number, oci = 7000222, "invalid_client"
    message = (
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for "
        "your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
        "https://aka.ms/certCreds."
    )


class SecretMissing(EntraCondition):
    """A confidential client has to prove who it is."""

    status = 401
    number, oci = 7000216, "invalid_client"
    message = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."


class AssertionInvalid(EntraCondition):
    """A client assertion that nobody trusted has signed."""

    status = 401
    number, oci = 700027, "invalid_client"
    message = (
        "The certificate with identifier used to sign the client assertion is not registered on application. {reason}"
    )


class AssertionMalformed(EntraCondition):
    """A client assertion that is no signed token."""

    status = 401
    number, oci = 50027, "invalid_client"
    message = "JWT token is invalid or malformed: {reason}."


class AssertionOutOfTime(EntraCondition):
    """Expired, or not valid yet."""

    status = 401
    number, oci = 700024, "invalid_client"
    message = (
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {start}, "
        "expiry time of assertion {end}."
    )


class FederationMismatch(EntraCondition):
    """The assertion is genuine, but no federated credential of the application matches it."""

    status = 401
    oci = "invalid_client"
    message = (
        "No matching federated identity record found for presented assertion {claim} '{value}'. Please check your "
        "federated identity credential Subject, Audience and Issuer against the presented assertion. "
        "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    )
    NUMBERS: ClassVar[dict[str, int]] = {"issuer": 700211, "audience": 700212, "subject": 700213}

    @property
    def code(self) -> int:
        return self.NUMBERS[self.fields["claim"]]


class UserUnknown(EntraCondition):
    """No such account in the directory."""

    number, oci = 50034, "invalid_grant"
    message = (
        "The user account {{EUII Hidden}} does not exist in the {tenant} directory. To sign into this application, the "
        "account must be added to the directory."
    )


class PasswordInvalid(EntraCondition):
    """Wrong user name or password."""

    number, oci = 50126, "invalid_grant"
    message = "Error validating credentials due to invalid username or password."


class GrantRevoked(EntraCondition):
    """The password was changed after the refresh token was issued."""

    number, oci = 50173, "invalid_grant"
    message = (
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
        "changed or reset their password."
    )


class GrantExpired(EntraCondition):
    """An authorization code that is too old, or that was never issued."""

    number, oci = 70008, "invalid_grant"
    message = (
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
        "authorization request for this user and resource."
    )


class GrantMalformed(EntraCondition):
    """A code or refresh token that this directory did not issue."""

    number, oci = 9002313, "invalid_grant"
    message = "Invalid request. Request is malformed or invalid."


class RefreshTokenExpired(EntraCondition):
    """A refresh token that lay unused for too long."""

    number, oci = 700082, "invalid_grant"
    message = (
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for "
        "90.00:00:00."
    )


class CodeRedeemed(EntraCondition):
    """An authorization code works once."""

    number, oci = 54005, "invalid_grant"
    message = (
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh "
        "token."
    )


class VerifierInvalid(EntraCondition):
    """PKCE: the verifier is not what the challenge was made of."""

    number, oci = 50148, "invalid_grant"
    message = "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE."


class ReplyAddressMismatch(EntraCondition):
    """A redirect URI that the application does not own: here, any that is not on this machine."""

    number, oci = 50011, "invalid_request"
    message = (
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        "application '{client}'. Make sure the redirect URI sent in the request matches one added to your application "
        "in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to "
        "troubleshoot this error."
    )


class AuthorizationPending(EntraCondition):
    """Nobody has typed the code in yet."""

    number, oci = 70016, "authorization_pending"
    message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."


class AuthorizationDeclined(EntraCondition):
    """Whoever was asked said no."""

    number, oci = 70018, "authorization_declined"
    message = "Invalid verification code due to User typing in wrong user code for device code flow."


class DeviceCodeExpired(EntraCondition):
    """Too late."""

    number, oci = 70019, "expired_token"
    message = "Verification code expired. Have the user retry the sign-in."


class AuthorityUnknown(EntraCondition):
    """Instance discovery for a host that is not Entra's."""

    number, oci = 50049, "invalid_instance"
    message = "Unknown or invalid instance."
