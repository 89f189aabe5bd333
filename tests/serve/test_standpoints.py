"""A client says to the proxy where it stands, and is judged by it: real connections, every door."""

import base64
import urllib.parse

import pytest
import requests

from acrlab.emulator import Emulator
from acrlab.engine import directory, entra
from acrlab.serve import standpoints


@pytest.mark.parametrize("place", ["office/desks", "198.51.100.7", "2001:db8::1", "a_b.c/d-e"])
def test_a_place_survives_the_url(place: str) -> None:
    user, _, _ = standpoints.credentials(place).partition("@")
    header = "Basic " + base64.b64encode(urllib.parse.unquote(user).encode()).decode()
    assert standpoints.told([("proxy-authorization", header)]) == place


@pytest.mark.parametrize("place", ["", "office", "office/", "/desks", "a/b/c", "x" * 90 + "/a", "1.2.3", "a b/c"])
def test_places_that_are_none(place: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        standpoints.checked(place)


def test_the_firewall_sees_where_a_client_stands() -> None:
    with Emulator(sealed=True) as emulator:
        world, home = emulator.world, _closed(emulator, "198.51.100.0/24")
        for place, status in (("", 403), ("198.51.100.7", 401), ("192.0.2.1", 403), ("198.51.100.7", 401)):
            variables = emulator.environment(place)
            with requests.Session() as session:
                session.trust_env = False
                session.proxies = {"https": variables["HTTPS_PROXY"], "http": variables["HTTPS_PROXY"]}
                session.verify = variables["REQUESTS_CA_BUNDLE"]
                for _ in range(3):  # a remembered answer must not be somebody else's
                    assert session.get(f"https://{home}/v2/").status_code == status
        told = [line for each in world.refusals for line in each.lines()]
        assert any("rules for addresses: 198.51.100.0/24" in line for line in told)
        bad = requests.get(f"http://{home}/v2/", proxies={"http": _proxy(emulator, "no where:x")}, timeout=10)
        assert bad.status_code == 400


def _proxy(emulator: Emulator, user: str) -> str:
    name, _, word = user.partition(":")
    return f"http://{urllib.parse.quote(name)}:{word}@127.0.0.1:{emulator.doors.ports['proxy']}"


def _closed(emulator: Emulator, rule: str) -> str:
    """The login server of a registry that lets nobody in but those of a rule."""
    world = emulator.world
    owner = directory.principal(directory.seeded(world, "acrlab-sp"))
    bearer = {"authorization": f"Bearer {entra.issue(world, owner, 'https://management.azure.com')}"}
    group = f"https://management.azure.com/subscriptions/{world.state.subscription}/resourceGroups/lab"
    rules = {"defaultAction": "Deny", "ipRules": [{"value": rule}]}
    registry = {"location": "westus", "sku": {"name": "Premium"}, "properties": {"networkRuleSet": rules}}
    variables = emulator.environment()
    path = f"{group}/providers/Microsoft.ContainerRegistry/registries/contoso"
    for url, body in ((group, {"location": "westus"}), (path, registry)):
        answer = requests.put(
            f"{url}?api-version=2025-11-01", json=body, headers=bearer, timeout=10,
            proxies={"https": variables["HTTPS_PROXY"]}, verify=variables["REQUESTS_CA_BUNDLE"],
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
    return "contoso.azurecr.io"
