"""The two clouds: which one is meant, what they share, and what only one of them can do."""

import os
import subprocess
import sys

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

import acrlab
from acrlab.client.cloud import Cloud, CloudMisconfigured, EmulatorOnly, connect
from acrlab.client.control import ControlRefused, NotRunning
from acrlab.client.image import Image
from acrlab.emulator import Emulator

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def azure(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setenv("ACRLAB_CLOUD", "azure")
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
    return connect()


def test_the_emulator_of_the_environment_is_used(emulator: Emulator, cloud: Cloud) -> None:
    assert cloud.emulated
    assert cloud.subscription == emulator.world.state.subscription
    cloud.registry("contoso")
    assert "contoso" in emulator.world.state.registries


def test_without_one_a_world_begins_in_the_process() -> None:
    script = (
        "import os, acrlab, subprocess, sys\n"
        "cloud = acrlab.connect()\n"
        "print(cloud.registry('contoso').login_server, cloud.emulated)\n"
        "import requests\n"
        "print(requests.get('https://contoso.azurecr.io/v2/').status_code)\n"
        "print(acrlab.connect().registries()[0].name)\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ACRLAB_", "AZURE_"))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=clean, check=False)
    assert done.stdout.splitlines() == ["contoso.azurecr.io True", "401", "contoso"]
    assert (done.returncode, done.stderr) == (0, "")


def test_an_emulator_that_is_gone_is_said(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACRLAB_ENDPOINT", "http://localhost:9")
    monkeypatch.setenv("ACRLAB_CONTROL", "none")
    with pytest.raises(NotRunning, match="no emulator answers at http://localhost:9"):
        connect()


def test_azure_needs_a_subscription(elsewhere: None) -> None:
    with pytest.raises(CloudMisconfigured, match="needs AZURE_SUBSCRIPTION_ID"):
        connect("azure")


def test_azure_is_not_reached_through_the_emulators_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACRLAB_CLOUD", "azure")
    with pytest.raises(CloudMisconfigured, match="every Azure host leads to the emulator"):
        connect()


def test_another_cloud_is_unknown(elsewhere: None) -> None:
    with pytest.raises(CloudMisconfigured, match="ACRLAB_CLOUD is 'gcp': set it to emulated or azure"):
        connect("gcp")


def test_azure_has_the_same_clients_and_none_of_the_powers(azure: Cloud) -> None:
    with azure:
        assert isinstance(azure.arm, ContainerRegistryManagementClient)
        assert azure.arm._config.subscription_id == SUBSCRIPTION
        assert not azure.emulated
        for power in (lambda: azure.emulator, azure.requests):
            with pytest.raises(EmulatorOnly, match="this is Azure"):
                power()


def test_names_are_unique_on_azure_and_stay_so(azure: Cloud, emulator: Emulator) -> None:
    assert azure.unique("contoso") == azure.unique("contoso")
    assert azure.unique("contoso").startswith("contoso")
    assert len(azure.unique("contoso")) == len("contoso") + 6


def test_names_are_as_they_are_on_the_emulator(cloud: Cloud) -> None:
    assert cloud.unique("contoso") == "contoso"


def test_a_registry_is_created_once(cloud: Cloud) -> None:
    first = cloud.registry("contoso", tier="Standard", location="northeurope", group="mine")
    again = cloud.registry("contoso", group="mine")
    assert (again.tier, again.properties.location, again.group) == ("Standard", "northeurope", "mine")
    assert first.properties.creation_date == again.properties.creation_date
    assert [each.name for each in cloud.registries()] == ["contoso"]


def test_registries_are_listed_by_name(cloud: Cloud) -> None:
    assert repr(cloud.registries()) == "registries\nno registries"
    for name in ("fabrikam", "contoso"):
        cloud.registry(name)
    assert repr(cloud.registries()).splitlines()[3:] == [
        "contoso   contoso.azurecr.io   Basic  westeurope  acrlab-sandbox",
        "fabrikam  fabrikam.azurecr.io  Basic  westeurope  acrlab-sandbox",
    ]


def test_fresh_empties_the_labs_group_and_no_other(cloud: Cloud) -> None:
    cloud.registry("other", group="acrlab-other")
    for _ in range(2):
        shown = repr(cloud.fresh("one"))
        assert shown == "resource group acrlab-one\nlocation  westeurope\nholds     nothing yet"
        assert [each.name for each in cloud.registries()] == ["other"]
        assert cloud.registry("contoso").group == "acrlab-one"


@pytest.mark.parametrize("lab", ["", "One", "a b", "../production", "-x"])
def test_fresh_takes_names_of_labs_only(cloud: Cloud, lab: str) -> None:
    with pytest.raises(ValueError, match="a lab's name"):
        cloud.fresh(lab)


def test_refusals_carry_their_reasons(cloud: Cloud) -> None:
    with pytest.raises(HttpResponseError) as caught:
        cloud.registry("x")
    assert caught.value.error.code == "InvalidResourceName"
    (note,) = caught.value.__notes__
    assert "refused   400 InvalidResourceName" in note


def test_time_and_state_are_ours(cloud: Cloud, emulator: Emulator) -> None:
    before = emulator.world.now()
    assert repr(cloud.emulator.advance("8d")) == "clock\nahead of the machine's by  1w1d"
    assert emulator.world.now() - before >= 8 * 86400
    cloud.emulator.snapshot("empty")
    cloud.registry("contoso")
    cloud.emulator.restore("empty")
    assert not cloud.registries()
    cloud.emulator.reset()
    assert emulator.world.state.advanced == 0
    assert cloud.emulator.status()["registries"] == []


def test_a_client_stands_where_it_is_put(cloud: Cloud) -> None:
    registry = cloud.registry("contoso", tier="Premium")
    rules = {"defaultAction": "Deny", "ipRules": [{"value": "198.51.100.0/24"}]}
    change = {"properties": {"networkRuleSet": rules}}
    cloud.arm.registries.begin_update(cloud.group, registry.name, change).result()
    found = {}
    for place in ("198.51.100.7", "192.0.2.1", "nowhere/desks"):
        with cloud.emulator.standing(place) as client:
            found[place] = client.get(f"https://{registry.login_server}/v2/", timeout=30).status_code
    assert found == {"198.51.100.7": 401, "192.0.2.1": 403, "nowhere/desks": 403}
    with pytest.raises(ValueError, match="does not appear"):
        cloud.emulator.standing("desks")


def test_why_tells_the_last_refusal(cloud: Cloud) -> None:
    assert repr(cloud.emulator.why()) == "nothing was refused yet"
    registry = cloud.registry("contoso")
    registry.push("hello:1.0", acrlab.Image.hello())
    registry.lock("hello:1.0")
    with pytest.raises(HttpResponseError):
        registry.content.delete_tag("hello", "1.0")
    shown = repr(cloud.emulator.why())
    assert shown.splitlines()[:2] == [
        "asked     DELETE contoso.azurecr.io/acr/v1/hello/_tags/1.0",
        "by        servicePrincipal acrlab-sp",
    ]
    assert "because   tag 1.0 of hello is locked" in shown
    assert "<td" in cloud.emulator.why()._repr_mimebundle_()["text/html"]


def test_the_package_imports_nothing_before_it_is_asked() -> None:
    script = "import sys, acrlab; print([name for name in sys.modules if name.startswith(('azure', 'acrlab.'))])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(acrlab.__all__) <= set(dir(acrlab))
    with pytest.raises(AttributeError):
        acrlab.nothing  # noqa: B018


def test_a_cloud_goes_on_when_the_clock_is_turned(cloud: Cloud) -> None:
    """The SDKs would go on showing a token that expired in the world a week ago."""
    registry = cloud.registry("contoso")
    registry.push("app:1.0", Image.hello())
    cloud.emulator.snapshot("here")
    cloud.emulator.advance("8d")
    assert [tag.name for tag in registry.tags("app")] == ["1.0"]
    assert [each.name for each in cloud.registries()] == ["contoso"]
    cloud.emulator.restore("here")
    assert [tag.name for tag in registry.tags("app")] == ["1.0"]
    assert [each.name for each in cloud.registries()] == ["contoso"]


def test_what_it_has_cost(cloud: Cloud) -> None:
    cloud.registry("contoso", tier="Basic")
    cloud.registry("fabrikam", tier="Premium")
    cloud.emulator.advance("30d")
    shown = repr(cloud.emulator.cost())
    assert "contoso   Basic    30.0  5.00" in shown and "together" in shown and "55.00" in shown
    one = cloud.emulator.cost("contoso")
    assert one.title == "contoso, Basic, 30.0 days" and one.rows[-1][-1] == "5.00"
    assert one.rows[0] == ("Basic Registry Unit (1/Day)", "30.00", "days", "0.1666", "5.00")
    other = cloud.emulator.cost("contoso", tier="standard")
    assert other.rows[-1][-1] == "20.00" and other.title.endswith("had it been Standard")
    with pytest.raises(ControlRefused, match="nowhere"):
        cloud.emulator.cost("nowhere")
    with pytest.raises(ControlRefused, match="no tier"):
        cloud.emulator.cost(tier="gold")
