"""The directory: users, applications and managed identities of one tenant."""

import base64
import hmac
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from acrlab.domain import events
from acrlab.domain.access import Principal
from acrlab.domain.entra_errors import (
    ApplicationUnknown,
    PasswordInvalid,
    SecretExpired,
    SecretInvalid,
    UserUnknown,
)
from acrlab.engine.state import Identity

if TYPE_CHECKING:
    from acrlab.engine.world import World

TENANT = "1ab1ab00-0000-4000-8000-00000000ac12"  # of a world that names no other
SUBSCRIPTION = "5ab5ab00-0000-4000-8000-00000000ac12"
DOMAIN = "learner.onmicrosoft.com"
ORGANIZATION = "Default Directory"
USER, APPLICATION, MANAGED = "user", "servicePrincipal", "managedIdentity"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"  # the client that a user signed in with when nothing says otherwise
SIGNS_IN = (APPLICATION, MANAGED)  # with a client id; a registration alone cannot
SECRET = 30  # bytes of entropy: 40 characters
SECRET_LIFE = 365 * 86400.0  # seconds. Source: az ad sp create-for-rbac, default one year

# The assertion that a workload brings instead of a secret.
FEDERATION_ISSUER = "https://federation.acrlab.localhost/"
FEDERATION_SUBJECT = "system:serviceaccount:default:acrlab"
FEDERATION_AUDIENCE = "api://AzureADTokenExchange"


class Seed(msgspec.Struct, frozen=True):
    """Somebody who is there from the start. `role` is what they hold on the subscription."""

    name: str
    kind: str
    role: str
    title: str
    system: bool = False  # assigned to the machine itself, gone with it
    federated: bool = False


SEEDED = (
    Seed(f"owner@{DOMAIN}", USER, "Owner", "Olivia Owner"),
    Seed(f"reader@{DOMAIN}", USER, "Reader", "Rajesh Reader"),
    Seed("acrlab-sp", APPLICATION, "Owner", "acrlab-sp", federated=True),
    Seed("acrlab-reader-sp", APPLICATION, "Reader", "acrlab-reader-sp"),
    Seed("acrlab-identity", MANAGED, "AcrPull", "acrlab-identity"),
    Seed("acrlab-vm", MANAGED, "Contributor", "acrlab-vm", system=True),
)
OWNER = SEEDED[0]


def identity_id(tenant: str, name: str) -> str:
    """The object id of a seeded principal: the same in every world of the tenant."""
    return str(uuid.uuid5(uuid.UUID(tenant), f"principal/{name}"))


def app_id(tenant: str, name: str) -> str:
    """The client id of a seeded application or managed identity."""
    return str(uuid.uuid5(uuid.UUID(tenant), f"application/{name}"))


def seed(world: "World") -> tuple[events.PrincipalAdded, ...]:
    """The events that fill a new directory; for the same commit as the world's first event."""
    return tuple(_added(world, row) for row in SEEDED)


def _added(world: "World", row: Seed) -> events.PrincipalAdded:
    tenant = world.state.tenant or TENANT
    secrets = {} if row.kind == MANAGED else {"default": new_secret(world)}
    properties: dict[str, object] = {"displayName": row.title, "role": row.role, "createdAt": world.now()}
    if row.kind == MANAGED:
        properties["system"] = row.system
    if row.kind == APPLICATION:
        properties["objectId"] = identity_id(tenant, f"application/{row.name}")
    if row.role == "Owner":
        properties["writesDirectory"] = True
    if row.federated:
        properties["federated"] = {
            "issuer": FEDERATION_ISSUER, "subject": FEDERATION_SUBJECT, "audience": FEDERATION_AUDIENCE,
        }  # fmt: skip
    return events.PrincipalAdded(
        at=world.now(), id=identity_id(tenant, row.name), kind=row.kind, name=row.name, tenant=tenant,
        app_id="" if row.kind == USER else app_id(tenant, row.name), secrets=secrets, properties=properties,
    )  # fmt: skip


def new_secret(world: "World") -> str:
    """A fresh secret: ASCII that needs no quoting in a shell, an environment file or a URL.

    Never begins with a dash: `az login -p -x` would take it for an option.
    """
    text = base64.urlsafe_b64encode(world.random(SECRET)).decode()
    return text if text[0] not in "-_" else f"a{text[1:]}"


# Finding


def everybody(world: "World") -> Iterator[Identity]:
    """All principals, by name."""
    yield from sorted(world.state.principals.values(), key=lambda each: (each.name, each.id))


def find(world: "World", key: str) -> Identity | None:
    """A principal by object id, client id or name, in that order."""
    return world.state.principals.get(key) or find_app(world, key) or find_named(world, key)


def find_app(world: "World", client: str) -> Identity | None:
    """A service principal or managed identity by its client id."""
    wanted = client.lower()
    found = (each for each in world.state.principals.values() if each.app_id == wanted and each.kind in SIGNS_IN)
    return next(found, None)


def find_user(world: "World", name: str) -> Identity | None:
    """A user by the user principal name; case does not matter."""
    wanted = name.lower()
    found = (each for each in world.state.principals.values() if each.kind == USER and each.name.lower() == wanted)
    return next(found, None)


def find_named(world: "World", name: str) -> Identity | None:
    """A principal by its name."""
    return next((each for each in everybody(world) if each.name == name), None)


def seeded(world: "World", name: str) -> Identity:
    """One of those who are there from the start. Raises: KeyError when it was removed."""
    return world.state.principals[identity_id(world.state.tenant, name)]


def principal(identity: Identity) -> Principal:
    """Who the identity is, without its secrets."""
    return Principal(identity.id, identity.kind, identity.name, identity.app_id, identity.tenant)


def secret(identity: Identity) -> str:
    """The first secret or password, for the environment of whoever started the emulator."""
    return next(iter(identity.secrets.values()), "")


# Proving


def authenticate_app(world: "World", client: str, given: str) -> Principal:
    """The service principal with that client id and secret.

    Raises: ApplicationUnknown, SecretInvalid, SecretExpired.
    """
    identity = find_app(world, client)
    if identity is None:
        raise ApplicationUnknown(client=client, tenant=ORGANIZATION).why(
            f"no application of this directory has the client id {client}"
        )
    names = _matching(identity, given)
    if not names:
        raise SecretInvalid(client=identity.app_id).why(
            f"application {identity.name} has {len(identity.secrets)} secret(s); none is the one that was sent"
        )
    expiries = identity.properties.get("expires", {})
    if all(name in expiries and expiries[name] <= world.now() for name in names):
        raise SecretExpired(client=identity.app_id).why(f"the secret of {identity.name} has expired")
    return principal(identity)


def authenticate_user(world: "World", name: str, password: str) -> Principal:
    """The user with that name and password.

    Raises: UserUnknown, PasswordInvalid.
    """
    identity = find_user(world, name)
    if identity is None:
        raise UserUnknown(tenant=ORGANIZATION).why(f"the directory has no user {name}")
    if not _matching(identity, password):
        raise PasswordInvalid().why(f"the user {identity.name} exists, the password is another one")
    return principal(identity)


def same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that says nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def _matching(identity: Identity, given: str) -> list[str]:
    return [name for name, known in identity.secrets.items() if same(given, known)]
