"""Hands queued runs to agents, and sees to it that each of them ends.

What really runs is timed by this machine's clock: turning the dial of the world forward neither speeds a build up nor
ends it. Start and finish of a run are moments of the world's clock.
"""

import functools
import threading
import time
import traceback

from acrlab.agents.runner.lines import footer
from acrlab.agents.work import LOST, Agents, Work
from acrlab.domain import events
from acrlab.domain.errors import Condition
from acrlab.domain.tasks.run import Ending
from acrlab.engine.state import Registry, Resource
from acrlab.engine.tasks import contexts, logins, orders, queue, runs
from acrlab.engine.world import World

TELLS = (events.RunQueued, events.RunEnded, events.ResourcePut, events.ResourceDeleted)
PATIENCE = 30.0  # seconds that an agent has to let go; its thread does not keep the process alive
ENDED = {"Succeeded": "was successful", "Timeout": "timed out", "Canceled": "was canceled"}


class Dispatcher:
    """Starts by itself with the first run that is queued."""

    def __init__(self, world: World, agents: Agents) -> None:
        self._world, self._agents = world, agents
        self._work: dict[str, Work] = {}  # by lower-case id of the run
        self._changed = threading.Condition()
        self._pending = self._busy = self._waiting = False  # `waiting`: runs are offered that no agent has taken
        self._thread: threading.Thread | None = None
        self._closed = False
        self._world.listeners.append(self._heard)
        if runs.unfinished(self._world):
            self._begin()

    # Listening: called with the world's lock held, so nothing here may wait for anybody

    def _heard(self, happened: tuple[events.Event, ...]) -> None:
        for event in happened:
            if isinstance(event, events.RunEnded) and (work := self._work.get(event.id.lower())) is not None:
                self._called_off(event, work)
        if not happened or any(isinstance(event, TELLS) for event in happened):
            self._begin()

    def _called_off(self, event: events.RunEnded, work: Work) -> None:
        """Somebody else has ended a run: its log ends here, whatever its agent still says."""
        if not work.ending:
            work.stop(event.status)
            last = footer(event.id.rpartition("/")[2], ENDED.get(event.status, "failed"), event.seconds, event.error)
            self._world.storage.append(work.log, "".join(f"{line}\r\n" for line in last).encode())

    def _begin(self) -> None:
        with self._changed:
            if self._closed:
                return
            if self._thread is None and not runs.unfinished(self._world):
                return
            self._pending = True
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="acrlab-dispatcher", daemon=True)
                self._thread.start()

    # Dispatching

    def _loop(self) -> None:
        contexts.sweep(self._world)
        self._agents.sweep()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closed)
                if self._closed:
                    return
                self._pending, self._busy = False, True
            with self._world.lock:
                self._bury()
                self._start()
                waiting = bool(self._agents.offered())
            with self._changed:
                self._busy, self._waiting = False, waiting
                self._changed.notify_all()

    def _start(self) -> None:
        for run in queue.startable(self._world, len(self._work), self._agents.most, self._agents.offered()):
            self._agents.offer(run, self._take)

    def _take(self, run: Resource) -> None:
        """An agent has it."""
        self._world.commit(events.RunStarted(at=self._world.now(), id=run.id))
        work = self._work[run.id.lower()] = Work(runs.log(run))
        work.thread = threading.Thread(target=self._run, args=(run.id, work), name="acrlab-run", daemon=True)
        work.thread.start()

    def _bury(self) -> None:
        """End the runs whose agents are gone: with the process that had them, or by a return to an earlier state."""
        for run in runs.unfinished(self._world):
            if run.body["status"] == runs.RUNNING and run.id.lower() not in self._work:
                self._tell(run.id, f"acrlab: {LOST}")
                self._end(run.id, Ending(status="Error", error=LOST), 0.0)

    def _run(self, id: str, work: Work) -> None:
        started = time.monotonic()
        try:
            ending = self._worked(id, work)
        except Exception as error:  # a bug of ours is an error of the service's
            traceback.print_exc()
            self._tell(id, f"acrlab: internal error: {error}")
            ending = Ending(status="Error", error=str(error))
        with self._world.lock:
            work.ending = True
            self._end(id, _judged(ending, work), time.monotonic() - started)
            self._work.pop(id.lower(), None)
            self._world.storage.finish(work.log)
            self._agents.over(id)
        with self._changed:
            self._pending = True
            self._changed.notify_all()

    def _worked(self, id: str, work: Work) -> Ending:
        with self._world.lock:
            found = self._open(id)
            if found is None:
                return Ending(status="Canceled")
            try:
                own = logins.of(self._world, found[0])
                order = orders.order(*found, own)
            except Condition as refused:
                self._tell(id, refused.text)
                return Ending(status="Failed", error=refused.text)
        timer = threading.Timer(order.timeout, work.stop, ("Timeout",))
        timer.daemon = True
        timer.start()
        try:
            return self._agents.carry_out(id, order, work, functools.partial(self._tell, id))
        finally:
            timer.cancel()

    # Telling

    def _open(self, id: str) -> tuple[Resource, Registry] | None:
        run = self._world.state.resources.get(id.lower())
        registry = runs.registry_of(self._world, run) if run is not None and "request" in run.body else None
        return (run, registry) if run is not None and registry is not None else None

    def _tell(self, id: str, *lines: str) -> None:
        """Add to the log of a run that is not over. What was added stays, whatever happens to this process."""
        run = self._world.state.resources.get(id.lower())
        if run is not None and "request" in run.body:
            self._world.storage.append(runs.log(run), "".join(f"{line}\r\n" for line in lines).encode())

    def _end(self, id: str, ending: Ending, seconds: float) -> None:
        """Write the last lines and the record, unless somebody has ended the run already."""
        run = self._world.state.resources.get(id.lower())
        if run is not None and "request" in run.body:
            word = ENDED.get(ending.status, "failed")
            self._tell(id, *footer(run.id.rpartition("/")[2], word, seconds, ending.error))
            self._world.commit(*runs.ended(self._world, run, ending, seconds))

    # Ending

    def idle(self, timeout: float | None = None) -> bool:
        """Wait until no run is under way and none can start; say whether that came. Units: seconds."""
        with self._changed:
            return self._changed.wait_for(self._still, timeout)

    def _still(self) -> bool:
        return not (self._work or self._pending or self._busy or self._waiting)

    def close(self) -> None:
        """Stop every agent, and end its run as what it is."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()  # first: from here on no run begins
        for work in list(self._work.values()):
            work.stop("Error")
        for work in list(self._work.values()):
            if work.thread is not None:
                work.thread.join(PATIENCE)
        self._world.listeners.remove(self._heard)


def _judged(ending: Ending, work: Work) -> Ending:
    """What ended a run counts for more than how its agent took it."""
    if work.reason == "Timeout" and ending.status != "Succeeded":
        return Ending(status="Timeout", error="timed out")
    if work.reason == "Error" and ending.status != "Succeeded":
        return Ending(status="Error", error=LOST)
    return ending
