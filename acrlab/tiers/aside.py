"""A cloud beside the learner's own: the same SDKs, in process, on a world that nobody else sees."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from azure.containerregistry import ContainerRegistryClient
from azure.core.credentials import AccessToken
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import Registry as Resource
from azure.mgmt.resource.resources import ResourceManagementClient

from acrlab.client.cloud import Cloud
from acrlab.client.registry import Registry
from acrlab.engine import directory, entra

if TYPE_CHECKING:
    from acrlab.emulator import Emulator

WHO = "acrlab-sp"  # as whom the work is done


class _Bearer:
    """A credential that takes its tokens where they are made."""

    def __init__(self, emulator: "Emulator") -> None:
        self._world = emulator.world

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token for the first scope."""
        audience = scopes[0].removesuffix("/.default").rstrip("/")
        with self._world.lock:
            who = directory.principal(directory.seeded(self._world, WHO))
            return AccessToken(entra.issue(self._world, who, audience), int(self._world.now()) + 3600)


class Aside(Cloud):
    """A cloud over an emulator of this process; what its clients wait for costs the world's time and nobody's."""

    def __init__(self, emulator: "Emulator") -> None:
        super().__init__(_Bearer(emulator), emulator.world.state.subscription, None)
        self._emulator = emulator

    @property
    def emulated(self) -> bool:
        """Nothing here reaches Azure."""
        return True

    @cached_property
    def arm(self) -> ContainerRegistryManagementClient:
        """The official client of the control plane."""
        return ContainerRegistryManagementClient(
            self.credential, self.subscription, transport=self._emulator.transport()
        )

    @cached_property
    def resources(self) -> ResourceManagementClient:
        """The official client of resource groups."""
        return ResourceManagementClient(self.credential, self.subscription, transport=self._emulator.transport())

    def _known(self, resource: Resource) -> Registry:
        found = super()._known(resource)
        found.content = ContainerRegistryClient(
            f"https://{found.login_server}", self.credential, transport=self._emulator.transport()
        )
        return found
