"""The credential of a cloud whose clock is a dial."""

from typing import Any

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.identity import DefaultAzureCredential


class DialCredential:
    """DefaultAzureCredential, asked anew whenever the world's clock was turned.

    The SDKs keep a token for as long as it lives by this machine's clock; a week later on the dial it has long
    expired. On Azure time passes for both alike, and nothing of this is needed.
    """

    def __init__(self) -> None:
        self._inner = DefaultAzureCredential()

    def renew(self) -> None:
        """Forget every token: the clock was turned, or the past came back."""
        self._inner.close()
        self._inner = DefaultAzureCredential()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for the scopes. Raises: ClientAuthenticationError, CredentialUnavailableError."""
        return self._inner.get_token(*scopes, **options)

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """The same, due for renewal at once: so the clients' pipelines ask every time, and the inner one remembers."""
        found = self._inner.get_token_info(*scopes, options=options)
        return AccessTokenInfo(found.token, found.expires_on, token_type=found.token_type, refresh_on=1)

    def close(self) -> None:
        """Close its connections."""
        self._inner.close()
