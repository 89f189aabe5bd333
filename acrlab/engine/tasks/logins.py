"""Credentials of a run for registries other than its own: as they were given, or read from key vaults."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from acrlab.domain.access import Principal
from acrlab.domain.task_errors import TaskInvalid, VaultUnresolved
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
    """The value of a secret by its URL. Raises: TaskInvalid, VaultUnresolved, VaultCondition."""
    host, name, version = _address(url)
    home = vault.find(world, host)
    if home is None:
        raise VaultUnresolved(url=url[:200], host=host)
    access.require(world, home, who, "secrets", "get", name)
    return items.read_secret(world, home, name, version)[1].secret


def _address(url: str) -> tuple[str, str, str]:
    """Host, name and version of a secret. Raises: TaskInvalid."""
    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    kind, name, version, *rest = [*address.path.strip("/").split("/"), "", ""]
    if address.scheme != "https" or not address.hostname or kind != "secrets" or not name or any(rest):
        raise TaskInvalid(what="credentials", reason=f"SecretObject:{url[:200]} is not the URL of a secret")
    return address.hostname, name, version
