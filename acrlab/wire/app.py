"""The application: from a request's head to an answer. The only place that catches conditions."""

import re
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from acrlab.domain.errors import Condition, StorageFailed, TooLarge
from acrlab.engine import why
from acrlab.engine.hosting import repositories
from acrlab.engine.upstream import Unready
from acrlab.engine.world import World
from acrlab.wire import dialects, hosts
from acrlab.wire.call import Call, Exchange
from acrlab.wire.http import Answer, Buffered, Intake, Request, Response
from acrlab.wire.planes import PLANES, Plane
from acrlab.wire.routes import Route

if TYPE_CHECKING:
    from acrlab.wire.agents import Desk

_SIGNATURE = re.compile(r"((?:^|&)sig=)[^&]*", re.IGNORECASE)
LARGEST_PATH = 8192  # characters


class App:
    """The emulator as a function from requests to answers; no socket, no thread."""

    def __init__(
        self,
        world: World,
        *,
        stop: Callable[[], None] | None = None,
        fork: Callable[[Path], None] | None = None,
        engine: Callable[[], str] | None = None,
        strict_bugs: bool = False,
    ) -> None:
        self.world, self.stop, self.fork, self.strict_bugs = world, stop, fork, strict_bugs
        self.engine = engine
        self.desk: Desk | None = None
        self.exchanges: deque[Exchange] = deque(maxlen=5000)

    @property
    def version(self) -> int:
        """Changes with every commit."""
        return self.world.version

    def now(self) -> float:
        """Epoch seconds on the world's clock."""
        return self.world.now()

    def count(self, key: str) -> None:
        """A door has repeated an answer that counts."""
        self.world.tally.add(key, self.world.now())

    def sleep(self, seconds: float) -> None:
        """What a client's waiting means here."""
        self.world.sleep(seconds)

    def knows(self, host: str) -> bool:
        """Whether this host is emulated."""
        return hosts.plane(host) not in (None, hosts.FOREIGN)

    def azure(self, host: str) -> bool:
        """Whether this host belongs to Azure, emulated or not, or a lab has asked for it: never to be passed on."""
        lent = hosts.lent(host)
        return repositories.answers(self.world, lent) if lent else hosts.plane(host) is not None

    def when_durable(self, position: int, done: Callable[[Exception | None], None]) -> None:
        """Call back once the journal holds everything up to that position."""
        self.world.journal.when_durable(position, done)

    def begin(self, head: Request) -> Answer:
        """Answer a head, or say that the body is wanted. Never raises.

        Raises: nothing, but bugs when `strict_bugs` is set.
        """
        plane = PLANES[hosts.plane(head.host) or hosts.FOREIGN]
        call = Call(self, self.world, head)
        return self.guarded(plane, call, lambda: self._route(plane, call))

    def _route(self, plane: Plane, call: Call) -> Answer:
        self.world.settle()
        if len(call.request.path) > LARGEST_PATH:
            raise TooLarge(limit=LARGEST_PATH)
        path = plane.enter(call)
        route, call.params = plane.router.match(call.request.method, path)
        plane.authorize(call, route)
        if route.body > 0 and call.request.method != "HEAD":
            return Buffered(route.body, lambda body: self._with_body(plane, call, route, body))
        return self._handled(plane, call, route)

    def _handled(self, plane: Plane, call: Call, route: Route) -> Answer:
        if route.body >= 0:  # whose body has come: it can be answered anew
            self.world.errands.offer()
        answer = route.handler(call)
        return answer if isinstance(answer, Response) else Guard(self, plane, call, answer)

    def _with_body(self, plane: Plane, call: Call, route: Route, body: bytes | None) -> Answer:
        def answer() -> Answer:
            if body is None:
                raise TooLarge(limit=route.body)
            call.body = body
            return self._handled(plane, call, route)

        return self.guarded(plane, call, answer)

    def guarded(self, plane: Plane, call: Call, answer: Callable[[], Answer]) -> Answer:
        with self.world.lock:
            before = self.world.version
            try:
                found = answer()
            except Unready as unready:
                found = Preparation(self, plane, call, unready, answer)
            except Condition as condition:
                found = self.refuse(plane, call, condition)
            except OSError as error:
                found = self.refuse(plane, call, StorageFailed(reason=error.strerror or str(error)))
            except Exception:
                if self.strict_bugs:
                    raise
                traceback.print_exc()
                found = plane.dialect(Condition(detail=None))
                found.status = 500
            if isinstance(found, Response):
                self._complete(plane, call, found, before)
            return found

    def refuse(self, plane: Plane, call: Call, condition: Condition) -> Response:
        """Remember a refusal and say it in the plane's dialect."""
        request = call.request
        url = f"{request.base}{request.path}"
        code = dialects.code(condition, plane.name)
        self.world.refusals.append(
            why.refusal(condition, at=self.now(), method=request.method, url=url, code=code, principal=call.principal)
        )
        return plane.dialect(condition)

    def _complete(self, plane: Plane, call: Call, response: Response, before: int) -> None:
        if self.world.version != before:
            response.position = self.world.journal.position
        plane.dress(call, response)
        request = call.request
        url = f"{request.base}{request.path}" + (f"?{_shown(request.query)}" if request.query else "")
        self.exchanges.append(Exchange(self.now(), request.method, url, response.status, call.principal.name))
        if request.method == "HEAD":
            response.headers.append(("content-length", str(response.length)))
            response.body = b""


def _shown(query: str) -> str:
    """A query with its signatures hidden: a signed link is a credential."""
    return _SIGNATURE.sub(r"\1***", query)


class Preparation:
    """A request that found something unready. That is prepared while others go on, and then it is answered anew."""

    small = False

    def __init__(self, app: App, plane: Plane, call: Call, unready: Unready, answer: Callable[[], Answer]) -> None:
        self._app, self._plane, self._call = app, plane, call
        self._unready, self._anew = unready, answer
        self._failure: OSError | Condition | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        """The body, if there was one, has been taken."""

    def seal(self) -> None:
        try:
            self._unready.prepare()
        except (OSError, Condition) as failure:
            self._failure = failure

    def finish(self) -> Answer:
        return self._app.guarded(self._plane, self._call, self._answer)

    def abort(self) -> None:
        """Nothing is held."""

    def _answer(self) -> Answer:
        if self._failure is not None:
            raise self._failure
        return self._anew()


class Guard:
    """A handler's own intake, with its conditions caught and its answer completed."""

    def __init__(self, app: App, plane: Plane, call: Call, intake: Intake) -> None:
        self.small = intake.small
        self._app, self._plane, self._call, self._intake = app, plane, call, intake
        self._refused: Condition | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        if self._refused is None:
            self._caught(lambda: self._intake.write(chunk))

    def seal(self) -> None:
        if self._refused is None:
            self._caught(self._intake.seal)

    def finish(self) -> Answer:
        if self._refused is not None:
            self._intake.abort()
        return self._app.guarded(self._plane, self._call, self._answer)

    def abort(self) -> None:
        self._intake.abort()

    def _answer(self) -> Answer:
        if self._refused is not None:
            raise self._refused
        return self._intake.finish()

    def _caught(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Condition as condition:
            self._refused = condition
        except OSError as error:
            self._refused = StorageFailed(reason=error.strerror or str(error))
