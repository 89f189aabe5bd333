"""Routes as data: method, path, scope, throttle category, spec clause."""

import re
from collections.abc import Callable, Iterable

import msgspec

from acrlab.domain.errors import MethodUnsupported, RouteUnknown
from acrlab.wire.call import Call
from acrlab.wire.http import Answer

STREAM = -1  # the handler takes the body itself, as an intake
_PARAMETER = re.compile(r"\{(\w+)(\*?)\}")
TRUTHS = ("real", "simulated", "stored", "refused")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One row. In `path`, `{name}` takes one segment and `{name*}` one or more.

    `scope` says what a caller must hold, in the words of the plane; "open" lets everybody in.
    `body` is how many bytes of body the handler takes at most.
    """

    method: str
    path: str
    handler: Callable[[Call], Answer]
    scope: str
    rate: str = ""
    spec: str = ""
    body: int = 0
    truth: str = "real"

    def __post_init__(self) -> None:
        if not self.scope:
            raise ValueError(f"{self.method} {self.path} has no scope: deny is the default")
        if self.truth not in TRUTHS:
            raise ValueError(f"{self.method} {self.path}: {self.truth} is no truth label")


class Router:
    """Finds the row of a request; the first path that fits wins."""

    def __init__(self, routes: Iterable[Route], *, ignore_case: bool = False) -> None:
        self.routes = tuple(routes)
        table: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            table.setdefault(route.path, {})[route.method] = route
        flags = re.IGNORECASE if ignore_case else 0
        self._paths = [(re.compile(_pattern(path), flags), methods) for path, methods in table.items()]

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The row and its parameters. HEAD is served by the row of GET.

        Raises: RouteUnknown, MethodUnsupported.
        """
        allowed: list[str] = []
        for pattern, methods in self._paths:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            route = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
            if route is not None:
                return route, found.groupdict()
            allowed.extend(methods)
        if allowed:
            raise MethodUnsupported(method=method, path=path, allow=sorted(set(allowed)))
        raise RouteUnknown(path=path)


def _pattern(path: str) -> str:
    parts: list[str] = []
    end = 0
    for found in _PARAMETER.finditer(path):
        parts.append(re.escape(path[end : found.start()]))
        parts.append(f"(?P<{found[1]}>.+)" if found[2] else f"(?P<{found[1]}>[^/]+)")
        end = found.end()
    return "".join(parts) + re.escape(path[end:])
