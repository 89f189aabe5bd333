"""An emulator as other people's programs meet it: an environment, and nothing else."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
from azure.core.pipeline.policies import RetryPolicy
from azure.identity import ClientSecretCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import Registry as ArmRegistry
from azure.mgmt.containerregistry.models import Sku
from azure.mgmt.resource.resources import ResourceManagementClient

from acrlab.emulator import Emulator
from tests.peers.launched import Launched

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
GROUP = "peers"
LOCATION = "eastus"

# What a developer's shell may hold and a program under test must not inherit.
FOREIGN = ("PROXY", "AZURE_", "DOCKER_", "REGISTRY_", "SSL_CERT", "REQUESTS_CA", "CURL_CA", "MSI_", "IDENTITY_")


@dataclass(frozen=True)
class Registry:
    """A registry and its admin user."""

    name: str
    login_server: str
    username: str
    password: str

    @property
    def credentials(self) -> str:
        return f"{self.username}:{self.password}"


@dataclass
class Cloud:
    emulator: Emulator | Launched
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def open(cls, home: Path, **options: object) -> "Iterator[Cloud]":
        with Emulator(sealed=True, **options) as emulator:
            yield cls.around(emulator, home)

    @classmethod
    def around(cls, emulator: "Emulator | Launched", home: Path) -> "Cloud":
        """A cloud on an emulator that runs already, with the resource group that the tests use."""
        cloud = cls(emulator, home)
        cloud.env = cloud.environment()
        with cloud.arm_groups() as arm:
            arm.resource_groups.create_or_update(GROUP, {"location": LOCATION})
        return cloud

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a program: the caller's without anything that points elsewhere, then ours."""
        kept = {name: value for name, value in os.environ.items() if not any(part in name.upper() for part in FOREIGN)}
        config = self.home / "docker"
        config.mkdir(exist_ok=True)
        own = {
            "HOME": str(self.home),
            "DOCKER_CONFIG": str(config),
            "REGISTRY_AUTH_FILE": str(self.home / "auth.json"),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
        }
        return kept | own | self.emulator.environment() | more

    @property
    def subscription(self) -> str:
        return self.env["AZURE_SUBSCRIPTION_ID"]

    @property
    def proxies(self) -> dict[str, str]:
        return {"https": self.env["HTTPS_PROXY"]}

    @property
    def ca(self) -> str:
        return self.env["SSL_CERT_FILE"]

    @property
    def door(self) -> str:
        """host:port of the door that speaks plain HTTP on localhost."""
        return urlsplit(plain_door(self.emulator)).netloc

    def _client_options(self) -> dict[str, object]:
        return {
            "proxies": self.proxies,
            "connection_verify": self.ca,
            "retry_policy": RetryPolicy.no_retries(),
        }

    def credential(self) -> ClientSecretCredential:
        return ClientSecretCredential(
            self.env["AZURE_TENANT_ID"],
            self.env["AZURE_CLIENT_ID"],
            self.env["AZURE_CLIENT_SECRET"],
            proxies=self.proxies,
            connection_verify=self.ca,
        )

    def arm(self) -> ContainerRegistryManagementClient:
        return ContainerRegistryManagementClient(self.credential(), self.subscription, **self._client_options())

    def arm_groups(self) -> ResourceManagementClient:
        return ResourceManagementClient(self.credential(), self.subscription, **self._client_options())

    def registry(self, name: str, sku: str = "Premium", **properties: object) -> Registry:
        """Creates a registry with an admin user over ARM and gives its credentials."""
        with self.arm() as arm:
            wanted = ArmRegistry(location=LOCATION, sku=Sku(name=sku), admin_user_enabled=True, **properties)
            made = arm.registries.begin_create(GROUP, name, wanted).result()
            secrets = arm.registries.list_credentials(GROUP, name)
        return Registry(name, made.login_server, secrets.username, secrets.passwords[0].value)

    def push(
        self, registry: Registry, repository: str, *tags: str, subject: dict | None = None, text: str = "x"
    ) -> dict[str, object]:
        """Pushes a small artifact with a plain HTTP client and gives its descriptor."""
        root = f"https://{registry.login_server}/v2/{repository}"
        empty = {"mediaType": "application/vnd.oci.empty.v1+json", **descriptor(b"{}")}
        layer = {"mediaType": "text/plain", **descriptor(text.encode())}
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": "application/vnd.test.app",
            "config": empty,
            "layers": [layer],
        }
        if subject:
            manifest["subject"] = subject
        body = json.dumps(manifest).encode()
        with self.session() as session:
            session.auth = (registry.username, registry.password)
            for data in (b"{}", text.encode()):
                query = {"digest": descriptor(data)["digest"]}
                answer = session.post(f"{root}/blobs/uploads/", params=query, data=data)
                assert answer.status_code == 201, answer.text
            for reference in tags or [descriptor(body)["digest"]]:
                kind = {"Content-Type": OCI_MANIFEST}
                answer = session.put(f"{root}/manifests/{reference}", data=body, headers=kind)
                assert answer.status_code == 201, answer.text
        return {"mediaType": OCI_MANIFEST, **descriptor(body)}

    def session(self) -> requests.Session:
        """A plain HTTP client through the proxy, for what no SDK says."""
        session = requests.Session()
        session.trust_env = False
        session.proxies = self.proxies
        session.verify = self.ca
        return session


def descriptor(data: bytes) -> dict[str, object]:
    return {"digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}


def plain_door(emulator: Emulator | Launched) -> str:
    """The URL of the door for container engines, from what `acrlab up --json` prints."""
    return emulator.describe()["endpoint"]
