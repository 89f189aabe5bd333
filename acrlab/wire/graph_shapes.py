"""The objects of the directory as Microsoft Graph shows them. Source: Microsoft Graph v1.0, resource types (2025)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from acrlab.engine import applications, directory
from acrlab.engine.state import Identity

Shape = dict[str, Any]


def user(identity: Identity) -> Shape:
    """A user."""
    given, _, family = str(identity.properties.get("displayName", identity.name)).partition(" ")
    return {
        "id": identity.id, "displayName": identity.properties.get("displayName", identity.name), "givenName": given,
        "surname": family or None, "userPrincipalName": identity.name, "mail": None, "jobTitle": None,
        "mobilePhone": None, "officeLocation": None, "preferredLanguage": None, "businessPhones": [],
    }  # fmt: skip


def service_principal(identity: Identity) -> Shape:
    """A service principal, or a managed identity."""
    managed = identity.kind == directory.MANAGED
    return {
        "id": identity.id, "accountEnabled": True, "appId": identity.app_id, "appDisplayName": identity.name,
        "displayName": identity.properties.get("displayName", identity.name),
        "appOwnerOrganizationId": identity.tenant, "servicePrincipalNames": [identity.app_id],
        "servicePrincipalType": "ManagedIdentity" if managed else "Application", "alternativeNames": [], "tags": [],
    }  # fmt: skip


def application(identity: Identity) -> Shape:
    """An application registration. Its secrets are never shown again."""
    return {
        "id": identity.id, "appId": identity.app_id, "displayName": identity.name, "identifierUris": [],
        "createdDateTime": moment(identity.properties.get("createdAt", 0.0)), "signInAudience": "AzureADMyOrg",
        "passwordCredentials": [_credential(identity, name) for name in identity.secrets], "keyCredentials": [],
        "requiredResourceAccess": [], "appRoles": [], "web": {"redirectUris": []},
    }  # fmt: skip


def _credential(identity: Identity, name: str) -> Shape:
    end = identity.properties.get("expires", {}).get(name, identity.properties.get("createdAt", 0.0))
    return {
        "keyId": name, "displayName": identity.properties.get("titles", {}).get(name),
        "endDateTime": moment(end or directory.SECRET_LIFE), "hint": identity.secrets[name][:3], "secretText": None,
    }  # fmt: skip


def moment(seconds: float) -> str:
    """A moment as Graph writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


_TYPES: dict[str, tuple[str, Callable[[Identity], Shape]]] = {
    directory.USER: ("user", user),
    directory.APPLICATION: ("servicePrincipal", service_principal),
    directory.MANAGED: ("servicePrincipal", service_principal),
    applications.REGISTRATION: ("application", application),
}


def typed(identity: Identity) -> Shape:
    """An object among others, with its type."""
    name, shape = _TYPES[identity.kind]
    return {"@odata.type": f"#microsoft.graph.{name}", **shape(identity)}
