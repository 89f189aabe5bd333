"""The emulator that runs on this machine, as a place where tasks are performed and looked at."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from acrlab.client import running
from acrlab.client.control import Control, ControlRefused, NotRunning
from acrlab.domain.access import Principal
from acrlab.serve import standpoints
from acrlab.trainer.bench import Place, Seen, seen

PAUSE = 0.2  # seconds between two looks at a run
LOGIN = "https://login.microsoftonline.com"
_SELF = ("owner", "acrlab-sp")  # who the environment can sign in as: an application with the role Owner


class NobodySignsIn(Exception):
    """A step wants to act as somebody whose secret is not known outside the emulator."""


class RunningPlace:
    """An emulator over its proxy, with the credentials of its environment."""

    def __init__(self, variables: Mapping[str, str], control: Control) -> None:
        self._variables, self._control = variables, control
        self.subscription, self.tenant = variables["AZURE_SUBSCRIPTION_ID"], variables["AZURE_TENANT_ID"]
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = variables["REQUESTS_CA_BUNDLE"]
        self.stands = ""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Seen:
        answer = self._session.request(
            method, url, headers=dict(headers), data=body, timeout=60, allow_redirects=False, proxies=self._way()
        )  # fmt: skip
        return seen(answer.status_code, dict(answer.headers), answer.content)

    def _way(self) -> dict[str, str]:
        """The proxy, told where the client stands."""
        way = urlsplit(self._variables["HTTPS_PROXY"])
        where = standpoints.credentials(standpoints.checked(self.stands)) if self.stands else ""
        return dict.fromkeys(("https", "http"), f"{way.scheme}://{where}{way.netloc}")

    def bearer(self, who: str, audience: str) -> str:
        if who not in _SELF:
            raise NobodySignsIn(f"nobody can sign in as {who} here")
        form = {
            "grant_type": "client_credentials", "client_id": self._variables["AZURE_CLIENT_ID"],
            "client_secret": self._variables["AZURE_CLIENT_SECRET"], "scope": f"{audience}/.default",
        }  # fmt: skip
        address = f"{LOGIN}/{self.tenant}/oauth2/v2.0/token"
        answer = self._session.post(address, data=form, timeout=60, proxies=self._way())
        return str(json.loads(answer.content)["access_token"])

    def principal(self, who: str) -> Principal:
        return Principal(self._variables["AZURE_CLIENT_ID"], "servicePrincipal", who)

    def password(self, registry: str) -> str:
        raise NobodySignsIn(f"the admin password of {registry} is not known here")

    def now(self) -> float:
        return float(self._control.status()["now"])

    def advance(self, seconds: float) -> None:
        self._control.advance(seconds)

    def hosted(self, repository: str) -> str:
        return str(self._control.git_create(f"https://github.com/{repository}")["token"])

    def history(self) -> list[dict[str, Any]]:
        return self._control.events()

    def settle(self) -> bool:
        time.sleep(PAUSE)
        return False

    def why(self) -> list[str]:
        found = self._control.why()
        return list(found[0]["lines"]) if found else []


def running_place() -> tuple[Place | None, str]:
    """The running emulator, or None and a sentence that says how to have one."""
    try:
        variables = running.environment()
        control = running.control(dict(variables))
        control.status()
    except (NotRunning, ControlRefused, KeyError, OSError):
        return None, "None is running: start one with `acrlab up` in another terminal."
    return RunningPlace({**os.environ, **variables}, control), ""
