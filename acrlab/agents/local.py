"""Agents on this machine: each run has a thread of this process, and a machine that its engine makes."""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acrlab.agents.protocol import Engine, EngineFailed, Outside, Registries
from acrlab.agents.runner.services import SecretFailed, Services
from acrlab.agents.work import MOST, Work
from acrlab.domain.tasks.run import Ending, Order
from acrlab.engine.tasks import workloads
from acrlab.wire.app import App

if TYPE_CHECKING:
    import urllib3

    from acrlab.agents.services import Ways
    from acrlab.engine.state import Resource


class LocalAgents:
    """They take a run as soon as it is offered.

    `network` is how a run reaches other hosts, `outside` how its containers do, `ways` how its az does that shares the
    machine's network.
    """

    most = MOST

    def __init__(
        self, app: App, engine: Callable[[], Engine], folder: Path, network: "Callable[[], urllib3.PoolManager]",
        outside: Callable[[str], Outside | None] = lambda client: None, ways: "Ways | None" = None,
    ) -> None:  # fmt: skip
        self._app, self._engine, self._folder = app, engine, folder
        self._network, self._outside, self._ways = network, outside, ways

    def offered(self) -> frozenset[str]:
        """None waits to be taken."""
        return frozenset()

    def offer(self, run: "Resource", take: "Callable[[Resource], None]") -> None:
        """There is an agent for it."""
        take(run)

    def sweep(self) -> None:
        """Delete what agents of a process left that was killed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def carry_out(self, id: str, order: Order, work: Work, tell: Callable[..., None]) -> Ending:
        """Do a run to its end."""
        from acrlab.agents.registries import RunRegistries  # late: an emulator starts without what only a run needs
        from acrlab.agents.services import RunServices, nowhere

        world = self._app.world
        with world.lock:
            client = workloads.standing(world, id)
        registries = RunRegistries(self._app, id.lower(), order.logins)
        stopped = work.cancelled.is_set
        ways = self._ways or nowhere
        services = RunServices(world, id.lower(), registries, self._network, tell, stopped, ways)
        try:
            return carried_out(
                order, self._engine, registries, services, self._folder / uuid.uuid4().hex, tell, work.cancelled,
                world.now, self._outside(client),
            )  # fmt: skip
        finally:
            services.close()

    def over(self, id: str) -> None:
        """A run has ended."""


def carried_out(
    order: Order, engine: Callable[[], Engine], registries: Registries, services: Services, workspace: Path,
    tell: Callable[..., None], cancelled: Any, now: Callable[[], float],
    outside: Outside | None = None,
) -> Ending:  # fmt: skip
    """Make the machine of a run below a folder, do the run, and leave nothing of it."""
    from acrlab.agents.runner.run import execute  # late, as above

    try:
        workspace.mkdir(parents=True)
        agent = engine().agent(workspace / "agent", registries, outside)
        try:
            return execute(order, agent, registries, services, workspace / "run", tell, cancelled, now)
        finally:
            agent.close()
    except (EngineFailed, SecretFailed) as failure:
        tell(str(failure))
        return Ending(status="Failed", error=str(failure))
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
