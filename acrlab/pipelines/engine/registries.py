"""Registries as the built-in docker reaches them: over HTTP, by their names, with what it was signed in with.

Source: distribution-spec v1.1; token authentication of distribution.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from acrlab.agents.protocol import EngineFailed, Registries
from acrlab.agents.references import Reference

ACCEPT = ", ".join((
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
))  # fmt: skip
_FIELD = re.compile(r'(\w+)="([^"]*)"')
PATIENCE = 60.0  # seconds
PIECE = 1024 * 1024  # bytes


class HttpRegistries(Registries):
    """Keeps a session, and who is signed in where."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"https": environment.get("HTTPS_PROXY", "")}
        self._session.verify = environment.get("REQUESTS_CA_BUNDLE", True)
        self._logins: dict[str, tuple[str, str]] = {}

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def login(self, registry: str, user: str, password: str) -> None:
        before, self._logins[registry] = self._logins.get(registry), (user, password)
        answer = self._ask("GET", registry, "/v2/")
        if answer.status_code == 200:
            return
        del self._logins[registry]
        if before is not None:
            self._logins[registry] = before
        raise EngineFailed(
            f"Error response from daemon: Get \"https://{registry}/v2/\": unauthorized: authentication required"
        )

    def logout(self, registry: str) -> bool:
        """Forget who was signed in there; whether anybody was."""
        return self._logins.pop(registry, None) is not None

    def manifest(self, reference: str, platform: str = "") -> tuple[str, bytes]:
        wanted = Reference.read(reference)
        path = f"/v2/{wanted.repository}/manifests/{wanted.digest or wanted.tag or 'latest'}"
        answer = self._ask("GET", wanted.host, path, {"accept": ACCEPT})
        if answer.status_code != 200:
            raise EngineFailed(f"manifest for {reference} not found: {_said(answer)}")
        return answer.headers["content-type"], answer.content

    def fetch(self, reference: str, digest: str, target: Path) -> None:
        wanted = Reference.read(reference)
        answer = self._ask("GET", wanted.host, f"/v2/{wanted.repository}/blobs/{digest}")
        if answer.status_code != 200:
            raise EngineFailed(_said(answer))
        if f"sha256:{hashlib.sha256(answer.content).hexdigest()}" != digest:
            raise EngineFailed(f"filesystem layer verification failed for digest {digest}")
        target.write_bytes(answer.content)

    def upload(self, reference: str, digest: str, source: Path) -> bool:
        wanted = Reference.read(reference)
        root = f"/v2/{wanted.repository}/blobs"
        if self._ask("HEAD", wanted.host, f"{root}/{digest}").status_code == 200:
            return False
        begun = self._ask("POST", wanted.host, f"{root}/uploads/")
        if begun.status_code != 202:
            raise EngineFailed(_said(begun))
        where = begun.headers["location"]
        mark = "&" if "?" in where else "?"
        with open(source, "rb") as file:
            answer = self._ask("PUT", wanted.host, f"{where}{mark}digest={digest}", data=lambda: _whole(file))
        if answer.status_code != 201:
            raise EngineFailed(_said(answer))
        return True

    def publish(self, reference: str, media_type: str, raw: bytes) -> None:
        wanted = Reference.read(reference)
        path = f"/v2/{wanted.repository}/manifests/{wanted.tag or wanted.digest or 'latest'}"
        answer = self._ask("PUT", wanted.host, path, {"content-type": media_type}, data=lambda: raw)
        if answer.status_code != 201:
            raise EngineFailed(_said(answer))

    def _ask(
        self, method: str, host: str, path: str, headers: Mapping[str, str] | None = None,
        data: Callable[[], Any] | None = None,
    ) -> requests.Response:  # fmt: skip
        """Ask, and once more with the token that the refusal asks for. Raises: EngineFailed."""
        try:
            answer = self._once(method, host, path, dict(headers or {}), data)
            if answer.status_code == 401:
                token = self._token(host, answer.headers.get("www-authenticate", ""))
                bearer = {**(headers or {}), "authorization": f"Bearer {token}"}
                answer = self._once(method, host, path, bearer, data) if token else answer
        except requests.RequestException as error:
            raise EngineFailed(f'Get "https://{host}/v2/": {type(error).__name__}') from None
        return answer

    def _once(
        self, method: str, host: str, path: str, headers: dict[str, str], data: Callable[[], Any] | None
    ) -> requests.Response:
        url = f"https://{host}{path}"
        body = data() if data is not None else None
        return self._session.request(method, url, headers=headers, data=body, timeout=PATIENCE)

    def _token(self, host: str, challenge: str) -> str:
        fields = dict(_FIELD.findall(challenge))
        if "realm" not in fields:
            return ""
        asked = {name: fields[name] for name in ("service", "scope") if name in fields}
        answer = self._session.get(fields["realm"], params=asked, auth=self._logins.get(host), timeout=PATIENCE)
        return str(answer.json().get("access_token", "")) if answer.status_code == 200 else ""


def _whole(file: Any) -> Any:
    """The file from its beginning: a refusal may have taken some of it."""
    file.seek(0)
    return file


def _said(answer: requests.Response) -> str:
    try:
        error = answer.json()["errors"][0]
        return f"{error['code'].lower()}: {error['message']}"
    except (ValueError, LookupError, TypeError):
        return f"received unexpected HTTP status: {answer.status_code} {answer.reason}"
