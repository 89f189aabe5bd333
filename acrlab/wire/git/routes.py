"""The hosts that git clients talk to: github.com and dev.azure.com.

Source: gitprotocol-http(5); answers of both hosts as public logs of git show them (2021-2025).
"""

from collections.abc import Callable

from acrlab.domain import hosting
from acrlab.domain.access import Principal
from acrlab.domain.errors import Condition
from acrlab.domain.hosting import Address
from acrlab.domain.hosting_errors import HostedAddressInvalid, HostedForbidden, HostedRefused, HostedUnknown
from acrlab.engine.hosting import pushes, repositories, tokens
from acrlab.engine.hosting.pushes import Examined
from acrlab.engine.state import Hosted
from acrlab.wire.call import Call
from acrlab.wire.dialects import extra
from acrlab.wire.git import adverts
from acrlab.wire.git.intake import Fetch, Receive
from acrlab.wire.git.push import Push, report
from acrlab.wire.http import Answer, Response
from acrlab.wire.routes import STREAM, Route

NEEDS = {adverts.UPLOAD: tokens.READ, adverts.RECEIVE: tokens.WRITE}
NO_CACHE = [
    ("expires", "Fri, 01 Jan 1980 00:00:00 GMT"), ("pragma", "no-cache"),
    ("cache-control", "no-cache, max-age=0, must-revalidate"),
]  # fmt: skip
PLAIN = ("content-type", "text/plain; charset=UTF-8")


def place(call: Call) -> Address:
    """The repository that a path names. Raises: HostedUnknown."""
    given = call.params
    try:
        if "project" in given:
            return hosting.devops(given["owner"], given["project"], given["name"])
        if call.request.host == hosting.DEVOPS:
            return hosting.devops(given["owner"], given["name"], given["name"])
        return hosting.github(given["owner"], given["name"])
    except HostedAddressInvalid:
        raise HostedUnknown() from None


def authorize(call: Call, route: Route) -> None:
    """Who asks, and whether the token lets them. Without one only public repositories are read.

    Raises: HostedUnauthenticated, HostedUnknown, HostedForbidden.
    """
    address = place(call)
    token = tokens.authenticate(call.world, address.host, call.request.headers)
    if token is not None:
        call.principal = Principal(id=token.owner, kind="gitToken", name=token.name)
    hosted = repositories.at(call.world, address)
    if hosted is None:
        if token is None:  # whether it exists is a secret, too
            raise tokens.unauthenticated(address.host, "Repository not found.")
        raise HostedUnknown().why(f"{address.host} has no {address.title}: acrlab git create {address.url} makes it")
    service = call.request.parameters().get("service", adverts.UPLOAD)
    right = NEEDS.get(service, tokens.READ) if route.scope == "service" else route.scope
    tokens.require(hosted, token, right)


def _hosted(call: Call) -> Hosted:
    return repositories.find(call.world, place(call))


def advertise(call: Call) -> Response:
    """Tell refs and capabilities. Raises: HostedForbidden for clients of the dumb protocol."""
    service = call.request.parameters().get("service", "")
    if service not in adverts.SERVICES:
        raise HostedRefused(reason="Please upgrade your git client." if not service else "Unsupported service.")
    protocol = adverts.version(call.request.headers.get("git-protocol", ""))
    headers = [("content-type", f"application/x-{service}-advertisement"), *NO_CACHE]
    return Response(200, headers, adverts.advertise(_hosted(call), service, protocol))


def upload_pack(call: Call) -> Answer:
    """A fetch."""
    return Fetch(call, _hosted(call), _coding(call, adverts.UPLOAD))


def receive_pack(call: Call) -> Answer:
    """A push."""
    hosted = _hosted(call)

    def decide(push: Push, found: list[Examined]) -> bytes:
        if repositories.at(call.world, place(call)) is not hosted:
            raise HostedUnknown().why("the repository was deleted, or the world went back in time, during the push")
        who = call.principal.id
        return report(push, pushes.decide(call.world, hosted, found, who, atomic="atomic" in push.capabilities))

    return Receive(call, hosted, _coding(call, adverts.RECEIVE), decide)


def _coding(call: Call, service: str) -> str:
    """The content coding of a body. Raises: HostedRefused for one of the wrong type."""
    headers = call.request.headers
    if headers.get("content-type", "") != f"application/x-{service}-request":
        raise HostedRefused(reason=f"the body of this request is an application/x-{service}-request")
    return headers.get("content-encoding", "").strip().lower()


def dialect(condition: Condition) -> Response:
    """A sentence, which git shows after `remote:`."""
    text = condition.text
    return Response(condition.status, [PLAIN, *NO_CACHE, *extra(condition)], f"{text}\n".encode())


def devops_dialect(condition: Condition) -> Response:
    """The sentences of Azure DevOps have numbers. Source: public logs of git at dev.azure.com (2020-2025)."""
    answer = dialect(condition)
    if isinstance(condition, HostedUnknown):
        answer.body = (
            b"TF401019: The Git repository with name or identifier does not exist or you do not have permissions for "
            b"the operation you are attempting.\n"
        )
    if isinstance(condition, HostedForbidden):
        answer.body = f"TF401027: You need the Git 'GenericContribute' permission. {condition.text}\n".encode()
    return answer


def of(root: str) -> tuple[Route, ...]:
    """The three routes of a repository."""
    rows: tuple[tuple[str, str, str, Callable[[Call], Answer], int], ...] = (
        ("GET", "info/refs", "service", advertise, 0),
        ("POST", adverts.UPLOAD, tokens.READ, upload_pack, STREAM),
        ("POST", adverts.RECEIVE, tokens.WRITE, receive_pack, STREAM),
    )
    return tuple(
        Route(method=method, path=f"{root}/{path}", handler=handler, scope=scope, body=body, spec="gitprotocol-http(5)")
        for method, path, scope, handler, body in rows
    )


GITHUB_ROUTES = of("/{owner}/{name}")
DEVOPS_ROUTES = (*of("/{owner}/{project}/_git/{name}"), *of("/{owner}/_git/{name}"))
