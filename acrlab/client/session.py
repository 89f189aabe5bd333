"""Requests to a registry that the official data-plane SDK does not know, signed in the way it signs in."""

from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest, HttpResponse

ENTRA_SCOPE = "https://containerregistry.azure.net/.default"


class Session:
    """A connection to one registry. Every request gets a token for exactly its scope, and none is kept."""

    def __init__(self, credential: TokenCredential, login_server: str) -> None:
        self._credential, self._service = credential, login_server
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(f"https://{login_server}")

    def ask(self, method: str, path: str, scope: str, body: Any = None) -> Any:
        """The JSON of the answer; None when there is none.

        Raises: azure.core.exceptions.HttpResponseError.
        Source: azure-cli 2.91.0, what acr manifest list-deleted and restore send.
        """
        found = self._send(HttpRequest(method, self._url(path), json=body, headers=self._signed(scope)))
        return found.json() if found.content else None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _signed(self, scope: str) -> dict[str, str]:
        entra = self._credential.get_token(ENTRA_SCOPE).token
        given = {"grant_type": "access_token", "service": self._service, "access_token": entra}
        refresh = self._send(HttpRequest("POST", self._url("/oauth2/exchange"), data=given)).json()["refresh_token"]
        given = {"grant_type": "refresh_token", "service": self._service, "refresh_token": refresh, "scope": scope}
        access = self._send(HttpRequest("POST", self._url("/oauth2/token"), data=given)).json()["access_token"]
        return {"Authorization": f"Bearer {access}"}

    def _send(self, request: HttpRequest) -> HttpResponse:
        found: HttpResponse = self._client.send_request(request)
        found.raise_for_status()
        return found

    def _url(self, path: str) -> str:
        return f"https://{self._service}{path}"
