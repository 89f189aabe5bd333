"""A storage account in a world in memory, asked by the official SDK over the in-process transport."""

from typing import Any

from azure.core.credentials import AccessToken
from azure.storage.blob import BlobServiceClient

from acrlab.engine import directory, entra
from acrlab.serve.inprocess import EmulatorTransport
from tests.arm.cloud import Cloud

KIND = "Microsoft.Storage/storageAccounts"
VERSION = "2024-01-01"


class Account:
    """One account, as its owner sees it."""

    def __init__(self, cloud: Cloud, name: str = "contosodata", **properties: Any) -> None:
        self.cloud, self.name, self.id = cloud, name, f"{cloud.g}/providers/{KIND}/{name}"
        self.made = self.put(**properties)
        self.url = f"https://{name}.blob.core.windows.net"
        self._open: list[BlobServiceClient] = []

    def put(self, **properties: Any) -> Any:
        body = {
            "location": "westus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties
        }  # fmt: skip
        return self.cloud.ask("PUT", self.id, body, version=VERSION)

    @property
    def keys(self) -> list[str]:
        found = self.cloud.ask("POST", f"{self.id}/listKeys", version=VERSION).json["keys"]
        return [each["value"] for each in found]

    def client(self, credential: Any = None, **more: Any) -> BlobServiceClient:
        """A client with the first key, unless another credential is given; an empty one is none."""
        transport = EmulatorTransport(self.cloud.app)
        made = BlobServiceClient(
            self.url, credential=self.keys[0] if credential is None else credential or None, transport=transport,
            retry_total=0, **more,
        )  # fmt: skip
        self._open.append(made)
        return made

    def close(self) -> None:
        for each in self._open:
            each.close()


class Token:
    """A credential that holds a token for storage."""

    def __init__(self, cloud: Cloud, who: str, resource: str = "https://storage.azure.com") -> None:
        principal = directory.principal(directory.seeded(cloud.world, who))
        self._text, self._until = entra.issue(cloud.world, principal, resource), int(cloud.app.now()) + 3000

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self._text, self._until)
