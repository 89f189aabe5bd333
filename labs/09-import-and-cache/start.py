"""A partner's registry that lets a token pull, and a vault with the token's name and password."""

import os
import uuid

from acrlab.course.beginning import LOCATION
from acrlab.course.rest import Rest, held
from acrlab.domain import roles

PARTNER, VAULT, TOKEN = "contosolab09ext", "contosolab09vault", "lab09-reader"
HOST = f"https://{VAULT}.vault.azure.net"
MAY = "Key Vault Secrets Officer"


def begin(rest: Rest, group: str) -> None:
    """Make the token, and put it into the vault."""
    home = rest.registry_path(group, PARTNER)
    id = f"/subscriptions/{rest.subscription}{home}"
    scope_map = {"scopeMapId": f"{id}/scopeMaps/_repositories_pull"}
    rest.arm("PUT", f"{home}/tokens/{TOKEN}", {"properties": scope_map})
    wanted = {"tokenId": f"{id}/tokens/{TOKEN}", "name": "password1"}
    made = rest.arm("POST", f"{home}/generateCredentials", wanted)
    place = f"/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{VAULT}"
    properties = {
        "tenantId": os.environ["AZURE_TENANT_ID"], "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
    }  # fmt: skip
    rest.arm("PUT", place, {"location": LOCATION, "properties": properties}, version="2023-02-01")
    allow(rest, place)
    headers = {"authorization": f"Bearer {rest.token('https://vault.azure.net')}"}
    for name, value in (("partner-user", TOKEN), ("partner-key", made["passwords"][0]["value"])):
        url = f"{HOST}/secrets/{name}"
        held(rest.session.put(url, params={"api-version": "7.4"}, json={"value": value}, headers=headers))


def allow(rest: Rest, vault: str) -> None:
    """Let the environment's own application use the vault's secrets."""
    client = os.environ["AZURE_CLIENT_ID"]
    mine = rest.graph("GET", f"/servicePrincipals?$filter=appId eq '{client}'")["value"][0]["id"]
    found = roles.find(MAY)
    assert found is not None
    rest.assign(vault, found.id, mine, str(uuid.uuid5(uuid.NAMESPACE_URL, f"{vault}/{mine}")))
