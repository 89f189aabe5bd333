"""The controls of a running emulator, over its plain door."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urllib.error import HTTPError

TIMEOUT = 60  # seconds


class NotRunning(Exception):
    """No emulator answers there. The text is a sentence for a person."""


class ControlRefused(Exception):
    """The emulator refused. The text is its sentence."""


class Control:
    """What only an emulator can do: turn the clock, go back in time, explain a refusal.

    Raises: NotRunning, ControlRefused.
    """

    def __init__(self, endpoint: str, token: str) -> None:
        self._endpoint, self._token = endpoint, token

    def status(self) -> dict[str, Any]:
        """What is running, and what it holds."""
        return self._ask("GET", "status")

    def advance(self, seconds: float) -> dict[str, Any]:
        """Turn the clock forward; everything that falls due on the way is done."""
        return self._ask("POST", "clock", {"seconds": seconds})

    def snapshot(self, name: str) -> dict[str, Any]:
        """Name the present."""
        return self._ask("POST", "snapshot", {"name": name})

    def restore(self, name: str) -> dict[str, Any]:
        """Go back to a named present."""
        return self._ask("POST", "restore", {"name": name})

    def fork(self, folder: str) -> dict[str, Any]:
        """Write the present into an empty folder, given by its whole path, for an emulator of its own."""
        return self._ask("POST", "fork", {"name": folder})

    def reset(self) -> dict[str, Any]:
        """Go back to how the world began."""
        return self._ask("POST", "reset")

    def why(self) -> list[dict[str, Any]]:
        """The last refusals with their reasons, newest first."""
        return self._ask("GET", "why")

    def triggers(self) -> list[dict[str, Any]]:
        """What became of triggers of tasks, with the reasons, newest first."""
        return self._ask("GET", "triggers")

    def events(self) -> list[dict[str, Any]]:
        """Everything that happened and still counts, oldest first."""
        return self._ask("GET", "events")

    def requests(self) -> list[dict[str, Any]]:
        """The last requests and their answers, oldest first."""
        return self._ask("GET", "requests")

    def git_list(self) -> list[dict[str, Any]]:
        """The repositories at the git hosts."""
        return self._ask("GET", "git")

    def git_create(self, repository: str, folder: str = "", *, private: bool = False) -> dict[str, Any]:
        """Make a repository, with the content of a folder, and a token of its owner. Holds the token."""
        return self._ask("POST", "git", {"repository": repository, "folder": folder, "private": private})

    def git_delete(self, repository: str) -> dict[str, Any]:
        """Delete a repository."""
        return self._ask("POST", "git/delete", {"repository": repository})

    def git_token(self, owner: str, **wishes: Any) -> dict[str, Any]:
        """Make a personal access token: of which host, with which scopes, for how many seconds."""
        return self._ask("POST", "git/tokens", {"owner": owner, **wishes})

    def git_revoke(self, token: str) -> dict[str, Any]:
        """End a personal access token."""
        return self._ask("POST", "git/revoke", {"token": token})

    def cost(self, registry: str = "", tier: str = "") -> list[dict[str, Any]]:
        """The bill of each registry, or of one; with `tier`, what the same would have cost there."""
        return self._look("cost", registry=registry, tier=tier)

    def access(self, registry: str, repository: str = "", place: str = "") -> dict[str, Any]:
        """Who may do what at a registry, and why; about one repository, from one place."""
        return self._look("access", registry=registry, repository=repository, **{"from": place})

    def rates(self, registry: str) -> dict[str, float]:
        """What is left of each rate of a registry this minute; nothing where requests are not counted."""
        return self._look("rates", registry=registry)

    def _look(self, path: str, **asked: str) -> Any:
        from urllib.parse import urlencode  # late, as below

        return self._ask("GET", f"{path}?{urlencode(asked)}")

    def connections(self) -> list[dict[str, Any]]:
        """The service connections of pipelines, without their secrets."""
        return self._ask("GET", "connections")

    def connect(self, name: str, registry: str, role: str) -> dict[str, Any]:
        """Make a service connection: a service principal with a role on a registry."""
        return self._ask("POST", "connections", {"name": name, "registry": registry, "role": role})

    def connection(self, name: str) -> dict[str, Any]:
        """A service connection. Holds its secret."""
        return self._ask("POST", "connections/open", {"name": name})

    def disconnect(self, name: str) -> dict[str, Any]:
        """Forget a service connection."""
        return self._ask("POST", "connections/delete", {"name": name})

    def pipeline_begun(self, file: str, system: str, branch: str, reason: str) -> dict[str, Any]:
        """Record that a pipeline begins: its number, and the moment on the world's clock."""
        return self._ask("POST", "pipelines", {"file": file, "system": system, "branch": branch, "reason": reason})

    def pipeline_ended(self, number: int, result: str) -> dict[str, Any]:
        """Record how a pipeline ended."""
        return self._ask("POST", "pipelines/ended", {"number": number, "result": result})

    def pipelines(self) -> list[dict[str, Any]]:
        """The runs of pipelines."""
        return self._ask("GET", "pipelines")

    def enrol(self, name: str, pools: list[str], life: float | None = None) -> dict[str, Any]:
        """Make a credential for a worker that takes runs from the queue. Holds the credential. Units: seconds."""
        lasts = {} if life is None else {"life": life}
        return self._ask("POST", "agents", {"name": name, "pools": pools, **lasts})

    def enrolled(self) -> list[dict[str, Any]]:
        """The workers that may come."""
        return self._ask("GET", "agents")

    def dismiss(self, name: str) -> dict[str, Any]:
        """Revoke what the workers of a name have, or the one of an id."""
        return self._ask("POST", "agents/revoke", {"name": name})

    def stop(self) -> None:
        """End the emulator."""
        self._ask("POST", "stop")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        import urllib.error  # late: every command of the command line loads this module, few ask anything
        import urllib.request

        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: never through a proxy
        request = urllib.request.Request(
            f"{self._endpoint}/_acrlab/{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"authorization": f"Bearer {self._token}"},
        )
        try:
            with direct.open(request, timeout=TIMEOUT) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise ControlRefused(_sentence(error)) from None
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            raise NotRunning(f"no emulator answers at {self._endpoint}: start one with `acrlab up`") from None


def _sentence(error: "HTTPError") -> str:
    with error:
        try:
            return str(json.loads(error.read())["errors"][0]["message"])
        except (ValueError, LookupError, TypeError):
            return f"the emulator answered {error.code}"
