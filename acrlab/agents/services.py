"""What a run needs from outside its agent, in this world: contexts, secrets, sources, the built-in acr-cli."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import urllib3

from acrlab.agents import azure_cli, git_source, samples
from acrlab.agents.acr_cli import AcrCli, CommandFailed
from acrlab.agents.bases.recipes import AZ
from acrlab.agents.protocol import Capabilities, Download, EngineFailed, Mount, Registries
from acrlab.agents.runner import sources
from acrlab.agents.runner.download import download
from acrlab.agents.runner.services import Loan, SecretFailed, Services, SourceFailed
from acrlab.domain.access import Principal
from acrlab.domain.errors import Condition
from acrlab.domain.tasks.contexts import is_url
from acrlab.domain.tasks.run import Source
from acrlab.engine.state import Registry, Resource
from acrlab.engine.tasks import contexts, logins, orders, runs, workloads
from acrlab.engine.world import World

ALIAS_SECONDS, MOST_TEXT = 2.0, 1 << 20
TRUST, HOST = "/opt/acrlab/trust", "host"  # where certificates are; whose network, as the proxy is on loopback


Ways = Callable[[str], tuple[Mapping[str, str], Path]]


def nowhere(client: str) -> tuple[Mapping[str, str], Path]:
    """The ways of a world without doors. Raises: RuntimeError."""
    raise RuntimeError("this world has no doors of its own")


class RunServices(Services):
    """Given to one run. `network` is how it reaches what is neither a registry nor a vault of this world.

    `tell` adds a line to its log, `stopped` says whether it is over. `ways` are the variables and the certificates of a
    program that stands somewhere.
    """

    def __init__(
        self, world: World, run: str, registries: Registries, network: Callable[[], urllib3.PoolManager],
        tell: Callable[[str], None], stopped: Callable[[], bool] = lambda: False, ways: Ways = nowhere,
    ) -> None:  # fmt: skip
        self._world, self._run, self._registries, self._network = world, run, registries, network
        self._tell, self._ways, self._stopped = tell, ways, stopped
        self._pool: urllib3.PoolManager | None = None

    def close(self) -> None:
        """Let go of the network."""
        if self._pool is not None:
            self._pool.clear()

    def _reach(self) -> urllib3.PoolManager:
        """Raises: SourceFailed while the emulator has no doors."""
        try:
            self._pool = self._pool or self._network()
        except RuntimeError as error:
            raise SourceFailed(f"acrlab: {error}") from None
        return self._pool

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
        """The tar of the context that was uploaded for this run, and of no other. Raises: SourceFailed."""
        with self._world.lock:
            run = self._world.state.resources.get(self._run)
            registry = runs.registry_of(self._world, run) if run is not None else None
            own = run is not None and run.body.get("request", {}).get("sourceLocation") == path
            name = contexts.blob(self._world, registry, path) if registry is not None and own else ""
        if not name or self._world.storage.size(name) is None:
            raise SourceFailed(f"failed to download the context: {path} was not uploaded for this run")
        return Path(self._world.storage.path(name))

    def fetch(self, source: Source, target: Path) -> str:
        """Put a repository, a tar or an artifact there; its commit or nothing. Raises: SourceFailed."""
        try:
            if git_source.lies_here(self._world, source.url):
                return git_source.fetch(self._world, source, target)
            return sources.fetch(source, target, self._reach(), self._registries, stopped=self._stopped)
        except SourceFailed:
            warning = samples.warning(source.url)
            if not warning:
                raise
        self._tell(warning)
        samples.put(source.url, target)
        return ""

    def download(self, url: str, target: Path) -> Download:
        """A file for an ADD: emulated hosts answer, others as far as this emulator lets. Raises: SourceFailed."""
        return download(url, target, self._reach(), stopped=self._stopped)

    def clone(self, url: str, token: str, target: Path, *, keep: bool) -> None:
        """A repository for an ADD; one that lies here is read where it lies. Raises: SourceFailed."""
        source = Source(url=url, token=token)
        if git_source.lies_here(self._world, url) and not keep:
            git_source.fetch(self._world, source, target)
        else:
            sources.fetch(source, target, self._reach(), self._registries, stopped=self._stopped, keep=keep)

    def read(self, url: str) -> str:
        """The text behind a URL. Raises: SourceFailed. Source: the engine's open source (graph/preprocessor.go)."""
        if not is_url(url):
            raise SourceFailed(f'Get "{url}": unsupported protocol scheme')
        try:
            answer = self._reach().request("GET", url, timeout=ALIAS_SECONDS, retries=False, preload_content=False)
            text = answer.read(MOST_TEXT, decode_content=True).decode(errors="replace")
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise SourceFailed(f'Get "{url}": {error}') from None
        if answer.status > 299:
            raise SourceFailed(text)
        return text

    def acr(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        """The acr-cli, as whom the run is; its exit code."""
        with self._world.lock:
            run, home = self._open()
        return AcrCli(self._world, home.login_server, lambda host: self._found(host, run, home))(argv, log)

    def loan(self, able: Capabilities) -> Loan:
        """az of this machine where there is one, the emulator's certificates, and its proxy with the run's word.

        Where containers have networks of their own, hosts answer in them by name: there the proxy is not needed.

        Raises: EngineFailed while the emulator has no doors.
        """
        with self._world.lock:
            run, _ = self._open()
            client = workloads.standing(self._world, run.id)
        try:
            variables, trust = self._ways(client)
        except RuntimeError as error:
            raise EngineFailed(f"acrlab: az asks over the network: {error}") from None
        mounts = [Mount(trust, TRUST, read_only=True)]
        with contextlib.suppress(azure_cli.AzMissing):  # then the image is no stand-in, and has its own
            mounts.append(Mount(azure_cli.modules(), AZ, read_only=True))
        apart = able.engine == "embedded" and able.networks
        inside = {
            name: value.replace(str(trust), TRUST)
            for name, value in variables.items()
            if not (apart and name.lower().endswith("_proxy"))
        }
        return Loan(tuple(mounts), inside, "" if apart else HOST)

    def _open(self) -> tuple[Resource, Registry]:
        run = self._world.state.resources.get(self._run)
        home = runs.registry_of(self._world, run) if run is not None else None
        if run is None or home is None:
            raise SecretFailed("the run is over")
        return run, home

    def _found(self, host: str, run: Resource, home: Registry) -> tuple[Registry, Principal]:
        registry = self._world.registry_at(host)
        if registry is None:
            raise CommandFailed(f'Get "https://{host}/v2/": dial tcp: lookup {host}: no such host')
        return registry, orders.acts_as(self._world, run, home, host)
