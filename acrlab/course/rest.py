"""Azure over plain HTTP: what the SDKs do, without an SDK. Start states and the labs' third way of working use it."""

import hashlib
import os
import socket
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from acrlab.client.image import Image

ARM, GRAPH, ENTRA = "https://management.azure.com", "https://graph.microsoft.com", "https://login.microsoftonline.com"
ACR = "https://containerregistry.azure.net"
GROUPS, REGISTRIES, ASSIGNMENTS = "2021-04-01", "2025-11-01", "2022-04-01"  # api-versions
EVERYTHING = "pull,push,delete,metadata_read,metadata_write"
INDEX = ", ".join((
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
))  # fmt: skip


class _Prompt(HTTPAdapter):
    """Sends small bodies at once. Through a proxy urllib3 waits for an answer to the head first: 40 ms a request."""

    def proxy_manager_for(self, proxy: str, **given: Any) -> Any:
        return super().proxy_manager_for(proxy, socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)], **given)


@cache
def _session(proxy: str, bundle: str) -> requests.Session:
    """One set of connections for each emulator: shaking hands costs more than asking."""
    session = requests.Session()
    session.mount("https://", _Prompt())
    return session


class Refused(Exception):
    """An answer of 400 or more. `response` is the whole of it."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(
            f"{response.request.method} {response.url} answered {response.status_code}: {response.text[:500]}"
        )
        self.response = response

    @property
    def sentence(self) -> str:
        """What the answer says, for a person."""
        try:
            body = self.response.json()
            return str((body.get("error") or body["errors"][0])["message"])
        except (ValueError, LookupError, TypeError, AttributeError):
            return str(self)


class Rest:
    """One application signed in: by default the environment's own. Raises: Refused, from every method."""

    def __init__(self, client: str = "", secret: str = "") -> None:
        self.subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
        self.session = _session(os.environ.get("HTTPS_PROXY", ""), os.environ.get("REQUESTS_CA_BUNDLE", ""))
        self._client = client or os.environ["AZURE_CLIENT_ID"]
        self._secret = secret or os.environ["AZURE_CLIENT_SECRET"]
        self._tokens: dict[str, str] = {}

    def token(self, resource: str) -> str:
        """An Entra access token for a resource, got once. Source: OAuth 2.0 client credentials, Entra v2.0."""
        if resource not in self._tokens:
            form = {
                "grant_type": "client_credentials", "client_id": self._client, "client_secret": self._secret,
                "scope": f"{resource}/.default",
            }  # fmt: skip
            answer = self.session.post(f"{ENTRA}/{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token", data=form)
            self._tokens[resource] = held(answer).json()["access_token"]
        return self._tokens[resource]

    def arm(self, method: str, path: str, body: Any = None, *, version: str = REGISTRIES, **query: str) -> Any:
        """A request to the control plane below the subscription; waits until what it began is over."""
        whole = f"{ARM}/subscriptions/{self.subscription}{path}"
        answer = self._send(ARM, method, whole, body, {"api-version": version, **query})
        while answer.status_code == 202 and "location" in answer.headers:
            answer = self._send(ARM, "GET", answer.headers["location"], None, {})
        return answer.json() if answer.content else None

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        """A request to Microsoft Graph."""
        answer = self._send(GRAPH, method, f"{GRAPH}/v1.0{path}", body, {})
        return answer.json() if answer.content else None

    def _send(self, resource: str, method: str, url: str, body: Any, query: Mapping[str, str]) -> requests.Response:
        headers = {"authorization": f"Bearer {self.token(resource)}"}
        return held(self.session.request(method, url, params=query, json=body, headers=headers))

    # What labs do again and again

    def registry_path(self, group: str, name: str) -> str:
        """The path of a registry below its subscription."""
        return f"/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{name}"

    def assign(self, scope: str, role: str, principal: str, name: str) -> Any:
        """Give a principal a role at a scope below the subscription; `role` and `name` are GUIDs."""
        definition = f"/subscriptions/{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        body = {"properties": {"roleDefinitionId": definition, "principalId": principal}}
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        return self.arm("PUT", path, body, version=ASSIGNMENTS)

    def door(self, login_server: str) -> "Door":
        """The data plane of a registry."""
        return Door(self, login_server)


class Door:
    """A registry's own API, with one token for each repository. Source: distribution-spec 1.1; Azure/acr "
    "AAD-OAuth.md."""

    def __init__(self, rest: Rest, login_server: str, *, refresh: str = "") -> None:
        self.rest, self.login_server = rest, login_server
        self.base = f"https://{login_server}"
        self._refresh = refresh
        self._tokens: dict[str, str] = {}

    def refresh_token(self) -> str:
        """What an Entra token is exchanged for, once."""
        if not self._refresh:
            form = {"grant_type": "access_token", "service": self.login_server, "access_token": self.rest.token(ACR)}
            answer = held(self.rest.session.post(f"{self.base}/oauth2/exchange", data=form))
            self._refresh = answer.json()["refresh_token"]
        return self._refresh

    def access_token(self, scope: str) -> str:
        """A token for a scope such as `repository:team/app:pull`, got once."""
        if scope not in self._tokens:
            form = {
                "grant_type": "refresh_token", "service": self.login_server, "scope": scope,
                "refresh_token": self.refresh_token(),
            }  # fmt: skip
            answer = held(self.rest.session.post(f"{self.base}/oauth2/token", data=form))
            self._tokens[scope] = answer.json()["access_token"]
        return self._tokens[scope]

    def keep(self, scope: str, token: str) -> None:
        """Use a token that came from elsewhere."""
        self._tokens[scope] = token

    def send(
        self, method: str, path: str, repository: str, *, data: bytes | None = None, json: Any = None,
        headers: Mapping[str, str] | None = None, actions: str = EVERYTHING,
    ) -> requests.Response:  # fmt: skip
        """One request about a repository."""
        token = self.access_token(f"repository:{repository}:{actions}")
        whole = {"authorization": f"Bearer {token}", **(headers or {})}
        url = urljoin(self.base, path)
        return held(self.rest.session.request(method, url, data=data, json=json, headers=whole))

    def push(self, reference: str, image: "Image") -> str:
        """Blobs first, then manifests. `team/app` pushes by digest alone. Returns the digest."""
        repository, _, tag = reference.partition(":")
        for each in image.images:
            self.push(repository, each)
        for blob in image.blobs:
            self._upload(repository, blob.data or b"")
        return self.put_manifest(repository, tag or image.digest, image.raw, image.media_type)

    def _upload(self, repository: str, data: bytes) -> None:
        """Source: distribution-spec, end-4a and end-6."""
        where = self.send("POST", f"/v2/{repository}/blobs/uploads/", repository).headers["location"]
        mark = "&" if "?" in where else "?"
        kind = {"content-type": "application/octet-stream"}
        self.send(
            "PUT", f"{where}{mark}digest=sha256:{hashlib.sha256(data).hexdigest()}", repository, data=data, headers=kind
        )

    def mount(self, path: str, repository: str, source: str) -> None:
        """Have a repository share a blob of another. Source: distribution-spec, end-11."""
        token = self.access_token(f"repository:{repository}:{EVERYTHING} repository:{source}:pull")
        held(self.rest.session.post(urljoin(self.base, path), headers={"authorization": f"Bearer {token}"}))

    def put_manifest(self, repository: str, reference: str, raw: bytes, media_type: str) -> str:
        """Name a manifest's bytes: by a tag, or by their digest."""
        kind = {"content-type": media_type}
        answer = self.send("PUT", f"/v2/{repository}/manifests/{reference}", repository, data=raw, headers=kind)
        return answer.headers["docker-content-digest"]

    def manifest(self, repository: str, reference: str, *, actions: str = EVERYTHING) -> requests.Response:
        """A manifest with its media type and digest."""
        path = f"/v2/{repository}/manifests/{reference}"
        return self.send("GET", path, repository, headers={"accept": INDEX}, actions=actions)

    def tag(self, repository: str, reference: str, tag: str) -> str:
        """Give a manifest one more tag; a tag that exists moves."""
        found = self.manifest(repository, reference)
        return self.put_manifest(repository, tag, found.content, found.headers["content-type"])

    def lock(self, repository: str, reference: str = "", **enabled: bool) -> None:
        """Change attributes, `write=False, delete=False`: of the repository, of a tag, or of a digest."""
        kind = "_manifests" if reference.startswith("sha256:") else "_tags"
        path = f"/acr/v1/{repository}" + (f"/{kind}/{reference}" if reference else "")
        self.send("PATCH", path, repository, json={f"{name}Enabled": value for name, value in enabled.items()})

    def delete_tag(self, repository: str, tag: str) -> None:
        """Remove a tag; its manifest stays."""
        self.send("DELETE", f"/acr/v1/{repository}/_tags/{tag}", repository)

    def delete_manifest(self, repository: str, digest: str) -> None:
        """Delete a manifest with all its tags."""
        self.send("DELETE", f"/v2/{repository}/manifests/{digest}", repository)


def held(answer: requests.Response) -> requests.Response:
    """The answer, when it is none of refusal. Raises: Refused."""
    if answer.status_code >= 400:
        raise Refused(answer)
    return answer
