"""What a run needs from outside its agent, in this world: contexts, secrets, sources, the built-in acr-cli."""

from collections.abc import Callable, Sequence
from pathlib import Path

from acrlab.agents import git_source
from acrlab.agents.runner.services import SecretFailed, SourceFailed
from acrlab.domain.errors import Condition
from acrlab.domain.tasks.run import Source
from acrlab.engine.tasks import contexts, logins, orders, runs
from acrlab.engine.world import World


class RunServices:
    """Given to one run."""

    def __init__(self, world: World, run: str) -> None:
        self._world, self._run = world, run

    def secret(self, keyvault_url: str, client_id: str) -> str:
        """The value of a Key Vault secret, read as the run's identity. Raises: SecretFailed."""
        with self._world.lock:
            run = self._world.state.resources.get(self._run)
            if run is None:
                raise SecretFailed("the run is over")
            try:
                return logins.read(self._world, keyvault_url, orders.vault_reader(self._world, run, client_id))
            except Condition as refused:
                raise SecretFailed(f"failed to fetch the secret {keyvault_url}: {refused.text}") from None

    def upload(self, path: str) -> Path:
        """The tar of an uploaded context. Raises: SourceFailed."""
        with self._world.lock:
            run = self._world.state.resources.get(self._run)
            registry = runs.registry_of(self._world, run) if run is not None else None
            name = contexts.blob(self._world, registry, path) if registry is not None else ""
        if not name or self._world.storage.size(name) is None:
            raise SourceFailed(f"failed to download the context: {path} was not uploaded")
        return Path(self._world.storage.path(name))

    def fetch(self, source: Source, target: Path) -> str:
        """Put a repository of this world's git hosts there; nothing else is fetched yet. Raises: SourceFailed."""
        if git_source.lies_here(self._world, source.url):
            return git_source.fetch(self._world, source, target)
        raise SourceFailed(f"acrlab: no source can be fetched from {source.url} yet")

    def acr(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        """Refuse: the acr-cli is not built in yet."""
        log("acrlab: the acr command is not built in yet")
        return 1
