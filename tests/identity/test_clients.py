"""Other people's clients, unmodified, over the in-process transport: azure-identity, msal, azure-containerregistry."""

import asyncio
import html
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
import requests
from azure.containerregistry import ContainerRegistryClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import (
    AzureAuthorityHosts,
    ClientSecretCredential,
    DefaultAzureCredential,
    DeviceCodeCredential,
    ManagedIdentityCredential,
    UsernamePasswordCredential,
    WorkloadIdentityCredential,
)
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential

from acrlab.engine import directory, entra, federation
from acrlab.serve import inprocess
from acrlab.serve.inprocess import AsyncEmulatorTransport, EmulatorTransport
from acrlab.wire import imds
from tests.identity.lab import ACR, ARM, HOST, LOGIN, Lab

OWNER = directory.OWNER.name
SCOPE = f"{ARM}/.default"


@pytest.fixture(autouse=True)
def present(lab: Lab) -> Iterator[None]:
    """Clients judge lifetimes by the machine's clock: turn the world's to it."""
    lab.world.clock._at = time.time()  # type: ignore[attr-defined]
    lab.registry.created = time.time()
    yield


def secret_credential(lab: Lab, name: str = "acrlab-sp", **changes: str) -> ClientSecretCredential:
    given = {
        "tenant_id": lab.tenant, "client_id": lab.identity(name).app_id, "client_secret": lab.secret(name),
    } | changes  # fmt: skip
    return ClientSecretCredential(**given, transport=EmulatorTransport(lab.app))


def who(lab: Lab, token: str) -> str:
    return entra.verify_token(lab.world, token, entra.AUDIENCES).name


def test_client_secret(lab: Lab) -> None:
    found = secret_credential(lab).get_token(SCOPE)
    assert who(lab, found.token) == "acrlab-sp"
    assert 3500 < found.expires_on - time.time() <= 3600


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215"),
        ({"client_id": "00000000-0000-0000-0000-00000000beef"}, "AADSTS700016"),
    ],
)
def test_client_secret_refused(lab: Lab, changes: dict[str, str], code: str) -> None:
    with pytest.raises(ClientAuthenticationError, match=code):
        secret_credential(lab, **changes).get_token(SCOPE)


def test_an_unknown_tenant(lab: Lab) -> None:
    with pytest.raises(ClientAuthenticationError):
        secret_credential(lab, tenant_id="00000000-0000-0000-0000-00000000beef").get_token(SCOPE)


def test_an_unknown_resource(lab: Lab) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        secret_credential(lab).get_token("https://microsoft.com/.default")


def test_client_secret_async(lab: Lab) -> None:
    async def run() -> str:
        transport = AsyncEmulatorTransport(lab.app)
        credential = AsyncClientSecretCredential(
            lab.tenant, lab.identity("acrlab-sp").app_id, lab.secret("acrlab-sp"), transport=transport
        )
        async with credential:
            return (await credential.get_token(SCOPE)).token

    assert who(lab, asyncio.run(run())) == "acrlab-sp"


def test_default_credential_from_the_environment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", lab.tenant)
    monkeypatch.setenv("AZURE_CLIENT_ID", lab.identity("acrlab-sp").app_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", lab.secret("acrlab-sp"))
    credential = DefaultAzureCredential(transport=EmulatorTransport(lab.app))
    assert who(lab, credential.get_token(SCOPE).token) == "acrlab-sp"


def test_workload_identity(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(federation.assertion(lab.world))
    credential = WorkloadIdentityCredential(
        tenant_id=lab.tenant, client_id=lab.identity("acrlab-sp").app_id, token_file_path=str(file),
        transport=EmulatorTransport(lab.app),
    )  # fmt: skip
    assert who(lab, credential.get_token(SCOPE).token) == "acrlab-sp"


def test_managed_identity(lab: Lab) -> None:
    own = ManagedIdentityCredential(transport=EmulatorTransport(lab.app))
    assert who(lab, own.get_token(SCOPE).token) == "acrlab-vm"
    identity = lab.identity("acrlab-identity")
    for chosen in (
        {"client_id": identity.app_id},
        {"identity_config": {"object_id": identity.id}},
        {"identity_config": {"resource_id": imds.resource_id(lab.world, identity)}},
    ):
        credential = ManagedIdentityCredential(transport=EmulatorTransport(lab.app), **chosen)  # type: ignore[arg-type]
        assert who(lab, credential.get_token(f"{ACR}/.default").token) == "acrlab-identity"
    unknown = ManagedIdentityCredential(client_id="unknown", transport=EmulatorTransport(lab.app))
    with pytest.raises(ClientAuthenticationError):
        unknown.get_token(SCOPE)


def test_managed_identity_of_app_service(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://localhost:5000/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", imds.identity_header(lab.world))
    credential = ManagedIdentityCredential(transport=EmulatorTransport(lab.app))
    assert who(lab, credential.get_token(SCOPE).token) == "acrlab-vm"
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with pytest.raises(ClientAuthenticationError):
        ManagedIdentityCredential(transport=EmulatorTransport(lab.app)).get_token(SCOPE)


def test_device_code(lab: Lab) -> None:
    said: list[str] = []
    credential = DeviceCodeCredential(
        prompt_callback=lambda uri, code, expires: said.append(code), transport=EmulatorTransport(lab.app),
        tenant_id=lab.tenant,
    )  # fmt: skip
    assert who(lab, credential.get_token(SCOPE).token) == OWNER
    assert len(said) == 1


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_password(lab: Lab) -> None:
    def credential(password: str) -> UsernamePasswordCredential:
        return UsernamePasswordCredential(
            directory.AZURE_CLI, OWNER, password, tenant_id=lab.tenant, transport=EmulatorTransport(lab.app),
            authority=AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
        )  # fmt: skip

    assert who(lab, credential(lab.secret(OWNER)).get_token(SCOPE).token) == OWNER
    with pytest.raises(ClientAuthenticationError, match="AADSTS50126"):
        credential("wrong").get_token(SCOPE)


# msal, as az uses it


def session(lab: Lab) -> requests.Session:
    return inprocess._session(lab.app)


def public(lab: Lab, tenant: str = "organizations") -> Any:
    return msal.PublicClientApplication(
        directory.AZURE_CLI, authority=f"{LOGIN}/{tenant}", http_client=session(lab), client_capabilities=["CP1"]
    )


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_az_login_with_a_password_then_silently(lab: Lab) -> None:
    client = public(lab)
    scopes = ["https://management.core.windows.net//.default"]
    found = client.acquire_token_by_username_password(OWNER, lab.secret(OWNER), scopes)
    assert "access_token" in found, found
    assert lab.claims(found["access_token"])["xms_cc"] == ["CP1"]
    (account,) = client.get_accounts()
    assert account["username"] == OWNER
    assert client.acquire_token_silent(scopes, account)["access_token"] == found["access_token"]
    other = client.acquire_token_silent([f"{ACR}/.default"], account)
    assert lab.claims(other["access_token"])["aud"] == ACR
    fresh = client.acquire_token_silent(scopes, account, force_refresh=True)
    assert fresh["access_token"] != found["access_token"]


def test_az_login_with_a_device_code(lab: Lab) -> None:
    client = public(lab)
    flow = client.initiate_device_flow(["https://management.core.windows.net//.default"])
    assert "simulated" in flow["message"]
    found = client.acquire_token_by_device_flow(flow)
    assert found["id_token_claims"]["preferred_username"] == OWNER
    (account,) = client.get_accounts()
    assert client.acquire_token_silent([f"{ACR}/.default"], account)["access_token"]


def test_az_login_through_the_browser(lab: Lab) -> None:
    client = public(lab)
    flow = client.initiate_auth_code_flow([SCOPE], redirect_uri="http://localhost:8400", response_mode="form_post")
    page = session(lab).get(flow["auth_uri"] + f"&login_as={lab.identity(OWNER).id}")
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', page.text)
    found = client.acquire_token_by_auth_code_flow(flow, {name: html.unescape(value) for name, value in fields})
    assert found.get("id_token_claims", {}).get("oid") == lab.identity(OWNER).id, found


def test_a_confidential_client(lab: Lab) -> None:
    identity = lab.identity("acrlab-sp")
    client = msal.ConfidentialClientApplication(
        identity.app_id, lab.secret("acrlab-sp"), authority=f"{LOGIN}/{lab.tenant}", http_client=session(lab)
    )
    found = client.acquire_token_for_client(["https://management.core.windows.net//.default"])
    assert who(lab, found["access_token"]) == "acrlab-sp"
    assert client.acquire_token_for_client([f"{ARM}/x"])["error_codes"] == [1002012]


# azure-containerregistry


def registry(lab: Lab, name: str | None = "acrlab-sp", **more: Any) -> ContainerRegistryClient:
    credential = secret_credential(lab, name) if name else None
    return ContainerRegistryClient(f"https://{HOST}", credential, transport=EmulatorTransport(lab.app), **more)


@pytest.mark.parametrize("audience", [None, ACR, ARM])
def test_the_registry_client_signs_in_by_itself(lab: Lab, audience: str | None) -> None:
    client = registry(lab, **({"audience": audience} if audience else {}))
    digest, _ = client.upload_blob("app", io.BytesIO(b"hello"))
    assert client.download_blob("app", digest) is not None
    assert list(client.list_repository_names()) == []
    reader = registry(lab, "acrlab-reader-sp")
    assert b"".join(reader.download_blob("app", digest)) == b"hello"
    with pytest.raises(HttpResponseError) as caught:
        reader.upload_blob("app", io.BytesIO(b"more"))
    assert caught.value.status_code == 401
    with pytest.raises(ResourceNotFoundError):
        client.get_repository_properties("nothing")


def test_the_registry_client_with_a_wrong_audience(lab: Lab) -> None:
    with pytest.raises(ClientAuthenticationError):
        list(registry(lab, audience="https://microsoft.com").list_repository_names())


def test_the_registry_client_without_a_credential(lab: Lab) -> None:
    with pytest.raises(ClientAuthenticationError):
        list(registry(lab, None).list_repository_names())
    lab.configure(anonymousPullEnabled=True)
    assert list(registry(lab, None).list_repository_names()) == []
    with pytest.raises(ClientAuthenticationError):
        registry(lab, None).delete_repository("app")
