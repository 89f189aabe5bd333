"""What a world signs with. `store.keys` holds the implementation."""

from typing import Any, Protocol


class Keys(Protocol):
    """Named RSA keys and named secrets."""

    def sign(self, name: str, data: bytes) -> bytes:
        """RS256: RSASSA-PKCS1-v1_5 with SHA-256."""
        ...

    def verify(self, name: str, data: bytes, signature: bytes) -> bool:
        """Say whether the signature is of this key over these bytes."""
        ...

    def jwk(self, name: str) -> dict[str, Any]:
        """The public key as a JSON Web Key, with its `kid`."""
        ...

    def secret(self, name: str) -> bytes:
        """32 bytes that stay the same for the life of the world."""
        ...
