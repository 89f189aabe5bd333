"""The admin user of a registry: one name, two passwords, either of which can be replaced."""

from typing import Any

from acrlab.domain import events
from acrlab.domain.arm_errors import AdminDisabled, PropertyInvalid
from acrlab.domain.registry import Field, read
from acrlab.engine.ask import Ask
from acrlab.engine.state import Registry
from acrlab.engine.world import World

PASSWORDS = ("password", "password2")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def password(world: World) -> str:
    """52 characters in the shape of Azure's identifiable keys.

    Source: microsoft/security-utilities, the pattern of registry passwords.
    """
    letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in world.random(48))
    return f"{letters[:42]}+ACR{'ABCD'[world.random(1)[0] % 4]}{letters[42:47]}"


def credentials(ask: Ask) -> dict[str, Any]:
    """The admin user's name and passwords. Raises: AdminDisabled."""
    registry = _administered(ask)
    pairs = zip(PASSWORDS, registry.passwords, strict=True)
    return {"username": ask.id.name, "passwords": [{"name": name, "value": value} for name, value in pairs]}


_REGENERATE = Field(
    kind="object", label="RegenerateCredentialParameters", fields={"name": Field(kind="string", values=PASSWORDS)}
)


def regenerate(ask: Ask) -> dict[str, Any]:
    """Replace one of the two passwords; the other goes on working.

    Raises: AdminDisabled, BodyInvalid, PropertyInvalid.
    """
    registry = _administered(ask)
    given = read(_REGENERATE, ask.given, ask.version, kind="regenerateCredential")
    if "name" not in given:
        raise PropertyInvalid(reason="The name of the password to regenerate is required: password or password2.")
    changed = events.CredentialRegenerated(
        at=ask.world.now(), by=ask.by, registry=registry.name, index=PASSWORDS.index(given["name"]),
        password=password(ask.world),
    )  # fmt: skip
    ask.world.commit(changed)
    return credentials(ask)


def _administered(ask: Ask) -> Registry:
    registry = ask.world.state.registries[ask.id.name.lower()]
    resource = ask.world.state.resources[registry.resource.lower()]
    if not resource.body["properties"]["adminUserEnabled"]:
        raise AdminDisabled(id=str(ask.id)).why("properties.adminUserEnabled is false")
    return registry
