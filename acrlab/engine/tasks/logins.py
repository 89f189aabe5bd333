"""Credentials of a run for registries other than its own: as they were given, or read from key vaults."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acrlab.domain.access import Principal
from acrlab.domain.task_errors import TaskInvalid
from acrlab.engine.state import Resource
from acrlab.engine.tasks import orders
from acrlab.engine.vaults import access, items, vault

if TYPE_CHECKING:
    from acrlab.engine.world import World


def of(world: "World", run: Resource) -> dict[str, tuple[str, str]]:
    """Login server -> user and password. Raises: TaskInvalid, and what a vault refuses."""
    credentials = run.body["request"].get("credentials") or {}
    found: dict[str, tuple[str, str]] = {}
    for host, given in (credentials.get("customRegistries") or {}).items():
        if given and given.get("userName") and given.get("password"):
            found[host.lower()] = _value(world, run, given, "userName"), _value(world, run, given, "password")
    return found


def _value(world: "World", run: Resource, given: dict[str, Any], name: str) -> str:
    secret = given[name]
    text = str(secret.get("value") or "")
    if secret.get("type") != "Vaultsecret":
        return text
    who = orders.vault_reader(world, run, "" if given.get("identity") in (None, orders.SYSTEM) else given["identity"])
    return read(world, text, who)


def read(world: "World", url: str, who: Principal) -> str:
    """The value of a secret by its URL. Raises: TaskInvalid, VaultCondition."""
    address = urlsplit(url)
    parts = address.path.strip("/").split("/")
    home = vault.find(world, address.hostname or "")
    if address.scheme != "https" or len(parts) not in (2, 3) or parts[0] != "secrets" or home is None:
        raise TaskInvalid(what="credentials", reason=f"SecretObject:{url[:200]} is not the URL of a secret")
    access.require(world, home, who, "secrets", "get", parts[1])
    return items.read_secret(world, home, parts[1], parts[2] if len(parts) == 3 else "")[1].secret
